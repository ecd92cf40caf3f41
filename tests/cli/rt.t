# One case worked on a real Request Tracker by commands alone, from the search to the merge; what became of it is
# asked of RT's own client and of its database.
. tests/lib.sh
live rt bram

ticket() { rt show "ticket/$1" -f "$2" 2>&1 | sed -n "s/^$2: //p"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; show_last; fail "$1"; fi; }
mails() { tests/live/mails rt; }
said() { sql rt "SELECT COUNT(*) FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = $1 AND Type = '$2'"; }

caseload list missed --json >"$OUT" 2>"$ERR"
check "find it: one case" jq -e 'length == 1 and .[0].number == "2"' "$OUT"
check "whose it is" jq -e '.[0].subject == "Missed bin collection" and .[0].status == "new" and .[0].assignee == null' "$OUT"
expect "read it" 0 caseload show 2
has "the letter" "depuis six semaines"
has "the citizen" "Okafor"
has "the queue" "Waste"
has "its kind by name" "kind       Waste"
expect "another" 0 caseload show 13
has "what it waits for, as people say it" "depends on: 8"
hasnt "and no address of the inside" "fsck.com"

expect "take it" 0 caseload take 2
has "accepted" "accepted by the service"
is "RT: it is his" "$(ticket 2 Owner)" bram
expect "a note" 0 caseload note 2 "The crew comes on Monday – ask Łukasz"
is "RT: one comment" "$(said 2 Comment)" 1
is "nobody is mailed" "$(mails)" 0
expect "an answer" 0 caseload reply 2 "Dear Ms Okafor, a lorry comes on Monday."
is "RT: one answer" "$(said 2 Correspond)" 1
is "the citizen is mailed once" "$(mails)" 1
check "her, with these words" grep -rqz 'To: p1.home@example.net.*a lorry comes on Monday' "$RT_OUTBOX"
expect "priority" 0 caseload priority 2 1
is "RT: 100" "$(sql rt 'SELECT Priority FROM Tickets WHERE id = 2')" 100
expect "due" 0 caseload due 2 2099-03-01
is "RT: that day" "$(sql rt 'SELECT substr(Due, 1, 10) FROM Tickets WHERE id = 2')" 2099-03-01
expect "tags" 0 caseload tag 2 flood "wet" 
expect "one of them off" 0 caseload tag 2 -wet
is "RT: the other" "$(ticket 2 'CF.{Tags}')" flood
printf 'a plan\n' >"$TMP/plan.txt"
printf 0 >"$TMP/zero.txt"
expect "a file" 0 caseload attach 2 "$TMP/plan.txt"
is "RT: its name" "$(sql rt "SELECT Filename FROM Attachments WHERE Filename <> '' ORDER BY id DESC LIMIT 1")" plan.txt
expect "state" 0 caseload state 2 stalled
is "RT: stalled" "$(ticket 2 Status)" stalled
expect "a link" 0 caseload link 2 8
is "RT: refers to 8" "$(sql rt "SELECT COUNT(*) FROM Links WHERE LocalBase = 2 AND LocalTarget = 8 AND Type = 'RefersTo'")" 1
expect "an answer in a language" 0 caseload reply 2 "Het is klaar." --language=nl
err_has "which RT does not keep" "keeps no language"
expect "a file of one byte, 0" 0 caseload attach 2 "$TMP/zero.txt"
is "RT: it has it" "$(sql rt "SELECT Content FROM Attachments WHERE Filename = 'zero.txt'")" 0
expect "close, not yet" 0 caseload close 2 --dry-run
err_has "RT mails by itself, and that is said before" "may mail the citizen"
expect "close" 0 caseload close 2
err_has "and when it leaves" "may mail the citizen"
is "RT: resolved" "$(ticket 2 Status)" resolved
expect "reopen" 0 caseload reopen 2
is "RT: open" "$(ticket 2 Status)" open
expect "give it back" 0 caseload release 2
is "RT: nobody's" "$(ticket 2 Owner)" Nobody
expect "merge" 0 caseload merge 2 3
is "RT: 2 is 3" "$(sql rt 'SELECT EffectiveId FROM Tickets WHERE id = 2')" 3
is "nothing waits here" "$(caseload outbox --json | jq length)" 0

# A hundred at once: one request to RT, and each outcome looked at.
expect "a hundred" 0 as anna caseload priority 1 --where "number:$(seq -s, 100 199)" --yes=100 --timeout=60
is "each is accepted" "$(grep -c 'accepted by the service' "$OUT")" 100
is "RT: each has it" "$(sql rt 'SELECT COUNT(*) FROM Tickets WHERE Priority = 100 AND id BETWEEN 100 AND 199')" 100
