# Two services at once: the same numbers in both, and each case's own kinds, templates and people.
. tests/lib.sh
DATA=$TMP/city start_service
first=$URL first_token=$TOKEN first_pid=$service_pid
trap '[ -z "$first_pid" ] || { kill $first_pid; wait $first_pid; } 2>/dev/null; end_test; exit $((bad > 0))' EXIT
sed "s#test#city#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/both"
start_service
caseloadd worker add t.only --name 'Tove Only' --team refuse --data "$TMP/service" >"$OUT" 2>"$ERR"
sed "s#test#town#" "$XDG_CONFIG_HOME/caseload/config" >>"$TMP/both"
cp "$TMP/both" "$XDG_CONFIG_HOME/caseload/config"
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }
at() { curl -sS -H "Authorization: Bearer $2" -H "Purpose: test" "$1$3"; }
in_city() { at "$first" "$first_token" "$1"; }
in_town() { at "$URL" "$TOKEN" "$1"; }

caseload list is:open team:me owner:none source:town --limit=2 --json=number,id >"$TMP/cases" 2>"$ERR"
n=$(jq -r '.[0].number' "$TMP/cases") id=$(jq -r '.[0].id' "$TMP/cases")
expect "a number alone of which one was seen so far: exit 2" 2 caseload priority 1 "$n"
err_has "and how to say which" "city/$n"
expect "a number of both services, told of one: read" 0 caseload show "town/$n"
expect "and of the other" 0 caseload show "city/$n"
expect "a number alone: exit 2" 2 caseload show "$n"
err_has "and how to say which" "city/$n"
expect "a service that is none: exit 3" 3 caseload show "twon/$n"
expect "a change goes to the one that was named" 0 caseload priority 1 "town/$n"
is "there it is" "$(in_town "/cases/$id" | jq .priority)" 1
is "in the other nothing changed" "$(in_city "/cases/$id" | jq '.priority == 1')" false
expect "a worker of that service alone" 0 caseload assign t.only "town/$n"
is "is assigned there" "$(in_town "/cases/$id" | jq -r .assignee)" t.only
expect "and is unknown in the other: exit 2" 2 caseload assign t.only "city/$n"
caseload tag seen "city/$n" "town/$n" --json >"$TMP/json" 2>"$ERR"
check "one change in both" jq -e '[.[] | [.service, .result]] | sort == [["city","accepted"],["town","accepted"]]' "$TMP/json"
caseload tag again --where "number:$n" --yes=2 --json >"$TMP/json" 2>"$ERR"
check "also by a query" jq -e '[.[].service] | sort == ["city","town"]' "$TMP/json"
caseload tag later --where "number:$n source:city" --json >"$TMP/json" 2>"$ERR"
check "source: is one of them" jq -e '[.[].service] == ["city"]' "$TMP/json"
m=$(jq -r ".[1].number" "$TMP/cases")
expect "take: me of each" 0 caseload take "city/$m" "town/$m"

kill -STOP $first_pid
caseload tag away "city/$n" "town/$n" --json >"$TMP/json" 2>"$ERR"
check "one is away: saved there, accepted here" jq -e \
	'[.[] | [.service, .result]] | sort == [["city","saved"],["town","accepted"]]' "$TMP/json"
kill -CONT $first_pid

caseload list is:open team:me sort:due --limit=60 --json=number,due,source >"$TMP/json" 2>"$ERR"
check "one list, in one order over both" jq -e '([.[].due | select(. != null)] | . == sort and length > 5) and ([.[].source] | unique == ["city","town"])' "$TMP/json"
check "each case once" jq -e '[.[] | .source + "/" + .number] | length == (unique | length)' "$TMP/json"
caseload list is:open sort:number --limit=450 --json=number,source >"$TMP/json" 2>"$ERR"
check "beyond the first pages: both numbers side by side, none left out" jq -e \
	'([.[].number] | . == sort and length == 450) and ([.[] | select(.source == "city") | .number][:220] == [.[] | select(.source == "town") | .number][:220])' "$TMP/json"

expect "the service of a new case is told" 0 caseload new --source=town --queue=waste Swings broken in the park
new=$(awk 'NR == 2 { print $1 }' "$OUT")
check "there it is, and nowhere else" test "$(in_town "/cases?q=number:${new#*/}" | jq -r '.items[0].subject') $(in_city "/cases?q=number:${new#*/}" | jq -r '.items[0].subject')" = "Swings broken in the park null"
expect "one that is none: exit 2" 2 caseload new --source=twon --queue=waste Nothing
err_has "said in words" "no service twon"

kill -9 $first_pid; wait $first_pid 2>/dev/null; first_pid=
expect "one is killed: its rows are those known before" 0 caseload list is:open team:me sort:due --limit=60 --json=number,due,source
err_has "it is named, and how old they are" "city: "
err_has "in words" "What it has is as it was on"
check "still both, in one order" jq -e '([.[].due | select(. != null)] | . == sort) and ([.[].source] | unique == ["city","town"])' "$OUT"
expect "what was never asked of it: its part is missing, exit 6" 6 caseload list channel:phone owner:t.only is:open
err_has "and said so" "What it has is missing here"
expect "--fresh takes no stand-in: exit 6" 6 caseload list is:open team:me sort:due --fresh
expect "the other alone: nothing to say" 0 caseload list source:town is:open team:me
check "nothing on standard error" test ! -s "$ERR"
expect "a change there is accepted" 0 caseload tag alone "town/$n"
expect "one here is saved and waits: exit 6" 6 caseload tag waits "city/$n"
expect "the citizens of the other are found, the part of this one is missing: exit 6" 6 caseload citizens muller --json
err_has "and who is missing" "city: "
