# What goes wrong on a real Request Tracker ends well, or with a sentence that says what happened.
. tests/lib.sh
live rt anna

is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; show_last; fail "$1"; fi; }
ticket() { sql rt "SELECT $2 FROM Tickets WHERE id = $1"; }
secret() { echo "$1" >"$TMP/rt-anna.token"; }

# ---- who may not
token=$(cat "$TMP/rt-anna.token")
secret "1-32-00000000000000000000000000000000"
expect "a wrong token: exit 4" 4 caseload list --fresh
err_has "says so" "does not accept this token"
sed -i 's/^token-file/user = anna\ntoken-file/' "$XDG_CONFIG_HOME/caseload/config"
secret "not-my-password"
expect "a wrong password: exit 4" 4 caseload list --fresh
err_has "says so" "does not accept this user and password"
secret "anna-pass"
expect "the right password" 0 caseload list is:open --fresh
has "hers are there" "Demande d’aide au logement"
hasnt "those of another department are not" "Missed bin"
configure
secret "$token"
expect "a ticket of a queue without rights: exit 8" 8 caseload show 2 --fresh
err_has "says so" "does not let you"
expect "a change of it: exit 8" 8 caseload note 2 "from outside"
is "RT has no note" "$(sql rt "SELECT COUNT(*) FROM Transactions WHERE ObjectId = 2 AND Type = 'Comment'")" 0
as remy caseload show 2 >"$OUT" 2>"$ERR"
has "remy may look" "Missed bin collection"
as remy caseload priority 2 1 >"$OUT" 2>"$ERR"
is "but not change: exit 8" $? 8
is "RT has what it had" "$(ticket 2 Priority)" 50
as remy caseload outbox drop "$(as remy caseload outbox --json | jq -r '.[0].row')" >"$OUT" 2>"$ERR"
as remy caseload note 2 "may I" >"$OUT" 2>"$ERR"
is "nor note: exit 8" $? 8

# ---- not there any more
as bram caseload show 999999 --fresh >"$OUT" 2>"$ERR"
is "no such ticket: exit 3" $? 3
as bram caseload show 11 --fresh >"$OUT" 2>"$ERR"
is "a deleted ticket: exit 3" $? 3
err_has "is not there" "There is no case 11"
as bram caseload show 10 >"$OUT" 2>"$ERR"
has "one that was known" "Ваучер на відпустку"
rt edit ticket/10 set status=deleted >/dev/null
as bram caseload note 10 "too late" >"$OUT" 2>"$ERR"
is "deleted meanwhile: exit 3" $? 3
err_has "and says so" "was deleted"
is "RT has no such note" "$(sql rt "SELECT COUNT(*) FROM Attachments WHERE Content LIKE '%too late%'")" 0
as bram caseload show 12 --fresh >"$OUT" 2>"$ERR"
has "a merged ticket shows what it became" "Grofvuil ophalen"
as bram caseload note 12 "to the merged one" >"$OUT" 2>"$ERR"
err_has "a note on it is asked for there" "was merged into 3"

# ---- what does not fit
long=$(printf '長%.0s' $(seq 300))
expect "a subject of 300 Chinese characters is refused" 8 caseload edit 5 "subject=$long"
err_has "with how much there is room for" "200"
is "RT has what it had" "$(ticket 5 Subject)" "Überzahlung Wohngeld – Ratenzahlung möglich?"
printf 'محتوى\n' >"$TMP/تقرير نهائي.txt"
expect "a file with an Arabic name" 0 caseload attach 5 "$TMP/تقرير نهائي.txt"
is "RT has the name" "$(sql rt "SELECT Filename FROM Attachments WHERE Filename IS NOT NULL AND Filename <> '' ORDER BY id DESC LIMIT 1")" "تقرير نهائي.txt"
head -c 20971520 /dev/urandom >"$TMP/twenty.bin"
expect "a file of 20 MiB" 0 caseload attach 5 "$TMP/twenty.bin"
sql rt "SELECT Content FROM Attachments WHERE Filename = 'twenty.bin'" | base64 -di >"$TMP/twenty.rt"
check "RT has every byte of it" cmp "$TMP/twenty.bin" "$TMP/twenty.rt"

# ---- a session that ended
expect "before" 0 caseload list is:open --fresh
find "$RT_SESSIONS" -type f -delete
expect "a session that ended is begun again, unseen" 0 caseload priority 5 2
is "and the change is there" "$(ticket 5 'Priority > 50')" 1

# ---- an address that it does not call itself by
sed 's|//127\.0\.0\.1|//127.0.00.1|' "$XDG_CONFIG_HOME/caseload/config" >"$TMP/elsewhere" && chmod 600 "$TMP/elsewhere"
expect "a note by another address than its own: exit 8" 8 caseload -C "$TMP/elsewhere" note 5 "by the side door"
err_has "says which address to take" "WebBaseURL"
is "RT has no such note" "$(sql rt "SELECT COUNT(*) FROM Attachments WHERE Content LIKE '%side door%'")" 0
