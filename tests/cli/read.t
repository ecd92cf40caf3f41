# What commands read: lists, cases, citizens; for people, as TSV, as JSON; from the cache when the service is away.
. tests/lib.sh
start_service
restart_service() { PORT=${URL##*:} && PORT=${PORT%%/*} && start_service; }

expect "caseload list" 0 caseload list is:open team:me
has "has a head" "Case"
list=$TMP/list
expect "--json --limit" 0 caseload list is:open team:me --limit=5 --json
err_has "says that there are more" "--limit=N"
cp "$OUT" "$list"
check "five objects of my team" jq -e 'length == 5 and all(.[]; .team == "refuse")' "$list"
number=$(jq -r '.[0].number' "$list") id=$(jq -r '.[0].id' "$list")
caseload list is:open team:me --limit=2 --json=number,subject >"$list" 2>"$ERR"
check "--json=FIELDS: those alone" jq -e '.[0] | keys == ["id","number","subject","version"]' "$list"
expect "an unknown field: exit 2" 2 caseload list --json=nmber
err_has "the nearest field" "number"
expect "--json=help" 0 caseload list --json=help
has "lists the fields" "subject"
caseload list is:open team:me --limit=3 --plain >"$list" 2>"$ERR"
check "--plain: a head and three rows" test "$(wc -l <"$list")" -eq 4
check "as many columns in each" test "$(awk -F'\t' '{print NF}' "$list" | sort -u | wc -l)" -eq 1
caseload list is:open team:me --limit=3 --plain --no-header --columns=number,due >"$list" 2>"$ERR"
check "--no-header --columns: a number and a time in UTC" \
	test "$(grep -cP '^[^\t]+\t([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z)?$' "$list")" -eq 3
expect "an unknown column: exit 2" 2 caseload list --columns=nunber
err_has "the nearest column" "number"
expect "a bad query: exit 2" 2 caseload list stauts:new
err_has "names the nearest field" "status"
expect "a source that is none" 2 caseload list source:nowhere is:open
caseload list is:open team:me sort:due --json=due --limit=20 >"$list" 2>"$ERR"
check "in order" jq -e '[.[].due | select(. != null)] | . == sort and length > 5' "$list"
caseload list team:me is:open sort:due --limit=5 --json >"$list" 2>"$ERR"
caseload list --where "team:me is:open sort:due" --limit=5 --json >"$TMP/where" 2>"$ERR"
check "--where is the query too" cmp "$list" "$TMP/where"
expect "both ways: exit 2" 2 caseload list is:open --where is:late
expect "citizens --where" 0 caseload citizens --where muller
has "finds them" "Müller"
caseload show --where "team:me is:open sort:due" --limit=2 --json >"$TMP/where" 2>"$ERR"
check "show --where: each case with its timeline" \
	test "$(jq -c '[.[] | [.number, (.timeline | length > 0)]]' "$TMP/where")" = \
	"$(jq -c '[.[:2][] | [.number, true]]' "$list")"
expect "show --where for people" 0 caseload show --where "number:$(jq -r '.[0].number' "$list")"
has "shows it" "$(jq -r '.[0].number' "$list")"
expect "show with both: exit 2" 2 caseload show 2026-000417 --where is:open
expect "a misspelt option: exit 2" 2 caseload list --were is:open
err_has "the nearest is --where" "the nearest is --where"
expect "a view" 0 caseload list --view=Late --json=due --limit=3
expect "one that is not there: exit 2" 2 caseload list --view=Lte
err_has "the nearest view" "Late"
expect "words that stand in the timeline alone" 0 caseload list "babies house"
has "are found" "Missed bin, third week"
caseload list sort:number --limit=700 --plain --no-header >"$list" 2>"$ERR"
check "more than a page of the service" test "$(wc -l <"$list")" -eq 700
check "each case once" test "$(cut -f1 "$list" | sort -u | wc -l)" -eq 700

expect "caseload show by number" 0 caseload show "$number"
has "shows it" "$number"
caseload show "$id" --json >"$TMP/case"
check "by identifier, as JSON: one object with its timeline" jq -e --arg n "$number" \
	'.number == $n and (.timeline | length) > 0' "$TMP/case"
citizen=$(jq -r '.citizen.id' "$TMP/case")
caseload show "$number" --plain --no-header >"$list"
check "--plain: one entry a line" test "$(wc -l <"$list")" -eq "$(jq '.timeline | length' "$TMP/case")"
expect "a case that is not there: exit 3" 3 caseload show 1999-999999
expect "as JSON" 3 caseload show 1999-999999 --json
cp "$ERR" "$TMP/json"
check "also the error" jq -e '.error == "gone" and .exit == 3' "$TMP/json"

caseload citizen "$citizen" --unmask --purpose "look $number" --json >"$TMP/citizen"
check "caseload citizen: the person and all their cases" jq -e --arg c "$citizen" --arg n "$number" \
	'.citizen.id == $c and any(.cases[]; .number == $n)' "$TMP/citizen"
api GET "/citizens/$citizen/access" >"$list"
check "the access log has the purpose" grep -q "look $number" "$list"
family=$(jq -r '.citizen.family // .citizen.given' "$TMP/citizen")
ref=$(jq -r '.citizen.ref // empty' "$TMP/citizen")
caseload citizens "family:\"$family\"" --json --limit=200 >"$list"
check "caseload citizens finds them by name" jq -e --arg c "$citizen" 'any(.[]; .id == $c)' "$list"
[ -z "$ref" ] || expect "caseload citizen by reference" 0 caseload citizen "$ref"
caseload citizens okafor --plain >"$list"
check "--plain has a head" grep -q "^id	ref	name" "$list"
expect "accents do not matter" 0 caseload citizens muller
has "muller finds Müller" "Müller"
other=$(caseload citizens town:Havenport --json --limit=50 | jq -r '.[].id' | while read -r p; do
	api GET "/cases?q=citizen:$p%20is:open" | jq -e '.items == []' >/dev/null && echo "$p" && break; done)
expect "a person outside one's work, without a reason: exit 8" 8 caseload citizen "$other"
err_has "and how to give one" "--purpose=TEXT"
expect "with a reason" 0 caseload citizen "$other" --purpose "asked at the counter"
expect "a citizen that is not there: exit 3" 3 caseload citizen p99999999
expect "no words: exit 2" 2 caseload citizens

caseload list is:open team:me sort:due --json --limit=5 >"$TMP/before" 2>/dev/null
kill -STOP $service_pid
expect "the service does not answer: exit 0 from the cache" 0 caseload list is:open team:me sort:due --timeout 1 --json --limit=5
test -s "$ERR" && pass "and standard error says so" || fail "and standard error says so"
cp "$OUT" "$list"
check "the same rows" test "$(jq -c '[.[].id]' "$list")" = "$(jq -c '[.[].id]' "$TMP/before")"
kill -CONT $service_pid
stop_service
expect "the service is gone: exit 0" 0 caseload list is:open team:me --plain
err_has "and when that was known" "known on"
expect "--fresh: exit 6" 6 caseload list is:open team:me --fresh
expect "nothing in the cache: exit 6" 6 caseload list team:nobody
expect "a case in the cache" 0 caseload show "$number"
expect "one that is not: exit 6" 6 caseload show 1999-999999

restart_service
printf 'wrong\n' >"$TMP/wrong"
sed -i "s#token-file = .*#token-file = $TMP/wrong#" "$XDG_CONFIG_HOME/caseload/config"
expect "a wrong token: exit 4" 4 caseload list is:open
chmod 644 "$TMP/wrong"
expect "a token others may read: exit 2" 2 caseload list is:open
sed -i '/token-file/d' "$XDG_CONFIG_HOME/caseload/config"
expect "no token, and nobody to ask: exit 4" 4 caseload list is:open
