# Two people on one ticket of a real Request Tracker: one takes it and the other is told; a change on what was
# changed meanwhile shows both sides.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_POLL=3600
live rt bram
run caseload --open=8
waitrow 1 Αίτημα
waitrow 3 nobody
window 2
person sofia
live rt sofia
run caseload --open=8
waitrow 1 Αίτημα
waitrow 3 nobody

test she takes it
keys t
until test "$(sqlite3 $RT_DB "SELECT Name FROM Users JOIN Tickets ON Users.id = Owner WHERE Tickets.id = 8")" = sofia
waitrow 3 you

test he, whose screen still says nobody, is told who has it
window 1
row 3 nobody
keys t
waitrow 1 CONFLICT
waitrow 3 owner    sofia
waitrow 23 conflicts 1
shell test "$(sqlite3 $RT_DB "SELECT Name FROM Users JOIN Tickets ON Users.id = Owner WHERE Tickets.id = 8")" = sofia
keys go
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT 8
row 24 owner was -, yours is bram, theirs is sofia.
keys t
keys a
waitrow 24 Theirs stays
gone conflicts 1

test what she changes meanwhile is not overwritten
window 2
keys >
until test $(sqlite3 $RT_DB "SELECT Priority FROM Tickets WHERE id = 8") = 25
window 1
keys q
waitrow 1 P5
keys :
type priority 1
keys <Enter>
waitrow 1 CONFLICT
shell test $(sqlite3 $RT_DB "SELECT Priority FROM Tickets WHERE id = 8") = 25
keys go
wait conflict: changed by somebody el
keys <Enter>
row 24 priority was 5, yours is 1, theirs is 4.

test unless one says so
keys y
keys a
until test $(sqlite3 $RT_DB "SELECT Priority FROM Tickets WHERE id = 8") = 100
gone outbox 1
keys Q
exit 0
window 2
keys Q
exit 0
