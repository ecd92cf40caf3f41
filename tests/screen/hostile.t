# Text from outside that would drive a terminal: shown as marks, never written raw, whatever the door.
size 80x24
env CASELOAD_UI_CLOCK=no
service
shell printf '%s' '{"subject":"S\u001b]0;evil\u0007\u009b31mX\u202eY\u2066Z","service":"waste","assignee":"s.rossi","priority":1,"due":"2020-01-01T00:00:00Z","citizen":"p1","tags":["t\u001b[2J"],"text":"T\u001b]52;c;ZXZpbA==\u0007\u001bP1$r\u001b\\ end\u202e"}' >$TMP/new.json
# Marks take room: the word behind a line of them is pushed to the next one, not over the edge.
shell jq '.text += "\u202e" * 90 + "lastword"' $TMP/new.json >$TMP/longer.json && mv $TMP/longer.json $TMP/new.json
shell curl -sf -X POST -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: 0123456789-evil-1" -H 'Content-Type: application/json' -d @$TMP/new.json "$URL/cases" >$TMP/made.json || { cat $TMP/made.json; false; }

test in the list and the case
run caseload
waitrow 2 15 shown of 15
has Missed bin
keys <Home>
wait evil
keys <Enter>
wait Timeline
wait end
wait lastword
keys 2
wait Subject
keys <Esc>1
wait Timeline

test in a form, a prompt, the review of an answer, a search
keys e
waitrow 3 evil
keys <Esc>
wait Timeline
keys #<Tab><Tab>
waitrow 24 :tag
keys <Esc>
gone :tag
keys R
wait Answer to
keys <Esc>
waitrow 23 Case
keys :
type note S]0;evil
keys <C-c>
keys q
waitrow 1 1 Mine
keys /
type evil
keys <Enter>
waitrow 2 1 shown
keys <C-p>
waitrow 1 Commands in
type evil
waitrow 2 only: evil
keys <Esc>
waitrow 1 1 Mine
keys Q
exit 0

test none of it was written as it is
never \e]0;
never \e]52
never \eP1
never \x07X
never \xc2\x9b
never \xe2\x80\xae
never \xe2\x81\xa6

test a record with bytes that are no UTF-8 is shown with a mark, and spoils no other
shell mkdir -p $TMP/files; printf '%s\n' status me kinds workers teams templates | xargs -I{} curl -sf -H "Authorization: Bearer $TOKEN" -o $TMP/files/-v1-{} "$URL/{}?limit=100"
shell curl -sf -H "Authorization: Bearer $TOKEN" -o $TMP/files/-v1-cases "$URL/cases?q=is:open%20owner:me&limit=100"; sed -i 's/Missed bin, third week/Mis\xff\xc3(sed\xed\xa0\x80\x9b31m bin/; s/Bulky waste/\xf8\x88\x80\x80\x80 Bulky\\u0000waste/' $TMP/files/-v1-cases; grep -qa "$(printf 'Mis\377')" $TMP/files/-v1-cases
service-signal KILL
fake files $TMP/files
shell rm -rf $TMP/run/caseload
run caseload
waitrow 2 15 shown of 15
has Mis��(sed
has Bulky�waste
has Jürgen Müller
row 6 ¿¿¿¿-004275
keys Q
exit 0
never \xff
never \xf8\x88
never \xed\xa0\x80
never \x9b31m
restored
