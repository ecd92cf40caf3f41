# Exactly once on a real Request Tracker over a bad wire: connections are cut at random before, while and after the
# server acted, commands and senders are killed at any moment. Counted in the end is what the server's database
# holds and what it mailed. CHAOS_SEED repeats a run as far as one can; COMMANDS makes it longer by hand.
. tests/lib.sh
live rt bram
commands=${COMMANDS:-16} seed=${CHAOS_SEED:-$RANDOM}
echo "# CHAOS_SEED=$seed"
export SEED=$seed
start_proxy rt "$RT_URL"
export RT_URL=$PROXY_URL
bad_wire='before,request,gone,gone,after,after,cut %20'

# person WHO COMMAND...: bram has the directories of this test, all others their own.
person() { local who=$1; shift; if [ "$who" = bram ]; then "$@"; else as "$who" "$@"; fi; }
waste=$(sql rt "SELECT id FROM Queues WHERE Name = 'Waste'")
nobody=$(sql rt "SELECT id FROM Users WHERE Name = 'Nobody'")
sql rt "SELECT id FROM Tickets WHERE Queue = $waste AND Owner = $nobody AND Status IN ('new', 'open') AND id > 15 AND id < 61" >"$TMP/free"
sql rt "SELECT id FROM Tickets WHERE Queue = $waste AND Status IN ('new', 'open') AND id IN (2, 3, 8, 13)" >"$TMP/cases"
for who in bram sofia; do person $who caseload list team:Waste is:open --limit=100 >"$TMP/out.$who" 2>&1; done
check "the wire carries" grep -q Grofvuil "$TMP/out.bram"
fault "$bad_wire"

# work WHO N: commands, one after the other, each with a word of its own; "WORD CODE VERB" into $TMP/said.WHO.N.
work() {
	local who=$1 nr=$2 taken=0 i word number case file code
	RANDOM=$((seed + nr))
	for i in $(seq "$commands"); do
		word=mark_$(echo "${nr}_${i}" | tr 0-9 a-j)_end
		number=$(sed -n "$((RANDOM % $(wc -l <"$TMP/cases") + 1))p" "$TMP/cases")
		case $((RANDOM % 6)) in
		0) set -- new --queue=Waste "it's	 $word \\ %" --text="As $word says." ;;
		1) set -- reply "$number" --text="Dear citizen, $word." ;;
		2)
			file=$TMP/$word.bin
			head -c $((RANDOM * 5)) /dev/urandom >"$file"
			set -- note "$number" "With a file: $word" --attach="$file"
			;;
		3)
			taken=$((taken + 1))
			case=$(sed -n "$((nr + 4 * (taken - 1)))p" "$TMP/free")
			[ -n "$case" ] || continue
			word=take_$case
			set -- take "$case"
			;;
		*) set -- note "$number" "Note $word" ;;
		esac
		if [ $((RANDOM % 4)) = 0 ]; then
			person "$who" timeout -s KILL "0.$((RANDOM % 90 + 10))" caseload "$@" --timeout=1
		else
			person "$who" caseload "$@" --timeout=1
		fi >"$TMP/out.$nr" 2>&1 </dev/null
		code=$?
		echo "$word $code $1" >>"$TMP/said.$nr"
		case $code in 0 | 2 | 6 | 75 | 137) ;; *) sed "s/^/# $1 ($code): /" "$TMP/out.$nr" ;; esac
	done
}

# send WHO: what waits is sent by programs that are killed, then by one that is not.
send() {
	local i
	RANDOM=$((seed + 99))
	for i in 1 2 3; do
		person "$1" timeout -s KILL "$((RANDOM % 3)).$((RANDOM % 90 + 10))" caseload outbox send >/dev/null 2>&1
	done
	for i in $(seq 12); do
		[ "$i" -lt 4 ] || fault
		person "$1" caseload outbox send --timeout=8 >"$TMP/left.$1" 2>&1
		person "$1" caseload outbox --json >"$TMP/outbox.$1" 2>/dev/null
		[ "$(jq length "$TMP/outbox.$1")" != 0 ] || break
	done
}

at=$SECONDS
(work bram 1 & work bram 2 & work sofia 3 & work sofia 4 & wait) 2>/dev/null
(send bram & send sofia & wait) 2>/dev/null
for who in bram sofia; do
	check "nothing of $who waits in the end" jq -e 'length == 0' "$TMP/outbox.$who"
	[ "$(jq length "$TMP/outbox.$who")" = 0 ] || sed 's/^/# /' "$TMP/left.$who"
done
check "nothing is left beside the outbox" test -z "$(find "$XDG_DATA_HOME" "$TMP/as-sofia/data" -path '*/files/*' -type f)"

held() {
	sql rt "SELECT a.Content FROM Attachments AS a JOIN Transactions AS t ON t.id = a.TransactionId
		WHERE t.ObjectType = 'RT::Ticket' AND t.Type = '$1' AND a.ContentType = 'text/plain'" |
		grep -oE 'mark_[a-j_]+_end'
}
{
	held Comment; held Correspond
	sql rt 'SELECT Subject FROM Tickets' | grep -oE 'mark_[a-j_]+_end'
	sql rt "SELECT 'take_' || ObjectId FROM Transactions WHERE ObjectType = 'RT::Ticket' AND Field = 'Owner' AND Type = 'Set'"
} >"$TMP/held"
sql rt "SELECT Filename FROM Attachments WHERE Filename <> ''" | grep -oE 'mark_[a-j_]+_end' >"$TMP/files"
for mail in "$RT_OUTBOX"/*.eml; do
	echo "$(grep -m 1 -oE 'mark_[a-j_]+_end' "$mail") $(grep -m 1 '^To:' "$mail")"
done | grep '^mark_' | sort >"$TMP/mailed"
held Correspond >"$TMP/answers"
count() { sort "$1" | uniq -c | awk '{ print $2, $1 }' >"$1.n"; }
count "$TMP/held"; count "$TMP/files"

cat "$TMP"/said.* | awk -v counts="$TMP/held.n" '
	BEGIN { while ((getline line < counts) > 0) { split(line, f, " "); held[f[1]] = f[2] } }
	{ n = held[$1] + 0; all++; of[$3]++; killed += $2 == 137; saved += $2 == 6 || $2 == 75; accepted += $2 == 0
	  if (n > 1) { print "# doubled:", $0; doubled++ }
	  if (n == 0 && $2 != 137 && $2 != 2) { print "# lost:", $0; lost++ }
	  if ($2 != 0 && $2 != 6 && $2 != 75 && $2 != 137 && $2 != 2) other++ }
	END { printf "## %d commands (%d notes, %d answers, %d new, %d taken): %d accepted at once, %d saved first, %d killed, %d refused; %d doubled, %d lost\n",
		all, of["note"], of["reply"], of["new"], of["take"], accepted, saved, killed, other, doubled, lost
	  exit doubled + lost > 0 || all < 40 || other > 0 }' >"$TMP/verdict"
code=$?
cat "$TMP/verdict"
echo "## $(wc -l <"$PROXY/struck") cuts: $(sed 's/[ =].*//' "$PROXY/struck" | sort | uniq -c | awk '{ printf "%d %s, ", $1, $2 }')$((SECONDS - at)) s"
if [ $code = 0 ]; then pass "each took effect once"; else fail "each took effect once"; fi
check "no file is there twice" test -z "$(awk '$2 > 1' "$TMP/files.n")"
check "nobody was mailed an answer twice" test -z "$(uniq -d "$TMP/mailed")"
check "each answer was mailed" diff <(sort "$TMP/answers") <(cut -d ' ' -f 1 "$TMP/mailed" | sort -u)
