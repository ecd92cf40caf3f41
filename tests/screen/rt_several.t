# Our own service and a real Request Tracker as if they were one, at 80x24; either is killed, and the other
# stays as it was.
size 80x24
live rt anna
service
run caseload
test one query lists both in one order
wait SOURCE
keys :
type view cases okafor is:open sort:due
keys <Enter>
waitrow 2 query: okafor is:open  sort: due
waitrow 4 rt     420         -8d LATE
waitrow 21 test   2026-004415 -2d LATE
row 24 rt/420 Jane Okafor
test one search finds a person known to both
keys f
wait Find a citizen
type okafor
waitrow 4 rt+test
keys <Esc><Esc>
wait SOURCE
test what one of them cannot be asked for costs only its own rows, and is said
keys :
type view cases skill:bins,plumbing,dutch
keys <Enter>
waitrow 24 rt: Request Tracker cannot search by skill
keys q
test a change on each arrives where it belongs
keys :
type view cases is:open number:1,2026-004415 sort:priority
keys <Enter>
waitrow 2 2 shown of 2
waitrow 4 rt     1 
keys <lt>
waitrow 24 rt/1: priority
gone outbox
waitrow 4 1 test   2026-004415
keys <Up>
waitrow 24 test/2026-004415
keys <lt>
waitrow 24 test/2026-004415: priority
until test $(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases?q=number:2026-004415" | jq '.items[0].priority') = 2
gone outbox
test our own is killed: its rows say how old they are, Request Tracker is as usable
service-signal KILL
keys <C-r>
waitrow 23 test offline since
hasnt rt offline
wait ~2 test
keys <Up><Down>
waitrow 24 test/2026-004415, as of
row 24 test is away since
keys :
type tag waits
keys <Enter>
waitrow 23 outbox 1
keys <Up>
waitrow 24 rt/1 Jane Okafor
keys <lt>
waitrow 24 rt/1: priority
waitrow 5 3 rt     1 
keys <Enter>
waitrow 1 rt/1
wait 1 Timeline
keys q
test it is back: what waited arrives
service
gone outbox
gone offline
gone ~2
shell test $(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases?q=number:2026-004415" | jq '.items[0].tags | index("waits") != null') = true
test Request Tracker is killed: ours are as usable
shell kill -9 -$(cat $(dirname $RT_OUTBOX)/pid)
keys <C-r>
waitrow 23 rt offline since
hasnt test offline
wait ~3 rt     1
keys <Up><Down>
waitrow 24 rt/1, as of
keys :
type tag later
keys <Enter>
waitrow 23 outbox 1
keys <Up>
waitrow 24 test/2026-004415
keys :
type tag goes
keys <Enter>
until test $(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases?q=number:2026-004415" | jq '.items[0].tags | index("goes") != null') = true
waitrow 23 outbox 1
keys <Enter>
waitrow 1 test/2026-004415
waitrow 4 Timeline
keys q
keys Q
exit 0
