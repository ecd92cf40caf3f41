# A case handed over on the screen: to another service of ours and to a real Request Tracker, the program killed right after
# the key; started again it goes on where it was, and there is exactly one new case, of
# the same citizen, whom the other service was asked for before.
size 80x24
env CASELOAD_UI_CLOCK=no
second
service
shell printf '#!/bin/sh\ncurl -sS -H "Authorization: Bearer $TOKEN" -H "Purpose: test" "$URL/$1" | jq -e "$2" >/dev/null' >$TMP/here; chmod +x $TMP/here
shell printf '#!/bin/sh\ncurl -sS -H "Authorization: Bearer $(cat $(dirname $0)/town/first-token)" -H "Purpose: test" "$URL2/$1" | jq -e "$2" >/dev/null' >$TMP/there; chmod +x $TMP/there
shell printf '#!/bin/sh\n$(dirname $0)/there "cases?limit=200" "[.items[] | select(.links // [] | length > 0)] | length == $1"\n' >$TMP/new; chmod +x $TMP/new

test it is asked first, since it is not undone
run caseload --open=test/2026-004275
waitrow 1 test/2026-004275
wait took the case
keys :
type hand town/waste --close=moved
keys <Enter>
waitrow 24 hand town/waste --close=m.... This cannot be undone. Do it? [y/N]
has Do it?
keys <Esc>
gone Do it?
shell $TMP/new 0

test killed right after the key, the other service silent: the old case is as it was
second-signal STOP
keys :
type hand town/waste --close=moved
keys <Enter>
wait Do it?
keys y
waitrow 23 outbox
hasnt takes it back
signal KILL
exit 137
second-signal CONT
shell $TMP/here cases/c2 '.status != "resolved"'

test started again it goes on: one new case, and the old one is closed and names it
run caseload --open=test/2026-004275
gone outbox
until $TMP/here cases/c2 '.status == "resolved" and .outcome == "moved" and (.links | length == 1)'
shell $TMP/new 1
shell $TMP/there 'cases?limit=200' '[.items[] | select(.links // [] | length > 0) | .citizen.id] == ["p2"]'
waitrow 1 RESOLVED
keys 4
wait refers-to    town/
keys Q
exit 0
