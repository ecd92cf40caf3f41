# The screen locks itself when nobody is there: whatever view, prompt or half typed key is open, and
# however the time went by. No passphrase was chosen here: the token of the service opens.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_LOCK_AFTER=2
service

test after so long without a key the screen is locked
run caseload
wait caseload is locked since
row 3 No passphrase was chosen here: the token or password of a service unlocks.
hasnt Okafor
type $TOKEN
keys <Enter>
waitrow 24 Unlocked.
wait Okafor

test from within a prompt: the half typed line is still there afterwards
keys :
type note half a li
wait caseload is locked since
hasnt half a
type $TOKEN
keys <Enter>
waitrow 24 :note half a li
keys <Esc>
gone :note half

test from within a form: what was typed is a draft, also when the program is killed then
keys e
wait How many times
keys <Down><Down><C-u>
type Half a Lane 77
wait Half a Lane 77
wait caseload is locked since
until grep -qra 'Half a Lane 77' $TMP/data/caseload
signal KILL
exit 137
run caseload
wait 1 draft waits
signal HUP
exit 0

test the time a stopped program slept counts, and keys typed ahead of it meet the lock
run caseload
waitrow 2 14 shown of 14
signal STOP
shell sleep 3
keys Q:quit<Enter>
signal CONT
wait caseload is locked since
hasnt Okafor

test SIGHUP and SIGTERM end it as ever, and the terminal is as before
signal TERM
exit 0
restored
run caseload
wait caseload is locked since
signal HUP
exit 0
