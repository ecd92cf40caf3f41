# A case that somebody else changes while a form stands open over it, or while its draft waits.
test what both changed is a conflict, whatever the store behind the form has heard
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561
keys e
wait Came by
# a supervisor may, though the case is in hand
shell tests/colleague seize c3 1 '{"subject":"Theirs"}'
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

test a value that is neither theirs nor yours
keys e
waitrow 24 subject: Missed bin, Kerkstraat, twice
keys <C-u>
type Both
keys <Enter>
wait edited: Both
keys a
wait OUTBOX
gone conflicts 1
gone outbox 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .subject)" = Both
keys gw
waitrow 23 Worklist

test what others changed elsewhere stays, yours goes on top, and that is said
signal STOP
shell tests/colleague change c3 3 '{"language":"en"}'
keys <lt>
signal CONT
waitrow 24 laid over what others changed meanwhile (language); both stand.
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r '.language + " " + .subject + " " + (.priority | tostring)')" = "en Both 2"

test a draft knows the version it was begun on, over a restart
keys e
wait Came by
keys <Down><Down><Down><Down><Down><Down>
waitrow 24 Subject
keys <End>
type , mine
shell sleep 1
signal KILL
exit 137
shell tests/colleague seize c3 5 '{"subject":"Theirs again"}'
run caseload
waitrow 2 14 shown of 14
wait Theirs again
keys jj
waitrow 24 ¿¿¿¿-004561
keys e
waitrow 24 others changed it too, and both are shown
has Both, mine
keys <F2>
waitrow 23 conflicts 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c3" | jq -r .subject)" = "Theirs again"
keys Q
exit 0
