# The servers of tests/live are what the other tests take them for: real, and put back to the same world.
. tests/lib.sh
live rt
live redmine

rest() { curl -sS -m 20 -H "Authorization: token $RT_TOKEN_ANNA" "$@"; }
expect "rt: its own client reads a ticket" 0 rt show ticket/2
has "with its subject" "Missed bin collection"
check "nobody has been mailed" test "$(tests/live/mails rt)" = 0
expect "a comment" 0 rt comment -m "not for the citizen" ticket/2
check "mails nobody" test "$(tests/live/mails rt)" = 0
expect "an answer" 0 rt correspond -m "for the citizen" ticket/2
check "mails one" test "$(tests/live/mails rt)" = 1
check "to the citizen" grep -q '^To: p1.home@example.net' -r "$RT_OUTBOX"
check "the surge has 382 children" test "$(sql rt "SELECT COUNT(*) FROM Links WHERE Type = 'MemberOf' AND LocalTarget = 1")" = 382
check "11 is deleted" test "$(sql rt "SELECT Status FROM Tickets WHERE id = 11")" = deleted
check "12 is 3" test "$(sql rt "SELECT EffectiveId FROM Tickets WHERE id = 12")" = 3
check "anna has no rights on Waste" test "$(rest -o /dev/null -w '%{http_code}' "$RT_URL/REST/2.0/ticket/2")" = 403

keyed() { curl -sS -m 20 -H "X-Redmine-API-Key: $REDMINE_KEY_BRAM" "$@"; }
keyed "$REDMINE_URL/issues/2.json" >"$OUT"
has "redmine: an issue" "Missed bin collection"
check "bram takes it" test "$(keyed -X PUT -H 'Content-Type: application/json' -d '{"issue":{"assigned_to_id":"me"}}' \
	-o /dev/null -w '%{http_code}' "$REDMINE_URL/issues/2.json")" = 204
check "it is his" test "$(sql redmine "SELECT assigned_to_id FROM issues WHERE id = 2")" = "$REDMINE_ID_BRAM"

live_reset rt
live_reset redmine
check "put back: no mail" test "$(tests/live/mails rt)" = 0
check "put back: no comment" test "$(sql rt "SELECT COUNT(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = 2 AND Type IN ('Comment', 'Correspond')")" = 0
check "put back: nobody's" test -z "$(sql redmine "SELECT assigned_to_id FROM issues WHERE id = 2")"
