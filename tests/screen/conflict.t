# Somebody else changes the same field while an answer with its closing is held.
test an answer and its closing are held, and the conflict is shown
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=2
env EDITOR=cp $TMP/letter
service
shell echo 'We come on Friday.' > "$TMP/letter"
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561
keys r
wait We come on Friday.
keys x
waitrow 24 leaves in 2 s
shell curl -sf -X PATCH -H "Authorization: Bearer $TOKEN" -H 'If-Match: "1"' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H 'Content-Type: application/merge-patch+json' -d '{"status":"open"}' "$URL/cases/c3" >/dev/null
waitrow 23 conflicts 1
keys go
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
has Your answer was NOT sent
has status
row 24 status was new, yours is resolved, theirs is open.

test what comes after a conflict says which row holds it
keys q
wait OUTBOX
keys gw
waitrow 23 Worklist 4/14
keys k
waitrow 24 ¿¿¿¿-004561
keys <lt>
waitrow 24 priority down
keys go
wait held by row 1 of the same case
keys <Enter>
wait CONFLICT ¿¿¿¿-004561

test nothing goes out before every field is chosen
keys a
waitrow 24 Choose for status first
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .status)" = open

test yours, over theirs
keys y
keys a
wait OUTBOX
gone conflicts 1
gone outbox 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .status)" = resolved
keys Q
exit 0
