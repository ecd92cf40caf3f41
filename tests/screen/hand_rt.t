# A case handed over on the screen to a real Request Tracker, the program killed right after the key: started again it
# goes on where it was, and there is exactly one ticket, of the same citizen.
size 80x24
env CASELOAD_UI_CLOCK=no
live rt anna
service
shell printf '#!/bin/sh\nsqlite3 -cmd ".timeout 20000" $RT_DB "$1"' >$TMP/sql; chmod +x $TMP/sql
shell printf '#!/bin/sh\ntest $($(dirname $0)/sql "SELECT COUNT(*) FROM Tickets WHERE Subject LIKE '"'Bulky waste blocks the%%'"'") = $1\n' >$TMP/tickets; chmod +x $TMP/tickets

test where it goes is said when it is missing, and nothing is done without a yes
run caseload --open=test/2026-004275
waitrow 1 test/2026-004275
wait took the case
keys :
type hand rt
keys <Enter>
waitrow 24 Say to which queue of rt: hand
keys :
type hand rt/Surge
keys <Enter>
wait Do it?
keys n
gone Do it?
shell $TMP/tickets 0

test killed right after the key
shell kill -STOP -$(cat $(dirname $RT_OUTBOX)/pid)
keys :
type hand rt/Surge --note=Theirs
keys <Enter>
wait Do it?
keys y
waitrow 23 outbox 3
signal KILL
exit 137
shell kill -CONT -$(cat $(dirname $RT_OUTBOX)/pid)
shell $TMP/tickets 0

test started again it goes on: one ticket, linked both ways, the old one open with its note
run caseload --open=test/2026-004275
gone outbox
until tests/ask /cases/c2 '.status != "resolved" and (.links | length == 1) and (.links[0] | contains("/Ticket/Display.html?id="))'
shell $TMP/tickets 1
until test $($TMP/sql "SELECT COUNT(*) FROM Links WHERE Type = 'RefersTo' AND Target LIKE '%/cases/c2'") = 1
until test $($TMP/sql "SELECT COUNT(*) FROM Attachments a, Transactions t WHERE a.TransactionId = t.id AND t.Type = 'Comment' AND a.Content LIKE '%What happened so far%stairwell%'") = 1
shell tests/ask "/cases/c2/events?limit=200" '[.items[] | select(.text // "" | contains("Theirs"))] | length == 1'
keys 4
waitrow 6 refers-to    rt/
keys gg<Enter>
waitrow 1 rt/
has Bulky waste blocks
has advisory: somebody else may still take it
keys q

test once more is refused with what to say
waitrow 1 test/2026-004275
keys :
type hand rt/Surge
keys <Enter>
waitrow 24 handed to rt before
keys Q
exit 0
