# Two windows of one person: one sends, the other sees its changes and sends nothing.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=3600
service
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live
shell echo $PID >$TMP/first
window 2
run caseload
waitrow 2 14 shown of 14
shell echo $PID >$TMP/second

test the second sees what the first did, before any service is asked
service-signal STOP
window 1
keys j>
waitrow 24 ¿¿¿¿-004275: priority up. Saved here
window 2
wait N! 1 ¿¿¿¿-004275
waitrow 23 outbox 1
service-signal CONT
gone outbox 1
until tests/ask /cases/c2 '.priority == 1'
window 1
gone outbox 1

test what the second did is sent by the first alone
window 2
shell kill -STOP $(cat $TMP/first)
keys <Home>#
type from-the-second
keys <Enter>
waitrow 24 Saved here
waitrow 23 outbox 1
idle 1500
row 23 outbox 1
shell tests/ask /cases/c1 '.tags | contains(["from-the-second"]) | not'
shell kill -CONT $(cat $TMP/first)
gone outbox 1
until tests/ask /cases/c1 '.tags | contains(["from-the-second"])'
window 1
gone outbox 1

test when the first is killed, the second takes over
signal KILL
exit 137
window 2
keys #
type taken-over
keys <Enter>
until tests/ask /cases/c1 '.tags | contains(["taken-over"])'
gone outbox 1
keys Q
exit 0
restored
