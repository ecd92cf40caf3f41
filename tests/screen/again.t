# What a caseworker meets while answering: keys, words and counts that are true.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=1
service
shell printf '#!/bin/sh\necho "Rang twice." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
env EDITOR=$TMP/editor
run caseload
waitrow 2 14 shown of 14

test the review shows all its keys, in row 22 where there is room
keys R
wait Answer to 
keys <Enter>
waitrow 24 The template asks for when:
type five o'clock
keys <Enter>
wait by five o'clock.
row 21 l language  d keep as draft  Esc discard?
row 22 y send  x send and close  Y and take next  e edit  c channel
resize 120x30
waitrow 28 l language  d keep as draft  Esc discard?  ? all keys
resize 80x24
waitrow 21 l language

test what is said of the seconds of holding goes with them, without a key
keys y
waitrow 24 leaves in 1 s
waitrow 24 ¿¿¿¿-004415 Jane Okafor

test a value with a quote is there again at the next case
keys j.
waitrow 1 To    J
wait by five o'clock.
hasnt {{when}}
keys <Esc>
waitrow 24 ¿¿¿¿-004275

test a note promises neither closing nor a channel
keys n
wait Rang twice.
row 22 y send  e edit  d keep as draft  Esc discard?
hasnt send and close
hasnt channel
keys <Esc>
waitrow 24 [y/N]
keys y
waitrow 24 Thrown away

test U says what has left for good
keys n
wait Rang twice.
keys y
waitrow 24 saved here
until tests/ask '/cases/c2/events?limit=200' '[.items[] | select(.kind == "note")] | length > 0'
waitrow 23 sync live
gone outbox 1
keys U
waitrow 3 note, for good
waitrow 24 It has left and stays
keys <Enter>
waitrow 24 is not taken back
row 3 note, for good
keys q
waitrow 24 2026-004275

test a closing that has not left is told in the words of the states
keys j<Enter>
waitrow 1 ¿¿¿¿-004561
service-signal STOP
keys x
wait status new -> resolved
hasnt stage
service-signal CONT
keys Q
exit 0
