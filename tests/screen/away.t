test keys are answered while the service is stopped
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live
service-signal STOP
keys j
waitrow 23 Worklist 2/14
keys >
waitrow 24 2026-004275: priority up. Saved here; u takes it back.
wait >N! 1 2026-004275
waitrow 23 outbox 1
wait offline since
keys G
waitrow 23 Worklist 14/14
keys go
wait OUTBOX 1
has priority up
keys q

test it catches up by itself
service-signal CONT
gone offline since
gone outbox 1
wait sync live
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c2" | jq .priority)" = 1
keys Q
exit 0

test without the service the last known list is there, and edits wait
service-signal STOP
run caseload
waitrow 2 14 shown of 14
keys j<
waitrow 24 priority down. Saved here
keys Q
exit 0
service-signal CONT
