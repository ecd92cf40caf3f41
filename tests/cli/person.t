# One person in two services: joined by reference, proposed by name and birth, kept apart; and one service away.
. tests/lib.sh
DATA=$TMP/city start_service
city=$URL city_token=$TOKEN city_pid=$service_pid
trap '[ -z "$city_pid" ] || { kill $city_pid; wait $city_pid; } 2>/dev/null; end_test; exit $((bad > 0))' EXIT
sed "s#test#city#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/both"
DATA=$TMP/town start_service
sed "s#test#town#" "$XDG_CONFIG_HOME/caseload/config" >>"$TMP/both"
cp "$TMP/both" "$XDG_CONFIG_HOME/caseload/config"
put() { curl -sS -H "Authorization: Bearer $2" -H "Purpose: test" -H "Idempotency-Key: \"$(cat /proc/sys/kernel/random/uuid)\"" \
	-H "Content-Type: application/json" -d "$4" "$1$3" | jq -r .id; }
in_city() { put "$city" "$city_token" /citizens "$1"; }
in_town() { put "$URL" "$TOKEN" /citizens "$1"; }

a=$(in_city '{"given":"Wilma","family":"Dubbelman","born":"1971-05-09","ref":"NL-555 12345","phone":"+31 6 5550 0001"}')
b=$(in_town '{"given":"Wilma","family":"Dubbelman","ref":"nl55512345","phone":"06-55500001","email":"wilma@example.org"}')
c=$(in_town '{"given":"Wilma","family":"Dubbelman","born":"1971-05-09"}')
d=$(in_town '{"given":"Wilma","family":"Dubbelman","born":"1938-01-30","ref":"NL55599999"}')
case_of() { put "$1" "$2" /cases "{\"subject\":\"$4\",\"citizen\":\"$3\",\"team\":\"refuse\",\"service\":\"waste\"}" >/dev/null; }
case_of "$city" "$city_token" "$a" "Wilma in the city"
case_of "$URL" "$TOKEN" "$b" "Wilma in the town"

look() { caseload citizen "$@" --purpose=test --json 2>"$ERR" >"$TMP/json"; }
places() { jq -c '[.records[] | [.source, .id, .place, .why]]' "$TMP/json"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }

expect "one search" 0 caseload citizens dubbelman --purpose=test
has "one row for the two, the services named" "city+town"
is "and the others for themselves" "$(grep -c Dubbelman "$OUT")" 3
caseload citizens dubbelman --purpose=test --json >"$TMP/json" 2>"$ERR"
check "open cases are added up" jq -e 'map(select(.records | length == 2)) | length == 1 and .[0].cases.open == 2' "$TMP/json"

look "city/$a"
is "the group of the one, the likely one proposed, the stranger nowhere" "$(places)" \
	"[[\"city\",\"$a\",\"joined\",null],[\"town\",\"$b\",\"joined\",\"reference\"],[\"town\",\"$c\",\"likely\",\"name+born\"]]"
is "cases of both" "$(jq -c '[.cases[].subject] | sort' "$TMP/json")" '["Wilma in the city","Wilma in the town"]'
check "nothing of the likely one is told" jq -e '.records[2] | has("born") or has("given") | not' "$TMP/json"
expect "for people" 0 caseload citizen "city/$a" --unmask --purpose=test
has "the same is said once, with both" "NL-555 12345  (city, town)"
has "a telephone in two ways of writing too" "+31 6 5550 0001  (city, town)"
has "what one alone knows" "wilma@example.org  (town)"
has "why" "town/$b: same reference"
has "who else it may be" "town/$c: same name and day of birth"
hasnt "not who it is not" "$d"
look "town/$d"
is "the stranger alone" "$(places)" "[[\"town\",\"$d\",\"joined\",null]]"

before=$(for u in "$city $city_token $a" "$URL $TOKEN $b" "$URL $TOKEN $c"; do set -- $u
	curl -sS -H "Authorization: Bearer $2" -H "Purpose: test" "$1/citizens/$3"; done)
expect "join" 0 caseload citizen join "city/$a" "town/$c" --purpose=test
has "says that it stays here" "told nothing"
look "town/$c"
is "joined with all, from either side" "$(jq -c '[.records[].place]' "$TMP/json")" '["joined","joined","joined"]'
check "by whom" jq -e 'any(.records[]; .why == "hand" and .by != null and .at != null)' "$TMP/json"
expect "apart" 0 caseload citizen apart "city/$a" "town/$b" --purpose=test
look "city/$a"
is "kept apart, though the reference is the same" \
	"$(jq -c --arg b "$b" '[.records[] | select(.id == $b) | .place]' "$TMP/json")" '["apart"]'
expect "withdraw" 0 caseload citizen withdraw "city/$a" "town/$b" --purpose=test
look "city/$a"
is "the reference counts again" \
	"$(jq -c --arg b "$b" '[.records[] | select(.id == $b) | .place]' "$TMP/json")" '["joined"]'
after=$(for u in "$city $city_token $a" "$URL $TOKEN $b" "$URL $TOKEN $c"; do set -- $u
	curl -sS -H "Authorization: Bearer $2" -H "Purpose: test" "$1/citizens/$3"; done)
is "the services' own records are as they were" "$after" "$before"
expect "one is not two: exit 2" 2 caseload citizen join "city/$a" "city/$a" --purpose=test
expect "nor with nobody: exit 3" 3 caseload citizen join "city/$a" city/p99999 --purpose=test
expect "outbox is empty: nothing is sent" 0 caseload outbox
has "empty" "The outbox is empty"

# A secret address of one record is not told by the other.
g=$(in_city '{"given":"Gijs","family":"Geheim","ref":"NL77712345","guarded":true,"address":{"street":"Schuilplaats 1","postcode":"9999 ZZ","town":"Nergens"}}')
h=$(in_town '{"given":"Gijs","family":"Geheim","ref":"NL77712345","address":{"street":"Openweg 7","postcode":"1111 AA","town":"Overal"}}')
expect "a guarded person" 0 caseload citizen "city/$g" --purpose=test
hasnt "no address of the other" "Openweg"
has "secret" "secret"
expect "nor in a search" 0 caseload citizens geheim --purpose=test
hasnt "no town" "Overal"
look "city/$g"
check "nor in JSON" jq -e '[.. | strings | select(test("Openweg|1111"))] == []' "$TMP/json"
case_of "$URL" "$TOKEN" "$h" "Gijs asks in the town"
n=$(caseload list '"Gijs asks"' source:town --json=number 2>"$ERR" | jq -r '.[0].number')
expect "a case handed over" 0 caseload hand city/waste "town/$n"
curl -sS -H "Authorization: Bearer $city_token" "$city/cases?q=%22Gijs%20asks%22&limit=5" >"$TMP/json"
id=$(jq -r '.items[0].id' "$TMP/json")
curl -sS -H "Authorization: Bearer $city_token" "$city/cases/$id/events?limit=5" >"$OUT"
has "tells who it is about" "NL77712345"
hasnt "and not where they live" "Openweg"

stop_service
expect "one service is gone: the other's facts and its own, with their age" 0 caseload citizen "city/$a" --purpose=test
has "what it had said" "wilma@example.org  (town)"
err_has "who is away, and since when this is known" "What is shown of it was read"
expect "--fresh will have none of it: exit 6" 6 caseload citizen "city/$a" --purpose=test --fresh
