# A case of the native service handed to a Redmine and one of Redmine's handed back; files and links there through
# the commands. What became of it is asked of the database and of the service.
. tests/lib.sh
start_service
live redmine sofia
in_city() { api GET "$1"; }
case_id=c1
number=$(in_city "/cases/$case_id" | jq -r .number)
subject=$(in_city "/cases/$case_id" | jq -r .subject)
newest() { sql redmine "SELECT MAX(id) FROM issues"; }
issue() { sql redmine "SELECT $1 FROM issues WHERE id = $2"; }

expect "without its queue: exit 2, and they are told" 2 caseload hand redmine "test/$number"
err_has "one of them" "waste"
before=$(newest)
expect "shown first" 0 caseload hand redmine/waste "test/$number" --dry-run
check "and nothing was done" test "$(newest)" -eq "$before"

expect "handed to a project of Redmine, and closed" 0 caseload hand redmine/waste "test/$number" --close='over to the works'
new=$(newest)
check "there is one new issue" test "$(sql redmine "SELECT COUNT(*) FROM issues WHERE id > $before")" -eq 1
check "of the same subject" test "$(issue subject "$new")" = "$subject"
check "in that project" test "$(sql redmine "SELECT identifier FROM projects WHERE id = $(issue project_id "$new")")" = waste
check "of the same citizen" test "$(sql redmine "SELECT value FROM custom_values WHERE customized_id = $new AND custom_field_id = $REDMINE_CF_CITIZEN_ID")" = 100490656
issue description "$new" >"$OUT"
has "its text says where it comes from" "Handed over from test, case $number."
has "and names the old case" "refers-to: $URL/cases/$case_id"
check "the old one names the issue" test "$(in_city "/cases/$case_id" | jq -r '.links[0]')" = "refers-to:$REDMINE_URL/issues/$new"
check "and is closed" test "$(in_city "/cases/$case_id" | jq -r .outcome)" = "over to the works"
expect "show says where it went" 0 caseload show "test/$number"
has "by its name" "redmine/$new"
expect "show of the issue says where it came from" 0 caseload show "redmine/$new"
has "by its name too" "test/$case_id"

expect "from Redmine to the native service" 0 caseload hand test/waste redmine/3 --note="Theirs after all."
back=$(in_city "/cases?limit=200&sort=-opened" | jq -r '.items[] | select((.links // []) | any(endswith("/issues/3"))) | .id')
check "a case is there" test -n "$back"
check "the issue names it" test "$(issue description 3 | grep -c "refers-to: $URL/cases/$back")" -eq 1
check "the note is on it, once" test "$(sql redmine "SELECT COUNT(*) FROM journals WHERE journalized_id = 3 AND notes LIKE '%Theirs after all.%'")" -eq 1
in_city "/cases/$back/events?limit=200" >"$OUT"
has "the new one has the history" "Checked in the base register"

# Files and links.
printf 'one\n' >"$TMP/one.txt"
head -c 300000 /dev/urandom >"$TMP/two.bin"
expect "two files go with an answer" 0 caseload reply redmine/3 --text="Here they are." --attach="$TMP/one.txt" --attach="$TMP/two.bin"
expect "sent" 0 caseload outbox send --timeout=30
check "both are attached" test "$(sql redmine "SELECT COUNT(*) FROM attachments WHERE container_id = 3")" -eq 2
expect "one is fetched" 0 caseload file redmine/3 two.bin -o "$TMP/back.bin"
check "byte for byte" cmp "$TMP/two.bin" "$TMP/back.bin"
expect "linked to one of its own" 0 caseload link redmine/3 9
expect "and to an address" 0 caseload link redmine/3 https://other.example.org/7
check "the address is a line of the text" test "$(issue description 3 | grep -c 'refers-to: https://other.example.org/7')" -eq 1
expect "shown" 0 caseload show redmine/3
has "both" "other.example.org/7"
expect "unlinked" 0 caseload unlink redmine/3 https://other.example.org/7
check "the line is gone" test "$(issue description 3 | grep -c 'other.example.org')" -eq 0
check "the other one stays" test "$(issue description 3 | grep -c "$URL/cases/$back")" -eq 1
expect "the relation too" 0 caseload unlink redmine/3 9
check "is gone" test "$(sql redmine "SELECT COUNT(*) FROM issue_relations WHERE 9 IN (issue_from_id, issue_to_id)")" -eq 0
