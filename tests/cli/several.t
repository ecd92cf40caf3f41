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
