# A service that does not answer (stopped, gone): commands end within seconds, nothing is lost, reading sends nothing.
. tests/lib.sh
start_service
restart_service() { PORT=${URL##*:} && PORT=${PORT%%/*} && start_service; }
# soon NAME CODE COMMAND...: as expect, and within ten seconds (five of silence, and a slow machine).
soon() {
	local name=$1 begun=$SECONDS
	expect "$@"
	if [ $((SECONDS - begun)) -le 10 ]; then pass "$name, within seconds"; else
		echo "# took $((SECONDS - begun)) s"; fail "$name, within seconds"; fi
}
states() { caseload outbox --json | jq -r '[.[].state] | unique | join(" ")'; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }

caseload list is:open team:me owner:none --limit=3 --json=number,id >"$TMP/cases" 2>"$ERR"
a=$(jq -r '.[0].number' "$TMP/cases") a_id=$(jq -r '.[0].id' "$TMP/cases") b=$(jq -r '.[1].number' "$TMP/cases")
caseload show "$a" >"$OUT" 2>"$ERR"

kill -STOP $service_pid
soon "a note while the service is stopped: exit 6" 6 caseload note "$a" "Written while nobody listens"
has "is saved here" "saved here, not yet accepted"
is "and was not sent" "$(states)" saved
soon "with --json" 6 caseload priority 1 "$a" --json
cp "$OUT" "$TMP/json"
check "says saved" jq -e '.[0].result == "saved"' "$TMP/json"
soon "a list: exit 0" 0 caseload list is:open team:me owner:none --limit=3 --json=number
err_has "from what is known" "known on"
soon "a case: exit 0" 0 caseload show "$a"
has "with what is not accepted yet" "Written while nobody listens"
err_has "and says since when that is known" "known on"
soon "citizens: nothing is known, exit 6" 6 caseload citizens zzyzx
soon "--fresh: exit 6" 6 caseload show "$a" --fresh
kill -CONT $service_pid

before=$(api GET "/cases/$a_id" | jq -r .version)
for command in "list is:open team:me" "show $b" "citizens okafor" "show $a"; do
	expect "caseload $command while the outbox is full" 0 caseload $command
done
is "reading sends nothing" "$(api GET "/cases/$a_id" | jq -r .version)" "$before"
is "and leaves the rows as they were" "$(states)" saved
expect "the next change takes the older ones along" 0 caseload tag "$a" heard
is "nothing is left" "$(caseload outbox --json)" "[]"
is "the note came once" "$(api GET "/cases/$a_id/events?limit=200" | grep -c 'Written while nobody listens')" 1
is "and the priority" "$(api GET "/cases/$a_id" | jq -r .priority)" 1

stop_service
soon "a service that is gone: exit 6" 6 caseload tag "$b" storm
has "is saved here too" "saved here, not yet accepted"
is "in the outbox" "$(states)" saved
restart_service
expect "outbox retry sends it" 0 caseload outbox retry "$(caseload outbox --json | jq '.[0].row')"
is "and the outbox is empty" "$(caseload outbox --json)" "[]"

# Days without a network, and the login ended meanwhile: nothing goes out, nothing is lost, and after the new login
# everything goes in its order.
stop_service
for i in 1 2 3; do
	expect "note $i of those days" 6 caseload note "$a" "Day $i without a network"
	expect "and step $i on another case" 6 caseload tag "$b" "day$i"
done
restart_service
echo "this-login-has-ended" >"$TMP/ended-token"
sed -i "s|^token-file.*|token-file = $TMP/ended-token|" "$XDG_CONFIG_HOME/caseload/config"
before=$(api GET "/cases/$a_id" | jq -r .version)
expect "a login that ended sends nothing" 6 caseload outbox send
has "and says what to do" "log in again"
is "all of it still waits" "$(caseload outbox --json | jq length)" 6
is "in its state" "$(states)" saved
is "and the case is as it was" "$(api GET "/cases/$a_id" | jq -r .version)" "$before"
configure
expect "with a new login it goes out" 0 caseload outbox send
is "nothing is left of it" "$(caseload outbox --json)" "[]"
is "each once, in order" "$(api GET "/cases/$a_id/events?limit=200" | grep -o 'Day [123] without' | cut -c5 | tr -d '\n')" 123
is "and on the other case" "$(api GET "/cases?q=number:$b" | jq -c '[.items[0].tags[] | select(startswith("day"))] | sort')" '["day1","day2","day3"]'
