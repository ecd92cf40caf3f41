# Somebody else changes the same field while an answer with its closing is held.
test an answer and its closing are held, and the conflict is shown
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=4
env EDITOR=cp $TMP/letter
service
shell echo 'We come on Friday.' > "$TMP/letter"
shell caseloadd token add k.byrne --role caseworker --role supervisor --label colleague --data $TMP/service > $TMP/colleague
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561
keys r
wait We come on Friday.
wait in your hand
keys x
waitrow 24 leaves in 4 s
# A supervisor takes it over, changes it, and puts it back: the answer was held all the while.
shell tests/colleague seize c3 1 '{"status":"open"}'
waitrow 23 conflicts 1
keys go
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
has Your answer was NOT sent
has status
has The case was out of your hand for a while, and somebody changed it
row 24 status was new, yours is resolved, theirs is open.

test what comes after a conflict says which row holds it
keys q
wait OUTBOX
keys gw
waitrow 23 Worklist 4/14
keys k
waitrow 24 ¿¿¿¿-004561
type :edit priority=2 tags=mine
keys <Enter>
waitrow 24 edit priority=2 tags=mine
keys go
wait held by row 1 of the same case
keys <Enter>
wait CONFLICT ¿¿¿¿-004561

test it is shown after a restart too
signal KILL
exit 137
run caseload
waitrow 2 shown of
waitrow 23 conflicts 1
keys go
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
row 24 status was new, yours is resolved, theirs is open.

test nothing goes out before every field is chosen
keys a
waitrow 24 Choose for status first
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .status)" = open

test yours, over theirs
keys y
waitrow 3 yours
shell tests/colleague change c3 "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq .version)" '{"priority":5,"tags":["theirs"]}'
keys a
wait OUTBOX
# It was changed once more: where that was while the case was out of our hand the answer waits for a person again.
until caseload outbox --json | jq -e 'map(select(.row == 1)) == []' || { caseload outbox retry 1; false; }
until tests/ask '/cases/c3' '.status == "resolved"'

test tags cannot clash: yours is theirs with your own, and nobody's went in between
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
has theirs mine
keys a
waitrow 24 Choose for priority first
keys y
keys a
wait OUTBOX
gone conflicts 1
gone outbox 1
until tests/ask '/cases/c3' '.priority == 2 and .tags == ["theirs", "mine"]'
shell tests/ask '/cases/c3/events?limit=200' '[.items[].changes.tags // empty | select((.[0] // []) - (.[1] // []) | length > 0)] == []'
keys Q
exit 0
