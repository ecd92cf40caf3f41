# The reply goes out: by a command, once, and what came of it is told. The commands here are small programs that
# keep what they were given, refuse it, hang, or never stop talking.
. tests/lib.sh

D=$TMP/service
mkdir -p "$D" "$TMP/got"
chmod 700 "$D"
cat >"$TMP/command" <<-'C'
	#!/bin/sh
	# What to do stands in a file, so that it can change while the service runs.
	dir=$(dirname "$0")
	. "$dir/mode"
	n=$(ls "$dir/got" | wc -l)
	mkdir "$dir/got/$n" && cat >"$dir/got/$n/message"
	env >"$dir/got/$n/env"
	printf '%s\n' "$@" >"$dir/got/$n/argv"
	ls /proc/self/fd | wc -l >"$dir/got/$n/fds"
	pwd >"$dir/got/$n/pwd"
	case $mode in
	ok) echo "250 2.0.0 queued as $n" ;;
	later) echo "450 mailbox busy"; exit 75 ;;
	never) echo "550 no such user"; exit 67 ;;
	hang) touch "$dir/hangs"; while [ ! -e "$dir/go" ]; do sleep 0.1; done; echo "250 at last" ;;
	flood) yes "a line of rubbish" ;;
	esac
C
chmod 700 "$TMP/command"
mode() { echo "mode=$1" >"$TMP/mode"; }
conf() {
	cat >"$D/caseloadd.conf" <<-C
		[channel email]
		from = City of Example <desk@city.example>
		command = $TMP/command -t "two words" "Bcc: nobody"
		limit = 20s
		retry = 1s 1s
		[channel letter]
		by-hand = yes
	C
}
J='Content-Type: application/json'
new_citizen() { api POST /citizens -H "$J" -d "$1" | jq -r .id; }
new_case() { api POST /cases -H "$J" -d "{\"subject\":\"$2\",\"service\":\"waste\",\"citizen\":\"$1\",\"text\":\"x\"}" | jq -r .id; }
answer() { api POST "/cases/$1/events" -H "$J" -d "{\"kind\":\"answer\",\"answer\":{\"text\":\"$2\",\"channel\":\"${3:-email}\"}}" | jq -r .seq; }
entries() { api GET "/cases/$1/events" | jq -r '.items[] | select(.kind == "answer" or .kind == "delivery") | "\(.kind) \(.delivery) \(.text)"'; }
count() { ls "$TMP/got" | wc -l; }
# until_true SECONDS COMMAND...
until_true() {
	local n=$(($1 * 10))
	shift
	while [ $n -gt 0 ]; do "$@" && return; sleep 0.1; n=$((n - 1)); done
	return 1
}
is() { [ "$(state "$1")" = "$2" ]; }
state() { api GET "/cases/$1/events" | jq -r '[.items[] | select(.kind == "answer")] | last | .delivery'; }
shows() { entries "$1" >"$OUT"; grep -qF -- "$2" "$OUT"; }

mode ok
conf
# Two people of ours are enough: the sample is filled in only where nobody is.
caseloadd team add refuse --service waste --data "$D" >"$OUT" && caseloadd worker add s.rossi --name 'Sofia Rossi' \
	--team refuse --data "$D" >"$OUT"
start_service
ZOE=$(new_citizen '{"given":"Zoë","family":"de Vries; \"Bcc: x@y.example\"","email":"zoe@example.org","contact":"email"}')
CASE=$(new_case "$ZOE" 'Missed bin\r\nBcc: all@city.example')
NUMBER=$(api GET "/cases/$CASE" | jq -r .number)

# ---- it goes out
answer "$CASE" 'Dear Zoë,\n.\nFrom Monday on. \u001b[31mred' >/dev/null
check "a reply is handed to its command" until_true 20 is "$CASE" sent
M=$TMP/got/0/message
cp "$M" "$OUT"
has "its subject names the case" "[$NUMBER]"
has "from whom" "<desk@city.example>"
has "to whom" "To: zoe@example.org"
has "a Message-ID of ours" "@city.example>"
check "the citizen's and the case's words make no header" test "$(grep -aciE '^(bcc|cc):' "$M")" = 0
check "one To, one Subject, no control character" test "$(grep -acE '^(To|Subject|From):' "$M")-$(LC_ALL=C grep -acP '[\x00-\x08\x0b-\x1f\x7f-\xff]' "$M")" = 3-0
entries "$CASE" >"$OUT"
has "the command's answer is kept" "delivery sent 250 2.0.0 queued as 0"
check "the command gets its words as they stand" test "$(paste -sd, "$TMP/got/0/argv")" = "-t,two words,Bcc: nobody"
cp "$TMP/got/0/env" "$OUT"
hasnt "nothing of the service's environment" "XDG_"
hasnt "nobody's address in it" "zoe@"
check "no file of the service's is open in it" test "$(cat "$TMP/got/0/fds")" -le 4
check "it runs in /" test "$(cat "$TMP/got/0/pwd")" = /
check "nothing of the message is left behind" test "$(ls "$D" | grep -c message-)" = 0
ID=$(sed -n 's/^Message-ID: //p' "$M")

# ---- where it cannot
NOBODY=$(new_citizen '{"family":"Nomail","contact":"email"}')
OTHER=$(new_case "$NOBODY" "No address")
answer "$OTHER" hello >/dev/null
check "without an address it fails" until_true 20 shows "$OTHER" "delivery failed No mail address of this person is known."
api GET "/cases?q=delivery:failed" | jq -r '.items[].id' >"$OUT"
has "and the case is found by delivery:failed" "$OTHER"
BAD=$(new_citizen '{"family":"Bad","email":"a@b.example, c@d.example","contact":"email"}')
[ "$BAD" = null ] || BADCASE=$(new_case "$BAD" "Two addresses")
[ "$BAD" = null ] || answer "$BADCASE" hello >/dev/null
[ "$BAD" = null ] && pass "an address that is two is refused" ||
	check "an address that is two is refused" until_true 20 shows "$BADCASE" "is not one that mail can be sent to"
TEXTED=$(new_case "$ZOE" "SMS")
answer "$TEXTED" hello sms >/dev/null
check "a channel without a command says so" until_true 20 shows "$TEXTED" "no command for this channel"
POSTED=$(new_case "$ZOE" "Letter")
answer "$POSTED" hello letter >/dev/null
by_hand() { [ "$(state "$1")" = null ]; }
check "what goes by hand waits for no command" until_true 20 by_hand "$POSTED"
TOLD=$(new_case "$ZOE" "Phone")
answer "$TOLD" hello phone >/dev/null
check "what was told by telephone is not sent" test "$(state "$TOLD")" = null
check "none of these ran the command" test "$(count)" = 1

# ---- retried, given up, sent again
mode later
answer "$CASE" second >/dev/null
check "what the command puts off is tried again, and again" until_true 30 is "$CASE" failed
check "three times in all" test "$(count)" = 4
shows "$CASE" "450 mailbox busy"
has "with what it said each time" "450 mailbox busy"
ids() { sed -n 's/^Message-ID: //p' "$TMP"/got/[123]/message | sort -u; }
check "under one Message-ID, which is another than the first's" test "$(ids | wc -l)-$(ids | grep -cF "$ID")" = 1-0
check "in the thread of the first" grep -qF "In-Reply-To: $ID" "$TMP/got/1/message"
mode ok
expect "resend from the command line" 0 caseload resend "$NUMBER"
check "sends it" until_true 30 is "$CASE" sent
check "under the same Message-ID" test "$(sed -n 's/^Message-ID: //p' "$TMP/got/4/message")" = "$(ids)"
expect "once" 2 caseload resend "$NUMBER"
err_has "and says why not again" "No reply of this case failed"

# ---- a case that was ended comes back
mode never
CLOSED=$(new_case "$ZOE" "Ended")
api PATCH "/cases/$CLOSED" -H 'Content-Type: application/merge-patch+json' -H 'If-Match: "1"' \
	-d '{"status":"resolved","outcome":"done","answer":{"text":"bye","channel":"email"}}' >/dev/null
check "what will not work another time fails at once" until_true 20 is "$CLOSED" failed
check "and the case is open again" test "$(api GET "/cases/$CLOSED" | jq -r '.status + " " + .delivery')" = "open failed"
check "by a single try" test "$(count)" = 6
check "another answer sees to it" test "$(mode ok; answer "$CLOSED" anew >/dev/null; api GET "/cases/$CLOSED" | jq -r .delivery)" = null
check "which goes out" until_true 20 is "$CLOSED" sent

# ---- a command that never stops talking
mode flood
FLOOD=$(new_case "$ZOE" Flood)
answer "$FLOOD" hello >/dev/null
check "a flood is ended and told" until_true 30 shows "$FLOOD" "The command did not stop talking."
check "and cut" test "$(entries "$FLOOD" | wc -c)" -lt 3000

# ---- kill -9 of the service while the command runs: it goes out once, and that is known
mode hang
rm -f "$TMP/hangs" "$TMP/go"
HANG=$(new_case "$ZOE" Hang)
BEFORE=$(count)
answer "$HANG" hello >/dev/null
check "the command runs" until_true 20 test -e "$TMP/hangs"
kill -9 "$service_pid"
wait "$service_pid" 2>/dev/null
mode ok
start_service
check "the service is back while it still runs" is "$HANG" queued
touch "$TMP/go"
check "its end is written down" until_true 20 is "$HANG" sent
shows "$HANG" "250 at last"
has "with what it said" "250 at last"
check "it ran once" test "$(count)" = $((BEFORE + 1))

# ---- both killed: nobody knows, and it is not sent a second time unasked
sender() { for p in $(pgrep -P "${1:-$service_pid}"); do grep -q caseloadd-send "/proc/$p/comm" && echo "$p"; done; }
mode hang
rm -f "$TMP/hangs" "$TMP/go"
BEFORE=$(count)
answer "$HANG" again >/dev/null
check "the command runs once more" until_true 20 test -e "$TMP/hangs"
S=$(sender)
COMMAND=$(pgrep -P "$S")
kill -9 "$service_pid" "$S" && kill -9 -- "-$COMMAND"
wait "$service_pid" 2>/dev/null
mode ok
start_service
check "after both were killed it is failed" until_true 20 is "$HANG" failed
shows "$HANG" "It is not known whether"
has "because it is not known" "It is not known whether the answer went out"
sleep 2
check "and not sent unasked" test "$(count)" = $((BEFORE + 1))
expect "until somebody says so" 0 caseload resend --yes=1 --where 'delivery:failed hang'
check "then it is" until_true 20 is "$HANG" sent
check "under its Message-ID" test "$(sed -n 's/^Message-ID: //p' "$TMP/got/$BEFORE/message")" = \
	"$(sed -n 's/^Message-ID: //p' "$TMP/got/$((BEFORE + 1))/message")"

# ---- a stop while it runs
mode hang
rm -f "$TMP/hangs" "$TMP/go"
answer "$HANG" third >/dev/null
check "the command runs when the service is told to stop" until_true 20 test -e "$TMP/hangs"
(sleep 1; touch "$TMP/go") &
stop_service
mode ok
start_service
check "a graceful stop waits for it" is "$HANG" sent

# ---- a limit
stop_service
sed -i 's/^limit.*/limit = 1s/' "$D/caseloadd.conf"
mode hang
rm -f "$TMP/go"
start_service
answer "$HANG" fourth >/dev/null
check "a command out of time is ended and told" until_true 20 shows "$HANG" "did not end within 1 seconds"
check "nothing of it is left" test "$(pgrep -f "$TMP/command" | wc -l)" = 0
touch "$TMP/go"

# ---- the data afterwards
mode later
sed -i 's/^limit.*/limit = 20s/; s/^retry.*/retry = 1h/' "$D/caseloadd.conf"
stop_service
start_service
answer "$HANG" fifth >/dev/null
check "an answer is put off for an hour" until_true 20 shows "$HANG" "450 mailbox busy"
expect "after all of this the data is whole" 0 caseloadd check --data "$D"
stop_service
expect "a backup of what waits" 0 caseloadd backup "$TMP/backup" --data "$D"
expect "restored elsewhere" 0 caseloadd restore "$TMP/backup" --data "$TMP/restored"
BEFORE=$(count)
caseloadd token add s.rossi --data "$TMP/restored" >"$TMP/restored/first-token"
cp "$D/caseloadd.conf" "$TMP/restored/"
DATA=$TMP/restored start_service
check "is not sent by itself" until_true 20 is "$HANG" failed
check "not one of them" test "$(count)" = "$BEFORE"
stop_service

# ---- configuration
printf '[channel mail]\ncommand = x\n[channel email]\nlimit = never\ncomand = x\n' >"$D/caseloadd.conf"
expect "a wrong configuration starts nothing" 2 caseloadd serve --data "$D" --listen 127.0.0.1:0
err_has "and names each line" 'caseloadd.conf:4: never is not a time'
err_has "and the nearest word" 'the nearest is "command"'
conf
chmod 666 "$D/caseloadd.conf"
expect "nor one that others may write" 2 caseloadd serve --data "$D" --listen 127.0.0.1:0
