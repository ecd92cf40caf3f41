# A case is in one hand at a time: while a form stands open over it, and until what it sent is accepted.
test an answer takes the case in hand, and gives it back when it is kept as a draft
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=1
env EDITOR=cp $TMP/letter
service --lease 2
shell echo 'We come on Friday.' > "$TMP/letter"
shell tests/colleague take c1
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561
keys r
wait We come on Friday.
wait in your hand
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .lease.worker)" = s.rossi
# longer than a lease lasts: it is kept by a heartbeat
shell sleep 3
has in your hand
shell ! tests/colleague change c3 1 '{"priority":4}'
keys d
waitrow 24 Kept as a draft
until curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -e '.lease == null'

test who has it now is said where it is written, and nothing is sent over them
shell tests/colleague keep c3 >/dev/null 2>&1 & sleep 1
keys r
wait k.byrne has it in hand
waitrow 24 k.byrne has this case in hand now: what you write is kept
keys y
waitrow 24 leaves in 1 s
waitrow 23 conflicts 1
keys go
wait in somebody else's hand
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
keys T
waitrow 24 kept as a draft
keys gw
waitrow 23 Worklist

shell touch "$TMP/let-go"

test it is taken anew when it ran out meanwhile, and nobody changed it
until curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -e '.lease == null'
keys r
wait in your hand
shell curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq .lease.fence > "$TMP/fence"
keys y
waitrow 24 leaves in 1 s
signal KILL
exit 137
# nobody keeps it any more
until curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -e '.lease == null'
run caseload
waitrow 2 14 shown of 14
until curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3/events" | jq -e '[.items[] | select(.kind == "answer")] | length == 1'
gone outbox 1
until curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -e '.lease == null'

keys Q
exit 0
