# A case that comes in the seconds after its list was asked for is shown, too: no piece of news is taken for old.
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
wait sync live
shell sleep 0.5

test what is new right after the list came is there in a moment
shell curl -sf -X POST -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: 0123456789-soon-1" -H 'Content-Type: application/json' -d '{"subject":"Right after the list","service":"waste","assignee":"s.rossi","text":"x"}' "$URL/cases" >/dev/null
waitrow 2 15 shown of 15
has Right after the list
keys Q
exit 0
