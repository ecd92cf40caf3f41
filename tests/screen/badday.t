# A service that is away, a wrong token, a full disk, a slip in the configuration, a strange terminal.
size 80x24
env CASELOAD_UI_CLOCK=no
service

test the service is down at the start, and comes later
service-signal KILL
run caseload
waitrow 23 offline since
wait cannot be reached
keys ?
wait Keys in
keys <Esc>
gone Keys in
service
waitrow 2 14 shown of 14
waitrow 23 sync live
keys Q
exit 0

test a full disk: the sentence says so and what to do, nothing typed is lost
shell printf '#!/bin/sh\necho "The words of a letter." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
env EDITOR=$TMP/editor
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live
shell prlimit --pid $PID --fsize=4096:unlimited
keys :
type note Dear to me.
keys <Enter>
waitrow 24 Not saved, the disk is full or failing. What you typed is kept; make room in
hasnt outbox
keys j
waitrow 24 ¿¿¿¿-004275
keys >
waitrow 24 Not saved, the disk is full or failing.
row 5 N  2 ¿¿¿¿-004275
keys r
wait The words of a letter.
keys Z
waitrow 24 Z does nothing here
keys y
waitrow 24 Not saved, the disk is full or failing.
wait The words of a letter.
keys Z
waitrow 24 Z does nothing here
keys d
waitrow 24 Not saved, the disk is full or failing.
keys Z
waitrow 24 Z does nothing here
has The words of a letter.
keys q
waitrow 24 Not saved, the disk is full or failing.
keys Z
waitrow 24 Z does nothing here
has The words of a letter.

test and with room again the same key sends it
shell prlimit --pid $PID --fsize=unlimited:unlimited
keys y
waitrow 24 leaves in 10 s
keys u
gone outbox 1
keys :<Up>
waitrow 24 :note Dear to me.
keys <Enter>
until tests/ask '/cases/c2/events?limit=200' 'any(.items[]; .text == "Dear to me.")'
keys Q
exit 0

test a wrong token: said with what to do; with the right one in its file Ctrl-R goes on
shell cp $TMP/service/first-token $TMP/right; printf 'cw_wrong_wrong_wrong_wrong_wrong\n' >$TMP/service/first-token
shell rm -rf $TMP/run/caseload
run caseload
wait The token is not valid, or not any more: log in again or ask for a new one.
never cw_wrong
shell cp $TMP/right $TMP/service/first-token
keys <C-r>
waitrow 2 14 shown of 14
keys Q
exit 0

test without a token file it is asked for, typed without an echo
shell rm -rf $TMP/run/caseload; printf '[service "test"]\ntype = native\nurl = %s\n' "$URL" >$TMP/config/caseload/config
run caseload
waitrow 24 Token for test (is not shown):
type $TOKEN
keys <Enter>
waitrow 2 14 shown of 14
never $TOKEN
keys Q
exit 0

test a misspelt setting: file, line and nearest key; the screen starts and says so
shell printf '[service "test"]\ntype = native\nurl = %s\ntoken-file = %s\n\n[ui]\nclok = no\n' "$URL" "$TMP/service/first-token" >$TMP/config/caseload/config
shell caseload config check >$TMP/out 2>$TMP/err; test $? = 2 && cat $TMP/out $TMP/err | grep -q 'caseload/config:7: .*clok.*clock' || { cat $TMP/out $TMP/err; false; }
run caseload
waitrow 2 14 shown of 14
wait clok
keys Q
exit 0

test no LANG, no LC_ALL: names of all scripts are there
unset LC_ALL
run caseload
waitrow 2 14 shown of 14
has Văn An Nguyễn
keys Q
exit 0
restored

test TERM is not set at all
unset TERM
run caseload
wait 14 shown of 14
keys Q
exit 0
restored
