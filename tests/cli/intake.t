# Mail that comes in: onto its case or as a new one, once, however often it is fed in.
. tests/lib.sh

D=$TMP/service
mkdir -p "$D"
chmod 700 "$D"
cat >"$TMP/keep" <<-'C'
	#!/bin/sh
	cat >"$(dirname "$0")/sent.$$"
C
chmod 700 "$TMP/keep"
cat >"$D/caseloadd.conf" <<-C
	[channel email]
	from = City of Example <desk@city.example>
	command = $TMP/keep
	[mailbox bins@city.example]
	service = waste
	[mailbox]
	service = advice
	team = front
C
{
	caseloadd team add refuse --service waste --data "$D"
	caseloadd team add front --service advice --data "$D"
	caseloadd worker add s.rossi --name 'Sofia Rossi' --team refuse --data "$D"
} >"$OUT"
start_service
J='Content-Type: application/json'
PATCHED='Content-Type: application/merge-patch+json'
mail() { # mail HEADERS TEXT
	printf "%b\n\n%b\n" "$1" "$2" >"$TMP/mail"
	caseloadd intake --data "$D" <"$TMP/mail"
}
cases() { api GET "/cases?count=exact&limit=1" | jq .total; }
by_number() { api GET "/cases?q=number:$1" | jq -r ".items[0]${2:-}"; }
last() { api GET "/cases/$1/events" | jq -r '.items | last | "\(.kind)|\(.actor)|\(.channel)|\(.internal)|\(.text)"'; }
until_true() {
	local n=$(($1 * 10))
	shift
	while [ $n -gt 0 ]; do "$@" && return; sleep 0.1; n=$((n - 1)); done
	return 1
}

# ---- a new one
FIRST='From: =?utf-8?q?Zo=C3=AB?= de Vries <Zoe@example.org>\nTo: bins@city.example\nMessage-ID: <first@example.org>\nSubject: =?iso-8859-1?q?M=FCll?='
check "a mail opens a case" mail "$FIRST" "The bin was not emptied."
has "and says which" "opened "
NUMBER=$(sed -n 's/^opened //p' "$OUT")
CASE=$(by_number "$NUMBER" .id)
api GET "/cases/$CASE" | jq -r '[.subject, .service, .team, .status, .channel, .citizen.name] | join("|")' >"$OUT"
has "of the mailbox's service, for its team, of whoever wrote" "Müll|waste|refuse|new|email|Zoë de Vries"
last "$CASE" >"$OUT"
has "with what was written" "opened|citizen|email|false|The bin was not emptied."
hasnt "and no header of it" "Message-ID"
CITIZEN=$(api GET "/cases/$CASE" | jq -r .citizen.id)
check "the same mail again" mail "$FIRST" "The bin was not emptied."
has "is known" "known already"
check "another mail of that person" mail 'From: zoe@EXAMPLE.org\nTo: x@city.example\nMessage-ID: <second@example.org>\nSubject: Other' "Hello"
SECOND=$(by_number "$(sed -n 's/^opened //p' "$OUT")" .id)
api GET "/cases/$SECOND" | jq -r '[.service, .team, .citizen.id] | join("|")' >"$OUT"
has "is of the same citizen; any other mailbox is for the front desk" "advice|front|$CITIZEN"
last "$SECOND" >"$OUT"
has "and nothing is said of the sender where it is the citizen" "|Hello"

# ---- onto its case
check "an answer by its reference" mail 'From: zoe@example.org\nMessage-ID: <third@example.org>\nIn-Reply-To: <first@example.org>\nSubject: Re: whatever' "More."
has "joins" "joined $NUMBER"
api PATCH "/cases/$CASE" -H "$PATCHED" -H "If-Match: \"$(api GET "/cases/$CASE" | jq -r .version)\"" \
	-d '{"status":"resolved","outcome":"done","answer":{"text":"It is done.","channel":"email"}}' >/dev/null
sent() { ls "$TMP"/sent.* >/dev/null 2>&1 && [ "$(api GET "/cases/$CASE/events" | jq -r '[.items[] | select(.kind == "answer")] | last | .delivery')" = sent ]; }
check "our answer goes out" until_true 20 sent
cp "$TMP"/sent.* "$OUT"
has "as one in that thread" "In-Reply-To: <third@example.org>"
OURS=$(sed -n 's/^Message-ID: //p' "$OUT")
printf '%s\n' "$NUMBER" >"$TMP/number"
check "an answer to it" mail "From: zoe@example.org\nMessage-ID: <fourth@example.org>\nReferences: <x@y>\n $OURS\nSubject: no number" "It is not done."
has "joins too" "joined $NUMBER"
check "and opens the case again" test "$(api GET "/cases/$CASE" | jq -r .status)" = open
check "by the number in the subject" mail "From: Bob <bob@example.org>\nMessage-ID: <fifth@example.org>\nSubject: AW: Bin [$NUMBER]" "I saw it."
has "it joins" "joined $NUMBER"
last "$CASE" >"$OUT"
has "and a stranger is said to be one" "[Not from the address known of this person: Bob <bob@example.org>]"
check "nobody was registered for that" test "$(api GET '/citizens?q=bob' | jq '.items | length')" = 0
check "our own mail that comes back" sh -c "caseloadd intake --data '$D' <'$(ls "$TMP"/sent.*)'"
has "is known" "known already"

# ---- once
printf 'From: zoe@example.org\nMessage-ID: <par@example.org>\nSubject: Three\n\nat once\n' >"$TMP/three"
BEFORE=$(cases)
for i in 1 2 3; do caseloadd intake --data "$D" <"$TMP/three" >"$TMP/three.$i" & done
wait $(jobs -p | grep -v "^$service_pid$")
check "three at the same moment open one case" test "$(cases)" = $((BEFORE + 1))
check "and each says so" test "$(cat "$TMP"/three.[123] | grep -c 'opened')-$(cat "$TMP"/three.[123] | grep -c known)" = 1-2
printf 'From: zoe@example.org\nSubject: No id\n\none\n' >"$TMP/noid"
caseloadd intake --data "$D" <"$TMP/noid" >"$OUT"
check "without a Message-ID the same" caseloadd intake --data "$D" <"$TMP/noid"
sed -i 's/one/two/' "$TMP/noid"
check "and another is another" sh -c "caseloadd intake --data '$D' <'$TMP/noid' | grep -q opened"
check "one that borrows another's Message-ID is not lost" mail 'From: eve@example.org\nMessage-ID: <first@example.org>\nSubject: x' "Quite another"
hasnt "nor taken for it" known

# ---- automatic ones
check "an automatic answer" mail "From: zoe@example.org\nMessage-ID: <auto@example.org>\nAuto-Submitted: auto-replied\nIn-Reply-To: $OURS\nSubject: Away" "I am away."
has "is noted" "noted on $NUMBER"
last "$CASE" >"$OUT"
has "for us alone" "note|system|email|true|[An automatic answer came in:]"
BEFORE=$(cases)
check "one that answers nothing of ours" mail 'From: zoe@example.org\nMessage-ID: <auto2@example.org>\nAuto-Submitted: auto-replied\nSubject: Away' "I am away."
has "is left" "left:"
check "and opens nothing" test "$(cases)" = "$BEFORE"

# ---- what a mail server says
report() { # report ACTION
	printf 'From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nMessage-ID: <r-%s@mx.example>\nSubject: Undelivered\nMIME-Version: 1.0\n' "$1"
	printf 'Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nSee below.\n--r\n'
	printf 'Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; zoe@example.org\n'
	printf 'Action: %s\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--r\n' "$1"
	printf 'Content-Type: text/rfc822-headers\n\nMessage-ID: %s\n\n--r--\n' "$OURS"
}
delivery() { api GET "/cases/$CASE/events" | jq -r '[.items[] | select(.kind == "answer")] | last | .delivery'; }
report delivered >"$TMP/report"
check "a report of delivery" caseloadd intake --data "$D" <"$TMP/report"
check "is the proof" test "$(delivery)" = delivered
report failed >"$TMP/report"
check "a bounce after it" caseloadd intake --data "$D" <"$TMP/report"
has "is about the case" "report about $NUMBER"
check "marks the answer" test "$(delivery)" = failed
check "and the case" test "$(by_number "$NUMBER" .delivery)" = failed
api GET "/cases/$CASE/events" | jq -r '.items | last | "\(.kind) \(.delivery) \(.text)"' >"$OUT"
has "with what the server said" "delivery failed 550 5.1.1 no such user"
check "the bounce again changes nothing" sh -c "caseloadd intake --data '$D' <'$TMP/report' | grep -q known"
expect "the worker's list has it" 0 caseload list delivery:failed
has "by its number" "$NUMBER"

# ---- files, and what is closed
printf 'From: zoe@example.org\nMessage-ID: <files@example.org>\nIn-Reply-To: <first@example.org>\nSubject: photo\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHere.\n--x\nContent-Type: image/png; name="../../bin.png"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--\n' >"$TMP/files"
check "a mail with a file" caseloadd intake --data "$D" <"$TMP/files"
api GET "/cases/$CASE/events" | jq -c '[.items[] | select(.kind == "incoming")] | last | .files' >"$OUT"
has "names it" '[{"name":"bin.png","type":"image/png","size":8}]'
SEQ=$(api GET "/cases/$CASE/events" | jq '[.items[] | select(.kind == "incoming")] | last | .seq')
check "and the whole mail is kept" cmp "$TMP/files" "$D/incoming/$SEQ.eml"
check "where nobody else reads it" test "$(stat -c '%a' "$D/incoming")-$(stat -c '%a' "$D/incoming/$SEQ.eml")" = 700-600

# ---- hostile ones
check "an empty one is refused as no mail" test "$(caseloadd intake --data "$D" </dev/null 2>/dev/null; echo $?)" = 64
head -c 300000 /dev/urandom >"$TMP/rubbish"
check "rubbish is taken as it is" sh -c "caseloadd intake --data '$D' <'$TMP/rubbish'"
{ printf 'From: zoe@example.org\nSubject: big\n\n'; yes 'a line of words' | head -n 40000; } >"$TMP/big"
check "a long one" sh -c "caseloadd intake --data '$D' <'$TMP/big'"
BIG=$(by_number "$(sed -n 's/^opened //p' "$OUT")" .id)
last "$BIG" >"$OUT"
has "is cut, and says so" "[It goes on; the whole mail is kept with the service.]"
check "too large a one is refused for good" test "$(head -c 34000000 /dev/zero | caseloadd intake --data "$D" 2>/dev/null; echo $?)" = 65
rm "$D/caseloadd.conf"
expect "without a mailbox it waits" 75 sh -c "printf 'From: a@b.example\n\nx\n' | caseloadd intake --data '$D'"
expect "and --service says whose it is" 0 sh -c "printf 'From: a@b.example\n\nx\n' | caseloadd intake --data '$D' --service waste"
expect "another team may be named" 0 sh -c "printf 'From: a@b.example\n\ny\n' | caseloadd intake --data '$D' --service waste --team front"
expect "as does a team that is none" 75 sh -c "printf 'From: a@b.example\n\nz\n' | caseloadd intake --data '$D' --service waste --team nobody"
