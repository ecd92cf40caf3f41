# One case worked on a real Redmine at 80x24, from the search to where a caseworker may bring it; what became of it
# is asked of its database.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=1
live redmine bram
shell printf '#!/bin/sh\necho "The crew comes on Monday – ask Łukasz." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
shell printf '#!/bin/sh\nsqlite3 -cmd ".timeout 20000" $REDMINE_DB "$1"' >$TMP/sql; chmod +x $TMP/sql
env EDITOR=$TMP/editor
run caseload

test find it
wait Grofvuil ophalen
keys 3
waitrow 2 view: Unowned
keys /
type missed
waitrow 2 1 shown of 1
keys <Enter><Enter>
waitrow 1 Missed bin collection

test read it
wait With *wiki* marks & <b>angles</b>, é, 王
waitrow 3 nobody

test take it
keys t
until test "$($TMP/sql "SELECT login FROM users JOIN issues ON users.id = assigned_to_id WHERE issues.id = 2")" = bram
gone outbox 1

test a note is on the journal once
keys n
wait ask Łukasz
keys y
until test $($TMP/sql "SELECT COUNT(*) FROM journals WHERE journalized_id = 2 AND notes LIKE '%ask Łukasz%'") = 1
gone outbox 1

test priority and due
keys >
until test $($TMP/sql "SELECT p.name FROM issues i JOIN enumerations p ON p.id = i.priority_id WHERE i.id = 2") = Urgent
keys d
waitrow 24 :due
type 2099-03-01
keys <Enter>
until test $($TMP/sql "SELECT due_date FROM issues WHERE id = 2") = 2099-03-01

test state: the ways its workflow has, and one of them
keys s
waitrow 1 where to?
has In Progress
keys <Esc>
keys :
type state In Progress
keys <Enter>
until test "$($TMP/sql "SELECT s.name FROM issues i JOIN issue_statuses s ON s.id = i.status_id WHERE i.id = 2")" = "In Progress"
gone outbox 1

test a way it does not have is refused in words, and nothing is changed
keys :
type state Closed
keys <Enter>
wait refused 1
shell caseload outbox >$TMP/outbox; cat $TMP/outbox; grep -q "from In Progress to Closed; possible:" $TMP/outbox
shell test "$($TMP/sql "SELECT s.name FROM issues i JOIN issue_statuses s ON s.id = i.status_id WHERE i.id = 2")" = "In Progress"
shell caseload outbox drop $(caseload outbox --plain --no-header | cut -f 1)
gone refused
keys Q
exit 0
restored

test the supervisor may, and the citizen's case is closed
person sofia
live redmine sofia
run caseload --open=2
waitrow 1 Missed bin collection
keys :
type close Closed
keys <Enter>
until test "$($TMP/sql "SELECT s.name FROM issues i JOIN issue_statuses s ON s.id = i.status_id WHERE i.id = 2")" = Closed
gone outbox 1
waitrow 1 RESOLVED
keys Q
exit 0
