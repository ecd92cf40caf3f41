# Two people's worth of commands at once, some killed in the middle, while the service itself is killed again
# and again: what was said to be accepted or saved takes effect once, what was killed at most once.
# SECONDS_OF_CHAOS makes it longer by hand; CHAOS_SEED repeats a run.
. tests/lib.sh
start_service
seconds=${SECONDS_OF_CHAOS:-8} seed=${CHAOS_SEED:-$RANDOM}
echo "# CHAOS_SEED=$seed"
PORT=${URL##*:} && PORT=${PORT%%/*}
caseload list is:open team:me --limit=20 --json=number,id,restricted 2>/dev/null |
	jq -r 'map(select(.restricted | not)) | .[:3][] | "\(.number) \(.id)"' >"$TMP/cases"
[ "$(wc -l <"$TMP/cases")" = 3 ] || { fail "there are three cases"; exit; }

# serve_badly: kills the service at any moment and starts it on the same port, until $TMP/stop is there.
serve_badly() {
	RANDOM=$seed
	while :; do
		caseloadd serve --listen "127.0.0.1:$PORT" --data "$TMP/service" --sample --with-parent \
			>"$TMP/again.out" 2>>"$TMP/again.err" &
		service_pid=$!
		for _ in $(seq 500); do grep -q ready "$TMP/again.out" && break; sleep 0.02; done
		sleep "0.$((RANDOM % 90 + 10))"
		kill -KILL "$service_pid"
		wait "$service_pid"
		[ ! -e "$TMP/stop" ] || return
		sleep "0.0$((RANDOM % 10))"
	done
}

# work WHO: commands, one after the other, each with a text of its own; "TEXT CODE" into $TMP/said.WHO.
work() {
	local who=$1 i=0 text number
	RANDOM=$((seed + who))
	while [ ! -e "$TMP/stop" ]; do
		# in letters: a number could be taken for that of a case
		i=$((i + 1)) text=mark_$(echo "${who}_${i}" | tr 0-9 a-j)_end
		number=$(sed -n "$((RANDOM % 3 + 1))s/ .*//p" "$TMP/cases")
		case $((RANDOM % 4)) in
		0) set -- tag "$number" "$text" ;;
		1) set -- new --queue=waste --team=refuse "$text" ;;
		*) set -- note "$number" "$text" ;;
		esac
		if [ $((RANDOM % 3)) = 0 ]; then
			timeout -s KILL "0.0$((RANDOM % 90 + 10))" caseload "$@" --timeout 1 >"$TMP/out.$who" 2>&1 </dev/null
		else
			caseload "$@" --timeout 1 >"$TMP/out.$who" 2>&1 </dev/null
		fi
		code=$?
		echo "$text $code $1" >>"$TMP/said.$who"
		case $code in 0 | 6 | 137) ;; *) sed "s/^/# $* ($code): /" "$TMP/out.$who" ;; esac
	done
}

kill "$service_pid" && wait "$service_pid" 2>/dev/null
service_pid=
true >"$TMP/again.out"
(serve_badly) 2>/dev/null &
chaos=$!
work 1 2>/dev/null & one=$!
work 2 2>/dev/null & two=$!
sleep "$seconds"
# on a busy machine the first one takes longer
for _ in $(seq 120); do grep -qs ' 0 ' "$TMP"/said.* && break; sleep 0.5; done
: >"$TMP/stop"
wait $one $two $chaos
start_service

for _ in $(seq 20); do
	caseload outbox --json >"$TMP/outbox" 2>/dev/null
	[ "$(jq length "$TMP/outbox")" != 0 ] || break
	caseload outbox retry $(jq '.[].row' "$TMP/outbox") >"$TMP/retry" 2>&1
done
check "the outbox is empty in the end" jq -e 'length == 0' "$TMP/outbox"

# Everything the service holds of ours, one line each.
: >"$TMP/held"
while read -r number id; do
	cursor=
	while :; do
		api GET "/cases/$id/events?limit=200$cursor" >"$TMP/page"
		jq -r '.items[].text // empty' "$TMP/page" | grep -oE 'mark_[a-j_]+_end' >>"$TMP/held"
		next=$(jq -r '.next // empty' "$TMP/page")
		[ -n "$next" ] || break
		cursor="&cursor=$next"
	done
	api GET "/cases/$id" | jq -r '.tags[]?' | grep -oE 'mark_[a-j_]+_end' >>"$TMP/held"
done <"$TMP/cases"
cursor=
for _ in $(seq 10); do
	api GET "/cases?sort=-opened&limit=200&fields=subject$cursor" --retry 3 --fail >"$TMP/page"
	jq -r '.items[].subject' "$TMP/page" | grep -oE 'mark_[a-j_]+_end' >>"$TMP/held" || break
	cursor="&cursor=$(jq -r '.next // empty' "$TMP/page")"
done

sort "$TMP/held" | uniq -c | awk '{print $2, $1}' >"$TMP/counts"
cat "$TMP"/said.* | awk -v counts="$TMP/counts" '
	BEGIN { while ((getline line < counts) > 0) { split(line, f, " "); held[f[1]] = f[2] } }
	{ n = held[$1] + 0; all++; killed += $2 == 137; saved += $2 == 6; accepted += $2 == 0
	  if (n > 1) { print "# doubled:", $0; doubled++ }
	  if (n == 0 && ($2 == 0 || $2 == 6)) { print "# lost:", $0; lost++ }
	  if ($2 != 0 && $2 != 6 && $2 != 137) other++ }
	END { printf "## %d commands: %d accepted at once, %d saved first, %d killed, %d refused; %d doubled, %d lost\n",
		all, accepted, saved, killed, other, doubled, lost; exit doubled + lost > 0 || accepted == 0 }' >"$TMP/verdict"
code=$?
cat "$TMP/verdict"
if [ $code = 0 ]; then pass "each took effect once"; else fail "each took effect once"; fi
