# A case of one service handed to another: a new one there with the history, linked both ways.
. tests/lib.sh
DATA=$TMP/city start_service
first=$URL first_token=$TOKEN first_pid=$service_pid
trap '[ -z "$first_pid" ] || { kill $first_pid; wait $first_pid; } 2>/dev/null; end_test; exit $((bad > 0))' EXIT
sed "s#test#city#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/both"
start_service
sed "s#test#town#" "$XDG_CONFIG_HOME/caseload/config" >>"$TMP/both"
cp "$TMP/both" "$XDG_CONFIG_HOME/caseload/config"
at() { curl -sS -H "Authorization: Bearer $2" -H "Purpose: test" "$1$3"; }
in_city() { at "$first" "$first_token" "$1"; }
in_town() { at "$URL" "$TOKEN" "$1"; }
handed() { in_town "/cases?q=%22$1%22&limit=50" | jq '[.items[] | select(.links // [] | length > 0)] | length'; }
links_there() { in_town "/cases?limit=200&sort=-opened" | jq -r '.items[].links // [] | .[]'; }

caseload list is:open team:me source:city --limit=6 --json=number,id,subject >"$TMP/cases" 2>"$ERR"
n=$(jq -r '.[0].number' "$TMP/cases") id=$(jq -r '.[0].id' "$TMP/cases")

expect "to nobody: exit 2" 2 caseload hand nowhere "city/$n"
expect "to itself: exit 2" 2 caseload hand city "city/$n"
expect "without its queue: exit 2, and they are told" 2 caseload hand town "city/$n"
err_has "one of them" "waste"
expect "a queue that is none: exit 2" 2 caseload hand town/nothing "city/$n"
expect "shown first" 0 caseload hand town/waste "city/$n" --dry-run
has "and where to" "new case at town"
before=$(links_there | wc -l)
check "and nothing was done" test "$before" -eq 0

expect "handed over, the first one kept" 0 caseload hand town/waste "city/$n" --note='Their lorry'
check "the new case names the old one" test "$(links_there)" = "refers-to:$first/cases/$id"
new=$(in_town "/cases?limit=200&sort=-opened" | jq -r '.items[] | select((.links // []) | length > 0) | .id')
check "the old one names the new one" test "$(in_city "/cases/$id" | jq -r '.links[0]')" = "refers-to:$URL/cases/$new"
check "of the same citizen, as they know them" test "$(in_town "/cases/$new" | jq -r .citizen.id)" = "$(in_city "/cases/$id" | jq -r .citizen.id)"
check "who is somebody" test "$(in_city "/cases/$id" | jq -r .citizen.id)" != null
check "and is open" test "$(in_city "/cases/$id" | jq -r '.status == "resolved"')" = false
in_city "/cases/$id/events?limit=200" >"$OUT"
has "the note is on it" "Their lorry"
has "with where it went" "Handed over to town"
in_town "/cases/$new/events?limit=200" | jq -r '.items[0].text' >"$OUT"
has "the new one begins with where it comes from" "Handed over from city, case $n."
first_words=$(in_city "/cases/$id/events?limit=1" | jq -r '.items[0].text' | head -1)
has "and with what was asked" "$first_words"
hasnt "and nothing internal" "What happened so far"
in_town "/cases/$new/events?limit=200" | jq -r '.items[] | select(.kind == "note") | .text' >"$OUT"
has "the history is a note for colleagues" "What happened so far:"
has "with the old case's address" "$first/cases/$id"

expect "once more is asked for: exit 2" 2 caseload hand town/waste "city/$n"
err_has "with what to say" "--again"

m=$(jq -r '.[1].number' "$TMP/cases") mid=$(jq -r '.[1].id' "$TMP/cases")
expect "handed over and closed" 0 caseload hand town/waste "city/$m" --close='moved to the town'
check "it is closed there" test "$(in_city "/cases/$mid" | jq -r '.status + " " + .outcome')" = "resolved moved to the town"
check "there are two new ones" test "$(links_there | wc -l)" -eq 2

# The new service is away: both wait, and nothing of the old case changes before the new one is there.
k=$(jq -r '.[2].number' "$TMP/cases") kid=$(jq -r '.[2].id' "$TMP/cases")
kill -STOP $service_pid
expect "the other is away: saved here" 6 caseload hand town/waste "city/$k" --close --timeout=3
check "the old case is as it was" test "$(in_city "/cases/$kid" | jq -r '.status == "resolved"')" = false
kill -CONT $service_pid
expect "it goes on where it was" 0 caseload outbox send --timeout=20
check "and is closed now" test "$(in_city "/cases/$kid" | jq -r .status)" = resolved
check "and there is one new case for it" test "$(links_there | grep -c "/cases/$kid\$")" -eq 1

# To a Request Tracker and back: requestor, history and the links of both.
live rt anna
cat "$TMP/both" "$TMP/rt.conf" >"$XDG_CONFIG_HOME/caseload/config"
rt_links() { sql rt "SELECT Base || ' ' || Target FROM Links WHERE Type = 'RefersTo' AND Base LIKE '%ticket/$1'"; }
expect "to a queue of Request Tracker, and closed" 0 caseload hand rt/Surge city/c1 --close='over to the allowance'
ticket=$(sql rt "SELECT MAX(id) FROM Tickets")
check "a ticket is there" test "$(sql rt "SELECT Subject FROM Tickets WHERE id = $ticket")" = "Missed bin, third week"
check "of the same citizen" test "$(sql rt "SELECT u.EmailAddress FROM Users u, CachedGroupMembers m, Groups g WHERE g.Domain = 'RT::Ticket-Role' AND g.Name = 'Requestor' AND g.Instance = $ticket AND m.GroupId = g.id AND m.MemberId = u.id")" = p1.home@example.net
check "that names the old case" test "$(rt_links "$ticket" | grep -c "$first/cases/c1")" -eq 1
rt show "ticket/$ticket/history" -l >"$OUT" 2>&1 || rt show -l "ticket/$ticket/history" >"$OUT" 2>&1
check "its history is a comment" test "$(sql rt "SELECT COUNT(*) FROM Transactions t, Attachments a WHERE t.ObjectType = 'RT::Ticket' AND t.ObjectId = $ticket AND t.Type = 'Comment' AND a.TransactionId = t.id AND a.Content LIKE '%the lorry could not turn%'")" -ge 1
check "and no mail to the citizen holds what colleagues wrote" sh -c '! grep -rq "the lorry could not turn" "$RT_OUTBOX"'
check "the old one names the ticket" test "$(in_city /cases/c1 | jq -r '.links[0]')" = "refers-to:$RT_URL/Ticket/Display.html?id=$ticket"
check "and is closed" test "$(in_city /cases/c1 | jq -r .outcome)" = "over to the allowance"
check "once" test "$(sql rt "SELECT COUNT(*) FROM Tickets WHERE Subject = 'Missed bin, third week'")" -eq 1
expect "show says where it went" 0 caseload show city/c1
has "by its name" "rt/$ticket"

expect "from Request Tracker to a native service" 0 caseload hand town/benefits rt/4
new=$(in_town "/cases?limit=200&sort=-opened" | jq -r '.items[] | select((.links // []) | any(contains("/Ticket/Display.html?id=4"))) | .id')
check "a case is there" test -n "$new"
check "the ticket names it" test "$(rt_links 4 | grep -c "$URL/cases/$new")" -eq 1
