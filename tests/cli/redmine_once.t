# Exactly once on a real Redmine over a bad wire, as rt_once.t: and a case of our own service handed to each of
# the two over it. CHAOS_SEED repeats a run as far as one can.
. tests/lib.sh
start_service
live redmine bram
live rt bram
commands=${COMMANDS:-10} seed=${CHAOS_SEED:-$RANDOM}
echo "# CHAOS_SEED=$seed"
export SEED=$seed
start_proxy redmine "$REDMINE_URL"
start_proxy rt "$RT_URL"
wires() { for PROXY in "$TMP/proxy-redmine" "$TMP/proxy-rt"; do fault "$@"; done; }
caseload list source:redmine team:waste is:open --limit=50 --json=number,assignee >"$TMP/list" 2>"$ERR"
caseload list source:test is:open team:me --limit=8 --json=number,id,restricted >"$TMP/ours" 2>>"$ERR"
caseload list source:rt --limit=5 >/dev/null 2>&1
jq -r '[.[] | select(.assignee == null)][2:4][].number' "$TMP/list" >"$TMP/free"
jq -r '.[].number' "$TMP/list" | grep -vxFf "$TMP/free" | head -3 >"$TMP/cases"
jq -r '[.[] | select(.restricted | not)][:2][] | "\(.number) \(.id)"' "$TMP/ours" >"$TMP/hands"
check "the wire carries" test "$(wc -l <"$TMP/cases")" = 3 -a "$(wc -l <"$TMP/hands")" = 2
wires 'before,request,gone,gone,after,after,cut %20'

# work N: as in rt_once.t
work() {
	local nr=$1 i word number file code
	RANDOM=$((seed + nr))
	for i in $(seq "$commands"); do
		word=mark_$(echo "${nr}_${i}" | tr 0-9 a-j)_end
		number=$(sed -n "$((RANDOM % 3 + 1))p" "$TMP/cases")
		case $((RANDOM % 5)) in
		0) set -- new --source=redmine --queue=waste "it's	$word % " --text="As $word says." ;;
		1) set -- reply "redmine/$number" --text="Dear citizen, $word." ;;
		2)
			file=$TMP/$word.bin
			head -c $((RANDOM * 3)) /dev/urandom >"$file"
			set -- note "redmine/$number" "With a file: $word" --attach="$file"
			;;
		*) set -- note "redmine/$number" "Note $word" ;;
		esac
		if [ $((RANDOM % 4)) = 0 ]; then
			timeout -s KILL "0.$((RANDOM % 90 + 10))" caseload "$@" --timeout=1
		else
			caseload "$@" --timeout=1
		fi >"$TMP/out.$nr" 2>&1 </dev/null
		code=$?
		echo "$word $code $1" >>"$TMP/said.$nr"
		case $code in 0 | 6 | 75 | 137) ;; *) sed "s/^/# $1 ($code): /" "$TMP/out.$nr" ;; esac
	done
}
at=$SECONDS
(work 1 & work 2 & wait) 2>/dev/null
# Each handing over begins once, then what is left of it is sent by programs that are killed.
while read -r number id; do
	timeout -s KILL 2.5 caseload hand rt/Waste "test/$number" --timeout=1 >"$TMP/out.hand" 2>&1 </dev/null
	[ "$(caseload outbox --json 2>/dev/null | jq '[.[] | select(.service == "rt")] | length')" != 0 ] ||
		caseload hand rt/Waste "test/$number" --timeout=1 >>"$TMP/out.hand" 2>&1 </dev/null
done <"$TMP/hands"
RANDOM=$((seed + 99))
for i in 1 2 3 4 5; do
	timeout -s KILL "$((RANDOM % 3)).$((RANDOM % 90 + 10))" caseload outbox send >/dev/null 2>&1
done 2>/dev/null
for i in $(seq 10); do
	[ "$i" -lt 3 ] || wires
	caseload outbox send --timeout=8 >"$TMP/left" 2>&1
	caseload outbox --json >"$TMP/outbox" 2>/dev/null
	[ "$(jq length "$TMP/outbox")" != 0 ] || break
done
check "nothing waits in the end" jq -e 'length == 0' "$TMP/outbox"
[ "$(jq length "$TMP/outbox")" = 0 ] || sed 's/^/# /' "$TMP/left"
check "nothing is left beside the outbox" test -z "$(find "$XDG_DATA_HOME" -path '*/files/*' -type f)"

{
	sql redmine "SELECT notes FROM journals WHERE notes IS NOT NULL"
	sql redmine "SELECT subject FROM issues"
} | grep -oE 'mark_[a-j_]+_end' | sort | uniq -c | awk '{ print $2, $1 }' >"$TMP/held.n"
cat "$TMP"/said.* | awk -v counts="$TMP/held.n" '
	BEGIN { while ((getline line < counts) > 0) { split(line, f, " "); held[f[1]] = f[2] } }
	{ n = held[$1] + 0; all++; killed += $2 == 137; saved += $2 == 6 || $2 == 75; accepted += $2 == 0
	  if (n > 1) { print "# doubled:", $0; doubled++ }
	  if (n == 0 && $2 != 137) { print "# lost:", $0; lost++ } }
	END { printf "## Redmine: %d commands: %d accepted at once, %d saved first, %d killed; %d doubled, %d lost\n",
		all, accepted, saved, killed, doubled, lost; exit doubled + lost > 0 || all < 15 }' >"$TMP/verdict"
code=$?
cat "$TMP/verdict"
echo "## $(cat "$TMP"/proxy-*/struck | wc -l) cuts: $(cat "$TMP"/proxy-*/struck | sed 's/[ =].*//' | sort | uniq -c | awk '{ printf "%d %s, ", $1, $2 }')$((SECONDS - at)) s"
if [ $code = 0 ]; then pass "each took effect once"; else fail "each took effect once"; fi
check "no file is there twice" test -z "$(sql redmine "SELECT filename FROM attachments WHERE filename LIKE 'mark%' AND container_id IS NOT NULL GROUP BY filename HAVING COUNT(*) > 1")"
while read -r number id; do
	check "case $number has one new ticket" test "$(sql rt "SELECT COUNT(*) FROM Links WHERE Type = 'RefersTo' AND Target LIKE '%/cases/$id'")" = 1
	check "and one link to it" test "$(api GET "/cases/$id" | jq '[.links[]? | select(contains("Display.html"))] | length')" = 1
	subject=$(api GET "/cases/$id" | jq -r .subject)
	check "of that name there is no other" test "$(sql rt "SELECT COUNT(*) FROM Tickets WHERE Subject = '${subject//\'/\'\'}' AND id > 442")" = 1
done <"$TMP/hands"
