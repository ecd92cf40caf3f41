test help lists the keys that work here, finds by typing, runs by Enter
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
keys ?
wait Keys in: Worklist
has assign
type outb
wait only: outb
wait go            outbox
keys <Enter>
wait OUTBOX 0
has Nothing waits: all that was done here is accepted.
keys ?
wait Keys in: Outbox and drafts
hasnt take-next
type send
wait s             again
keys <Esc>
gone Keys in
wait OUTBOX
keys q
waitrow 23 Worklist

test the palette finds screens and cases
keys <C-p>
wait Commands in: Worklist
type okafor
wait case          ¿¿¿¿-004415
keys <Esc>
waitrow 23 Worklist

test the prompt: an unknown command, its nearest, history
keys :
type taek
keys <Enter>
waitrow 24 There is no command taek; did you mean take?
keys :<Up>
waitrow 24 :taek
keys <C-c>
waitrow 23 Worklist

test F10 quits
keys <F10>
exit 0

test history is kept over sessions
run caseload
waitrow 2 14 shown of 14
keys :<Up>
waitrow 24 :taek
keys <Esc>
waitrow 24 ¿¿¿¿-004415
keys Q
exit 0
