# What the service refuses is kept, and opens again where it was written; a token it refuses is said so.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=0
service
shell printf '#!/bin/sh\necho "Rang twice, nobody there." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
shell cp $TMP/service/first-token $TMP/kept; caseloadd token add s.rossi --role reader --data $TMP/service >$TMP/service/first-token
env EDITOR=$TMP/editor
run caseload
waitrow 2 14 shown of 14

test a note that is refused is open again with Enter, its text as it was
keys n
wait Rang twice, nobody there.
keys y
waitrow 23 refused 1
keys go
wait refused:
keys <Enter>
waitrow 24 Your roles do not allow this
has Rang twice, nobody there.
gone refused 1
keys d
waitrow 4 Timeline

test a field that is refused is in its form again, with the focus on it and the reason in row 24
keys e
wait How many times in a row
keys <Down><Down><Down><Down><Right><BS>
type 5
keys <F2>
waitrow 23 refused 1
keys go
wait refused:
keys <Enter>
wait How many times in a row
row 23 Form, field 5/
gone refused 1
keys <F8>
keys <Esc>
waitrow 23 Case
keys Q
exit 0

test a token that is refused: sign-in needed, not offline
shell echo cw_0000000000000000000000000000000000 >$TMP/service/first-token
run caseload
waitrow 23 sign-in needed
hasnt offline since
keys Q
exit 0
