# A case that somebody else changes while a form stands open over it, or while its draft waits.
test what both changed is a conflict, whatever the store behind the form has heard
size 80x24
env CASELOAD_UI_CLOCK=no
service
shell printf '#!/bin/sh\n# VERSION JSON: somebody else changes the case\ncurl -sf -X PATCH -H "Authorization: Bearer $TOKEN" -H "If-Match: \\"$1\\"" -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H "Content-Type: application/merge-patch+json" -d "$2" "$URL/cases/c3" >/dev/null\n' > "$TMP/other"; chmod +x "$TMP/other"
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561
keys e
wait Came by
shell "$TMP/other" 1 '{"subject":"Theirs"}'
until caseload show c3 --json | jq -e ".version == 2"
keys <Down><Down><Down><Down><Down><Down>
waitrow 24 Subject
keys <End>
type , twice
keys <F2>
waitrow 23 conflicts 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .subject)" = Theirs
keys go
wait conflict: changed by somebody el
keys <Enter>
wait CONFLICT ¿¿¿¿-004561
row 24 subject was Missed bin, Kerkstraat, yours is Missed bin, Kerkstraat, twice, t
keys T
wait OUTBOX
gone conflicts 1
keys gw
waitrow 23 Worklist

test what others changed elsewhere stays, yours goes on top, and that is said
keys e
wait Came by
shell "$TMP/other" 2 '{"language":"en"}'
keys <Down><Down><Down><Down><Down><Down><Down>
waitrow 24 Priority
keys <Right><F2>
waitrow 24 laid over what others changed meanwhile (language); both stand.
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r '.language + " " + .subject + " " + (.priority | tostring)')" = "en Theirs 2"

test a draft knows the version it was begun on, over a restart
keys e
wait Came by
keys <Down><Down><Down><Down><Down><Down>
waitrow 24 Subject
keys <End>
type , mine
shell sleep 1
signal KILL
shell "$TMP/other" 4 '{"subject":"Theirs again"}'
run caseload
waitrow 2 14 shown of 14
wait Theirs again
keys jj
waitrow 24 ¿¿¿¿-004561
keys e
waitrow 24 others changed it too, and both are shown
has Theirs, mine
keys <F2>
waitrow 23 conflicts 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .subject)" = "Theirs again"
keys Q
exit 0
