# One case worked on a real Request Tracker at 80x24, from the search to the merge; what became of it is asked of
# RT's own client and of its database.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=1
live rt bram
shell printf '#!/bin/sh\necho "The crew comes on Monday – ask Łukasz." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor; echo "a plan" >$TMP/plan.txt
env EDITOR=$TMP/editor
shell printf '#!/bin/sh\nsqlite3 -cmd ".timeout 20000" $RT_DB "$1"' >$TMP/sql; chmod +x $TMP/sql
shell printf '#!/bin/sh\nrt show ticket/2 -f "$1" | grep -qx "$1: $2"' >$TMP/is; chmod +x $TMP/is
run caseload

test find it
wait Grofvuil ophalen
keys 3
waitrow 2 view: Unowned
keys /
type missed
waitrow 2 1 shown of 1
keys <Enter>
wait Missed bin collection
keys <Enter>
waitrow 1 Missed bin collection

test read it: the letter, who wrote, what RT cannot promise
wait depuis six semaines
has Okafor
row 4 advisory: somebody else may still take it
keys 2
wait Kind                  Waste
keys 1
wait depuis six semaines

test take it
keys t
until $TMP/is Owner bram
gone outbox 1

test a note mails nobody
keys n
wait ask Łukasz
has To    colleagues; the citizen does not see it
keys y
until test $($TMP/sql "SELECT COUNT(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = 2 AND Type = 'Comment'") = 1
wait internal note
gone outbox 1
mails rt 0

test an answer mails the citizen exactly once
keys r
wait ask Łukasz
has To    Okafor, Jane <p1.home@example.net>
keys y
waitrow 23 outbox 1
until test $($TMP/sql "SELECT COUNT(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = 2 AND Type = 'Correspond'") = 1
gone outbox 1
mails rt 1
shell grep -qz 'To: p1.home@example.net.*The crew comes on Monday' $RT_OUTBOX/*

test attach a file
keys :
type attach $TMP/plan.txt
keys <Enter>
waitrow 24 It stays on the timeline
keys y
until test "$($TMP/sql "SELECT Content FROM Attachments WHERE Filename = 'plan.txt'")" = "a plan"
gone outbox 1
keys 3
wait plan.txt
keys 1
mails rt 1

test priority, by a key
keys >
until $TMP/is Priority 75

test due
keys d
waitrow 24 :due
type 2099-03-01
keys <Enter>
until test "$($TMP/sql "SELECT substr(Due, 1, 10) FROM Tickets WHERE id = 2")" = 2099-03-01

test tag, on and off
keys #
waitrow 24 :tag
type flood wet
keys <Enter>
until rt show ticket/2 -f 'CF.{Tags}' | grep -q flood
keys #
type -wet
keys <Enter>
until $TMP/is 'CF.{Tags}' flood
gone outbox 1

test state: the steps of the queue's lifecycle
keys s
waitrow 1 where to?
has stalled
keys <Esc>
keys :
type state stalled
keys <Enter>
until $TMP/is Status stalled
gone outbox 1
waitrow 1 WAITING

test link
keys :
type link 8
keys <Enter>
until test $($TMP/sql "SELECT COUNT(*) FROM Links WHERE LocalBase = 2 AND LocalTarget = 8 AND Type = 'RefersTo'") = 1
gone outbox 1

test close, and reopen
keys :
type close
keys <Enter>
until $TMP/is Status resolved
waitrow 1 RESOLVED
keys X
until $TMP/is Status open

test merge
keys :
type merge 3
keys <Enter>
waitrow 24 cannot be undone
keys y
until test $($TMP/sql "SELECT EffectiveId FROM Tickets WHERE id = 2") = 3
gone outbox 1

test the citizen had our words once, and RT's own notice when the case was closed
mails rt 2
shell test $(grep -l 'The crew comes on Monday' $RT_OUTBOX/* | wc -l) = 1
keys Q
exit 0
restored
shell test -z "$(caseload outbox --plain --no-header)"
