# Every fault of tests/fake/proxy.c against commands that change something: what was said to be accepted is in the
# service's record, what was saved here is there once when the fault is over, and nothing twice. Counted is what the
# service itself tells curl. In the short form each fault meets one command; with $TORTURE all of them, and
# then every byte to cut the request and the answer at.
. tests/lib.sh
long=${TORTURE:-} began=$SECONDS
plain=${BUILD%/san}
[ -x "$plain/caseload" ] || plain=$BUILD
start_service
start_proxy
sed -n 's/^# seed/# seed/p' "$PROXY/out"
"$plain/caseload" list is:open team:me --limit=123 --json=number,id,restricted 2>/dev/null |
	jq -r '.[] | select(.restricted | not) | "\(.number) \(.id)"' >"$TMP/cases"
mapfile -t cases <"$TMP/cases"
check "there are cases to work" test ${#cases[@]} -gt 40

runs=0 lost=0 doubled=0 lied=0 accepted=0 saved=0 refused=0 next=0
tell() { if [ -n "$long" ]; then echo "## $*"; else echo "# $*"; fi; }

# How often the service has the mark, in the cases it was meant for.
count() {
	local id
	if [ "$1" = new ]; then
		api GET "/cases?sort=-opened&limit=20&fields=subject" | jq "[.items[] | select(.subject == \"$mark\")] | length"
	else
		for id in "${ids[@]}"; do api GET "/cases/$id/events?limit=200"; done |
			jq -s "[.[].items[] | select(tojson | contains(\"$mark\"))] | length"
	fi
}

# change FAULT COMMAND
change() {
	local code want=1 at_once in_the_end told rows line
	runs=$((runs + 1))
	mark=mark_$(printf %04d $runs | tr 0-9 a-j)_end
	set -- "$1" "$2" ${cases[next++ % ${#cases[@]}]} ${cases[next++ % ${#cases[@]}]}
	ids=("$4")
	case $2 in
	note) command=(note "$3" "A note: $mark") ;;
	reply) command=(reply "$3" "Dear citizen, $mark.") ;;
	new) command=(new --queue=waste --team=refuse "$mark") ;;
	tag) command=(tag "$3" "$5" "$mark") ids=("$4" "$6") want=2 ;;
	esac
	: >"$PROXY/struck"
	fault "$1 POST" "$1 PATCH"
	timeout -k 2 60 caseload "${command[@]}" --timeout=2 >"$OUT" 2>"$ERR" </dev/null
	code=$?
	fault
	at_once=$(count "$2")
	for _ in 1 2 3 4 5 6; do
		"$plain/caseload" outbox --json >"$TMP/outbox" 2>/dev/null </dev/null
		rows=$(jq -r '.[].row' "$TMP/outbox")
		[ -n "$rows" ] || break
		"$plain/caseload" outbox retry $rows --timeout=20 >"$TMP/retry" 2>&1 </dev/null
	done
	in_the_end=$(count "$2")
	read -r told <"$ERR"
	case $code in 0) accepted=$((accepted + 1)) ;; 6 | 75) saved=$((saved + 1)) ;; *) refused=$((refused + 1)) ;; esac
	printf -v line '%-16s %-5s %3d  %d then %d of %d  %s' "$1" "$2" $code "$at_once" "$in_the_end" $want "${told:0:150}"
	tell "$line"
	[ -s "$PROXY/struck" ] || tell "  was never asked"
	if [ $code -ge 99 ]; then show_last; fail "$1, $2: ended by $code"; fi
	if [ $code = 0 ] && [ "$at_once" != $want ]; then lied=$((lied + 1)); fail "$1, $2: said to be accepted, and is not"; fi
	if [ "$in_the_end" -gt $want ] || [ "$at_once" -gt $want ]; then doubled=$((doubled + 1)); fail "$1, $2: there $in_the_end times"; fi
	if [ "$in_the_end" -lt $want ] || [ -n "$rows" ]; then
		lost=$((lost + 1)) && sed 's/^/# retry: /' "$TMP/retry"
		fail "$1, $2: not there"
	fi
	echo "$mark $want ${ids[*]}" >>"$TMP/marks.$2"
}
in_time() { [ -z "$long" ] || [ $((SECONDS - began)) -lt "$long" ]; }

kinds='note tag reply new'
faults=$("$BUILD/tests/fake/proxy" -l | awk -F '\t' '$2 != "alone" && $2 != "none" && $2 != "events" && $2 != "page" { print $1 }')
forms='429=1 429=date 429=soon 503=-5 503=past acted=500 acted=504 length=less length=two chunks=cut chunks=end cut=1 cut=40
	cut=-1 cut-reset=-1 stall=60 status=200 status=204 status=304 status=412 status=409 status=422 status=500 status=100 1xx=3'
if [ -z "$long" ]; then
	i=0
	for f in $faults; do
		set -- $kinds
		shift $((i++ % $#))
		change "$f" "$1"
	done
	change cut=-1 tag
	change acted=504 reply
else
	for f in $faults $forms; do for c in $kinds; do in_time && change "$f" "$c"; done; done
	for n in $(seq 1 700); do
		set -- $kinds
		shift $((n % $#))
		in_time && change "cut=$n" "$1"
		in_time && change "request=$n" "$1"
	done
fi
sleep 1.2 # what is sent again late
for mark in $(awk '{ print $1 }' "$TMP"/marks.note "$TMP"/marks.reply); do
	ids=($(grep -h "^$mark " "$TMP"/marks.* | cut -d ' ' -f 3-))
	[ "$(count note)" = 1 ] || { doubled=$((doubled + 1)); fail "$mark is there $(count note) times in the end"; }
done
check "no stranger was asked" test ! -e "$PROXY/foreign"
echo "## $runs changes under $(echo $faults $forms | wc -w) faults: $accepted accepted at once, $saved saved first, $refused refused and sent again; $lied wrongly called accepted, $doubled doubled, $lost lost"
if [ $((lied + doubled + lost)) = 0 ]; then pass "each took effect once"; else fail "each took effect once"; fi
