# However the program ends, the terminal is as before: settings, main screen, cursor, paste. And what it
# writes: nothing while nothing happens, little for a step.
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live
# the other views are counted meanwhile
shell sleep 1

idle 600

test a cursor step costs at most 250 bytes, and the cursor is on the focused row
keys j
waitrow 23 Worklist 2/14
cursor 5 1
bytes 250
keys k
waitrow 23 Worklist 1/14
cursor 4 1
bytes 250

test nothing is written while nothing happens
idle 2500

test restored after Q
keys Q
exit 0
restored

test restored after SIGTERM, from within a prompt
run caseload
waitrow 2 14 shown of 14
keys :
waitrow 24 :
type note half a li
signal TERM
exit 0
restored

test restored after SIGHUP, from within a form
run caseload
waitrow 2 14 shown of 14
keys e
wait How many times
signal HUP
exit 0
restored

test restored after abort()
env ASAN_OPTIONS=detect_leaks=0:handle_abort=0
run caseload
waitrow 2 14 shown of 14
signal ABRT
exit 134
restored

test restored after Ctrl-C twice
env ASAN_OPTIONS=detect_leaks=1:exitcode=99
run caseload
waitrow 2 14 shown of 14
keys <C-c>
waitrow 24 Ctrl-C again
keys <C-c>
exit 0
restored

test restored after its start failed: a configuration that cannot be read
run caseload --config=$TMP/nothing-here
exit 2
restored
