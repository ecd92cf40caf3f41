# Killed, hung up, its terminal closed: what was typed is there again, what was saved takes effect once.
size 80x24
env CASELOAD_UI_CLOCK=no
service
shell printf '#!/bin/sh\necho "The words of a letter half written." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
env EDITOR=$TMP/editor

test kill -9 while a letter is reviewed: the draft is offered at the next start
run caseload
waitrow 2 14 shown of 14
keys r
wait The words of a letter half written.
signal KILL
exit 137
run caseload
waitrow 24 1 draft waits; go shows it.
waitrow 2 14 shown of 14
keys <Enter>
waitrow 1 ¿¿¿¿-004415
keys r
wait Your draft of
wait The words of a letter half written.

test kill -9 before it took what the editor wrote down: that is a draft at the next start, and no copy stays
signal HUP
exit 0
shell printf '#!/bin/sh\n: >$TMP/begun\nwhile [ ! -e $TMP/go ]; do sleep 0.05; done\necho "Written while nobody looked." >>"$1"\n: >$TMP/wrote\nexec sleep 60\n' >$TMP/editor
run caseload
waitrow 2 14 shown of 14
keys Gn
until test -e $TMP/begun
signal STOP
shell touch $TMP/go
until test -e $TMP/wrote
signal KILL
exit 137
run caseload
waitrow 24 drafts wait; go shows
waitrow 2 14 shown of 14
shell ! ls -d $TMP/run/caseload/edit.* 2>/dev/null
keys go
wait note: ¿¿¿¿-004373
keys <Enter>
wait Written while nobody looked.
keys Q
exit 0
shell printf '#!/bin/sh\necho "The words of a letter half written." >>"$1"\n' >$TMP/editor
run caseload
waitrow 2 14 shown of 14

test the terminal is closed meanwhile: the program ends, the draft stays
close
exit 0
run caseload
waitrow 24 2 drafts wait; go shows
keys Q
exit 0

test kill -9 while a form is filled in: what was typed is offered again
run caseload
waitrow 2 14 shown of 14
keys je
waitrow 1 ¿¿¿¿-004275
keys <Home>
type Half typed.
wait Half typed
until grep -rqa 'Half typed' $TMP/data
signal KILL
exit 137
run caseload
waitrow 24 draft
waitrow 2 14 shown of 14
keys je
waitrow 1 ¿¿¿¿-004275
wait Half typed
signal HUP
exit 0

test kill -9 with changes that wait: they go out once after the next start
run caseload
waitrow 2 14 shown of 14
service-signal STOP
keys G:
type note Before the power went
keys <Enter>
waitrow 24 Saved here
keys >
waitrow 23 outbox 2
signal KILL
exit 137
service-signal CONT
run caseload
gone outbox
until tests/ask /cases/c14 '.priority == 3'
keys Q
exit 0
shell tests/ask "/cases/c14/events?limit=200" '[.items[] | select(.text == "Before the power went")] | length == 1'

test the service is killed while it has the change, and the client with it: once all the same
run caseload
waitrow 2 14 shown of 14
keys G:
type note Killed on both sides
service-signal STOP
keys <Enter>
waitrow 24 Saved here
service-signal KILL
signal KILL
exit 137
service
run caseload
waitrow 2 14 shown of 14
gone outbox
until caseload outbox --json | jq -e 'length == 0'
keys Q
exit 0
shell tests/ask "/cases/c14/events?limit=200" '[.items[] | select(.text == "Killed on both sides")] | length == 1'
