# The client on a real Redmine: a password, its key and what becomes of both; a case from its opening on. What
# became of it is asked of the database.
. tests/lib.sh
live redmine bram
own=$TMP/redmine.conf
bram=$(sql redmine "SELECT id FROM users WHERE login = 'bram'")

# By name and password, as a person without a key does.
cat >"$own" <<-C
	[service "works"]
	type = redmine
	url = $REDMINE_URL
	user = bram
	team = waste
	token-file = $TMP/password
C
echo wrong >"$TMP/password"
configure
expect "a wrong password is said" 4 caseload list
err_has "in words" "did not accept this login"
echo bram-pass >"$TMP/password"
expect "the password logs in" 0 caseload list 'team:waste is:open'
has "and lists" "Waits for the new bin"
check "the key it bought is kept, for nobody else to read" test "$(stat -c %a "$XDG_RUNTIME_DIR/caseload/session-works")" = 600
check "not in the data" test -z "$(grep -rl "$REDMINE_KEY_BRAM" "$XDG_DATA_HOME" "$XDG_STATE_HOME" 2>/dev/null)"

# The key is replaced behind our back: the kept one is 401.
sql redmine "UPDATE tokens SET value = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' WHERE action = 'api' AND user_id = $bram"
expect "a key that ended: logged in again, unseen" 0 caseload note 13 "after the key ended"
check "the note is there once, and private" test \
	"$(sql redmine "SELECT COUNT(*) || private_notes FROM journals WHERE notes = 'after the key ended'")" = 11

expect "a new case of a kind" 0 caseload new --kind=waste.complaint --citizen=100490656 --text="It is blue." Blue bin \
	fields.district=Oud-Zuid tags=urgent
id=$(sql redmine "SELECT id FROM issues WHERE subject = 'Blue bin'")
check "it is there, in its project and tracker" test "$(sql redmine "SELECT p.identifier || ' ' || t.name || ' ' || i.description
	FROM issues i JOIN projects p ON p.id = i.project_id JOIN trackers t ON t.id = i.tracker_id WHERE i.id = $id")" \
	= "waste Complaint It is blue."
expect "it is shown" 0 caseload show "$id"
has "with its field" "Oud-Zuid"
has "and tag" "urgent"
expect "taken" 0 caseload take "$id"
check "it is mine" test "$(sql redmine "SELECT assigned_to_id FROM issues WHERE id = $id")" = "$bram"
expect "a step" 0 caseload state "$id" In Progress
# A row that was refused waits for its person, and what comes after it on the same case waits with it.
forget() { for row in $(caseload outbox | awk '/refused/ { print $1 }'); do caseload outbox drop "$row" >/dev/null; done; }
expect "a step that is not allowed" 8 caseload state "$id" Rejected
err_has "is refused with those that are" "Resolved"
forget
expect "a value that its list does not have" 8 caseload edit "$id" channel=pigeon
err_has "is refused in Redmine's words" "Channel is not included in the list"
forget
echo "a paper" >"$TMP/عقد.txt"
expect "a file goes with a note" 0 caseload note "$id" --attach="$TMP/عقد.txt" "See the paper."
check "it is attached, by its name" test "$(sql redmine "SELECT filename FROM attachments WHERE container_id = $id")" = "عقد.txt"
expect "it is fetched again" 0 caseload file "$id" "عقد.txt" -o "$TMP/back.txt"
check "as it was" cmp "$TMP/عقد.txt" "$TMP/back.txt"
expect "a link" 0 caseload link "$id" 13
check "is a relation" test "$(sql redmine "SELECT relation_type FROM issue_relations WHERE $id IN (issue_from_id, issue_to_id)")" = relates
expect "merged" 0 caseload merge "$id" 3
check "is a duplicate" test "$(sql redmine "SELECT relation_type FROM issue_relations WHERE issue_from_id = $id AND issue_to_id = 3")" = duplicates
expect "its citizen" 0 caseload citizen 100490656
has "has this case too" "Blue bin"
expect "another department's case" 8 caseload show 4
expect "a deleted one" 3 caseload show 11
check "no mail went to a citizen" test -z "$(ls "$REDMINE_OUTBOX" 2>/dev/null | grep -v council.test)"
