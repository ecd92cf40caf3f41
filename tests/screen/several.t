# Two services as if there were one: one list in one order, whose case it is, and one of them killed.
size 80x24
second
service
run caseload
test one list over both, in one order, and whose each case is
wait SOURCE
row 3 P SOURCE CASE        DUE       CITIZEN
waitrow 2 28 shown of 28
row 1 1 Mine 28
waitrow 4 town   2026-004415
row 5 test   2026-004415
row 6 town   2026-004275
row 24 town/2026-004415 Jane Okafor
test source: narrows, and needs no column
keys /
type source:town
keys <Enter>
waitrow 2 14 shown of 14
gone SOURCE
keys <Esc>
wait SOURCE
waitrow 2 28 shown of 28
test a number of both is asked for with its service
keys :
type view case 2026-004415
keys <Enter>
waitrow 24 Which 2026-004415?
row 24 test/2026-004415, town/2026-004415
keys :
type view case test/2026-004415
keys <Enter>
waitrow 1 test/2026-004415  Missed bin
waitrow 4 Timeline
keys q
wait SOURCE
test a change goes to the one it was made in
keys <lt>
waitrow 24 town/2026-004415: priority
waitrow 4 2 town   2026-004415
gone outbox
shell test $(curl -sS -H "Authorization: Bearer $(cat $TMP/town/first-token)" "$URL2/cases?q=number:2026-004415" | jq '.items[0].priority') = 2
shell test $(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases?q=number:2026-004415" | jq '.items[0].priority') = 1
test one is killed: its rows stay, marked and dimmed, and say how old they are
second-signal KILL
keys <C-r>
waitrow 23 town offline since
hasnt test offline
waitrow 4 ~2 town   2026-004415
row 5 1 test   2026-004415
waitrow 2 28 shown of 28
keys :
type view cases number:2026-004415
keys <Enter>
waitrow 2 2 shown of 2
waitrow 24 town/2026-004415, as of
row 24 town is away since
keys <Down>
waitrow 24 test/2026-004415 Jane Okafor
hasnt is away since
keys q
wait 28 shown of 28
test a change there is saved and waits, the other is as it was
keys :
type tag waits
keys <Enter>
waitrow 23 outbox 1
keys <Down>
waitrow 24 test/
keys <lt>
waitrow 24 test/2026-004415: priority
until test $(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases?q=number:2026-004415" | jq '.items[0].priority') = 2
waitrow 23 outbox 1
keys <Enter>
waitrow 4 Timeline
waitrow 1 test/2026-004415
keys q
test it is back: what waited arrives, and nothing is old
second
gone outbox
gone town offline
gone ~2
shell test $(curl -sS -H "Authorization: Bearer $(cat $TMP/town/first-token)" "$URL2/cases?q=number:2026-004415" | jq -r '.items[0].tags | index("waits") != null') = true
test the other is killed: the first is as usable
service-signal KILL
keys <C-r>
waitrow 23 test offline since
hasnt town offline
keys g
keys g
waitrow 24 town/2026-004415
keys <lt>
waitrow 24 town/2026-004415: priority
until test $(curl -sS -H "Authorization: Bearer $(cat $TMP/town/first-token)" "$URL2/cases?q=number:2026-004415" | jq '.items[0].priority') = 3
keys <Enter>
waitrow 4 Timeline
waitrow 1 town/2026-004415
keys q
keys Q
exit 0
test a login that is missing at one does not keep the other's rows back
service
shell sed -i "s#^token-file = $TMP/town.*##" $XDG_CONFIG_HOME/caseload/config; rm -rf $XDG_RUNTIME_DIR/caseload
run caseload
wait Token for town
waitrow 4 test   2026-004415
keys <Esc>
waitrow 23 town sign-in needed
keys <Down>
waitrow 24 test/2026-004
keys :
type tag mine
keys <Enter>
waitrow 24 tag mine
gone outbox
test and is asked for again when the person wants to
keys <C-r>
wait Token for town
keys <Esc>
gone Token for town
