# The verbs as commands: one case, several, by query; plans, counts, conflicts, offline.
. tests/lib.sh
start_service
restart_service() { PORT=${URL##*:} && PORT=${PORT%%/*} && start_service; }

field() { api GET "/cases/$1" | jq -r "$2"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }

caseload list is:open team:me owner:none priority:3 --limit=30 --json=number,id,restricted 2>/dev/null |
	jq 'map(select(.restricted | not))' >"$TMP/cases"
a=$(jq -r '.[0].number' "$TMP/cases") a_id=$(jq -r '.[0].id' "$TMP/cases")
b=$(jq -r '.[1].number' "$TMP/cases") b_id=$(jq -r '.[1].id' "$TMP/cases")

before=$(field "$a_id" .version)
expect "--dry-run" 0 caseload priority "$a" 1 --dry-run
has "shows the change" "priority"
caseload tag "$a" seen -n --json >"$TMP/json"
check "as JSON: the patch" jq -e '.[0].changes[0].field == "tags"' "$TMP/json"
is "and does nothing" "$(field "$a_id" .version)" "$before"

expect "assign, case last" 0 caseload assign me "$a"
has "is accepted" "accepted by the service"
is "the service has it" "$(field "$a_id" .assignee)" s.rossi
expect "assign, case first" 0 caseload assign "$b" me
is "the service has it too" "$(field "$b_id" .assignee)" s.rossi
caseload tag "$a_id" flood second-time --json >"$TMP/json"
check "by identifier, as JSON: accepted" jq -e --arg n "$a" 'length == 1 and .[0].case == $n and .[0].result == "accepted"' "$TMP/json"
is "both tags" "$(field "$a_id" '.tags | contains(["flood", "second-time"])')" true
expect "a tag taken off" 0 caseload tag "$a" -flood
is "is off" "$(field "$a_id" '.tags | contains(["flood"])')" false
expect "several cases" 0 caseload priority 2 "$a" "$b"
is "both" "$(field "$a_id" .priority)$(field "$b_id" .priority)" 22
expect "a date" 0 caseload due "$a" 2027-03-01
is "is the due date" "$(field "$a_id" '.due[:7]')" 2027-03
echo "Called twice, no answer" >"$TMP/text"
check "a note from standard input" sh -c "caseload note '$a' - <'$TMP/text'"
is "is on the timeline" "$(api GET "/cases/$a_id/events?limit=200" | grep -c 'Called twice, no answer')" 1
expect "no text: exit 2" 2 caseload note "$a"
err_has "and how to give it" "standard input"
expect "no case: exit 2" 2 caseload take
expect "a case that is not there: exit 3" 3 caseload take 1999-999999
expect "one of two is not there: exit 3" 3 caseload priority 3 "$a" 1999-999999
is "the other is done" "$(field "$a_id" .priority)" 3
expect "different failures: exit 7" 7 caseload state nonsense "$a" 1999-999999
expect "a plan that is refused: exit 2" 2 caseload state "$a" nonsense

# A worker who may only read.
caseloadd token add k.byrne --role reader --data "$TMP/service" >"$TMP/reader" 2>"$ERR"
grep -oE '[A-Za-z0-9_.-]{20,}' "$TMP/reader" | head -1 >"$TMP/reader.token"
sed "s#token-file = .*#token-file = $TMP/reader.token#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/reader.conf"
expect "refused by the service: exit 8" 8 caseload tag "$a" nope --config="$TMP/reader.conf"
caseload outbox --json >"$TMP/json"
check "the outbox keeps it, with the reason" jq -e '.[0].state == "refused" and .[0].message != null' "$TMP/json"
expect "until it is given up" 0 caseload outbox drop "$(jq -r '.[0].row' "$TMP/json")"

where="number:$(jq -r '[.[2:8][].number] | join(",")' "$TMP/cases")"
caseload priority 2 --where "$where" -n --plain --no-header >"$TMP/plan"
rows=$(wc -l <"$TMP/plan")
is "--where --dry-run shows each case" "$rows" 6
expect "a wrong count: exit 2" 2 caseload priority 2 --where "$where" --yes=99
err_has "and nothing is done" "nothing was done"
expect "over batch.confirm without a count: exit 2" 2 caseload priority 2 --where "$where" --set batch.confirm=2
err_has "and how to confirm" "--yes=$rows"
expect "with the count" 0 caseload priority 2 --where "$where" --set batch.confirm=2 --yes="$rows" --plain --no-header
is "each is accepted" "$(grep -c 'accepted by the service' "$OUT")" "$rows"
is "the service has them" "$(caseload list "$where" priority:2 --json=number | jq length)" "$rows"
expect "nothing found: exit 0" 0 caseload priority 2 --where 'number:1999-1 is:open'
err_has "and says so" "nothing was done"

# Somebody else changes the same field while only the version before is known here.
caseload show "$b" >/dev/null
kill -STOP $service_pid
expect "the service does not answer: saved here, exit 6" 6 caseload priority 4 "$b" --timeout 1
has "told apart from accepted" "saved here, not yet accepted"
kill -CONT $service_pid
stop_service
restart_service
etag=$(api GET "/cases/$b_id" -D - -o /dev/null | tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
if [ "$(field "$b_id" .priority)" = 2 ]; then
	api PATCH "/cases/$b_id" -H "If-Match: $etag" -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
		-H 'Content-Type: application/merge-patch+json' -d '{"priority":5}' >/dev/null
	row=$(caseload outbox --json | jq -r '.[0].row')
	expect "the same field was changed: exit 5" 5 caseload outbox retry "$row"
	caseload outbox --json >"$TMP/json"
	check "the outbox shows both values" jq -e \
		'.[0].state == "conflict" and .[0].changes[0].after == "4" and .[0].theirs.priority == 5' "$TMP/json"
	expect "given up" 0 caseload outbox drop "$row"
	is "nothing was overwritten" "$(field "$b_id" .priority)" 5
else
	skip "the same field was changed: exit 5" "the stopped service had taken the change already"
fi
is "the outbox is empty" "$(caseload outbox --json | jq length)" 0
expect "an unknown row: exit 3" 3 caseload outbox drop 4711

stop_service
caseload note "$a" "Later" --json >"$TMP/json" 2>"$ERR"
is "the service is gone: exit 6" $? 6
check "saved here" jq -e '.[0].result == "saved"' "$TMP/json"
restart_service
row=$(caseload outbox --json | jq -r '.[0].row // empty')
[ -z "$row" ] || expect "sent again" 0 caseload outbox retry "$row"
is "it is there once" "$(api GET "/cases/$a_id/events?limit=200" | jq '[.items[] | select(.text == "Later")] | length')" 1
