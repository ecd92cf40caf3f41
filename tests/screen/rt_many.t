# A real Request Tracker on the screen: a view of one's own, many cases at once, who has a case, a new case.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_POLL=3600
live rt sofia
shell printf '#!/bin/sh\nsqlite3 -cmd ".timeout 20000" $RT_DB "$1"' >$TMP/sql; chmod +x $TMP/sql
shell printf '#!/bin/sh\nrt show ticket/$1 -f "$2" | grep -qx "$2: $3"' >$TMP/is; chmod +x $TMP/is
run caseload
waitrow 2 shown of

test a view of one's own is there at the next start
keys :
type view cases team:Waste status:new,open sort:number
keys <Enter>
waitrow 2 query: team:Waste status:new,open
wait Grofvuil ophalen
keys V
waitrow 24 Save this view as:
keys <C-u>
type Bins
keys <Enter>
waitrow 24 Saved as the view Bins
keys Q
exit 0
run caseload
waitrow 1 Bins
keys 6
waitrow 2 view: Bins  query: team:Waste status:new,open
wait Grofvuil ophalen

test many at once: shown before, with what cannot be promised
keys :
type view cases number:2,8,13 sort:number
keys <Enter>
waitrow 2 3 shown of 3
keys *
waitrow 23 marked 3
keys :
type priority 4
keys <Enter>
waitrow 1 Preview: priority 4
row 2 3 cases would change, 0 left out. Nothing is sent before y.
row 3 advisory: each is looked at before and after; others may come between

test what somebody else changed meanwhile is not overwritten, and the others are done
shell rt edit ticket/13 set priority=80 >/dev/null
keys y
waitrow 23 conflicts 1
until $TMP/is 2 Priority 25
shell $TMP/is 8 Priority 25
shell $TMP/is 13 Priority 80
keys go
wait conflict: changed by somebody el
keys <Enter>
waitrow 24 yours is 4, theirs is 2.
keys t
keys a
gone conflicts 1
shell $TMP/is 13 Priority 80
keys q
waitrow 2 3 shown of 3

test given to a colleague, taken over with the reason, given back
keys :
type view case 2
keys <Enter>
waitrow 1 2  Missed bin collection
waitrow 3 nobody
keys a
type bram
keys <Enter>
until $TMP/is 2 Owner bram
waitrow 3 bram
gone outbox 1
keys t
waitrow 24 bram has this case. Reason to take it over:
type he is ill
keys <Enter>
until $TMP/is 2 Owner sofia
waitrow 3 you
gone outbox 1
shell test $($TMP/sql "SELECT COUNT(*) FROM Attachments WHERE Content LIKE '%he is ill%'") = 1
keys D
until $TMP/is 2 Owner Nobody
waitrow 3 nobody
gone outbox 1

test a case is opened for a citizen from her page, once
keys gc
waitrow 1 Okafor, Jane
wait CASES
keys N
waitrow 1 New case for Okafor, Jane
wait Surge
keys <Enter>
waitrow 1 Benefits, for Okafor, Jane
keys <Up><C-u>
type The allowance stopped
keys <F2>
until test $($TMP/sql "SELECT COUNT(*) FROM Tickets WHERE Subject = 'The allowance stopped'") = 1
gone outbox 1
shell $TMP/sql "SELECT q.Name || ' ' || u.Name FROM Tickets t, Queues q, Groups g, CachedGroupMembers m, Users u WHERE t.Subject = 'The allowance stopped' AND q.id = t.Queue AND g.Domain = 'RT::Ticket-Role' AND g.Name = 'Requestor' AND g.Instance = t.id AND m.GroupId = g.id AND u.id = m.MemberId" | grep -qx 'Benefits p1.home@example.net'
keys Q
exit 0
