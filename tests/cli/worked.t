# One case worked by commands alone, from the citizen's name to the end; the service is then asked over HTTP.
. tests/lib.sh
start_service

caseload citizens okafor --json >"$TMP/found"
citizen=$(jq -r '.[0].id' "$TMP/found")
check "find the citizen" test -n "$citizen" -a "$citizen" != null
expect "see all their cases" 0 caseload citizen "$citizen" --purpose "counter, bin not emptied"
caseload new --kind=bin-missed --citizen="$citizen" bin=refuse missed_on=2026-11-20 \
	"Bin not emptied, worked by commands" --json >"$TMP/new" 2>"$ERR"
check "open a case for them: accepted" jq -e '.[0].result == "accepted"' "$TMP/new"
number=$(jq -r '.[0].case' "$TMP/new")
caseload list "worked by commands" --json >"$TMP/list"
check "it is found, as one case" jq -e --arg n "$number" 'length == 1 and .[0].number == $n' "$TMP/list"
id=$(jq -r '.[0].id' "$TMP/list")
expect "read it" 0 caseload show "$number"
has "the subject" "worked by commands"
expect "take it" 0 caseload assign me "$number"
expect "a note" 0 caseload note "$number" "The crew comes on Monday"
check "the answer, from standard input" sh -c "echo 'Dear Sir or Madam, a lorry comes on Monday.' | caseload reply '$number' -"
expect "close it" 0 caseload close "$number" collected
has "accepted" "accepted by the service"

api GET "/cases/$id" >"$TMP/case"
check "the service has it closed" jq -e \
	'.status == "resolved" and .outcome == "collected" and .assignee == "s.rossi" and .fields.bin == "refuse"' "$TMP/case"
api GET "/cases/$id/events?limit=100" >"$TMP/events"
check "with the note" jq -e 'any(.items[]; .kind == "note" and .text == "The crew comes on Monday")' "$TMP/events"
check "with the answer to the citizen, once" jq -e \
	'[.items[] | select(.kind == "answer" and (.text | startswith("Dear Sir")))] | length == 1' "$TMP/events"
expect "it can be opened again" 0 caseload reopen "$number"
check "open" test "$(api GET "/cases/$id" | jq -r .status)" = open
expect "and closed with an answer from a template" 0 caseload reply "$number" --template=bin-sorry when=Monday --close
check "closed" test "$(api GET "/cases/$id" | jq -r .status)" = resolved
check "the template's words arrived" test "$(api GET "/cases/$id/events?limit=100" | grep -c 'come by Monday')" -ge 1
