# Every fault of tests/fake/proxy.c against commands that read: it ends by itself with a sentence, writes nothing raw,
# takes less than 256 MiB, asks no stranger, and the next request works. In the short form each fault meets one
# command; with $TORTURE all of them, in both builds, then every byte to cut at and every member to spoil.
. tests/lib.sh
long=${TORTURE:-} began=$SECONDS
plain=${BUILD%/san}
[ -x "$plain/caseload" ] && [ "$plain" != "$BUILD" ] || plain=
start_service
start_proxy
sed -n 's/^# seed/# seed/p' "$PROXY/out"
expect "the proxy hands on what is good" 0 caseload list is:open team:me --limit=5 --json=number --fresh
number=$(jq -r '.[2].number' "$OUT")
expect "and a case" 0 caseload show "$number" --fresh
cp -a "$TMP/data" "$TMP/data.good"
cp -a "$TMP/run" "$TMP/run.good"

runs=0 failed=0 slowest=0 slowest_name= most=0 most_name=
tell() { if [ -n "$long" ]; then echo "## $*"; else echo "# $*"; fi; }
bad_run() { show_last; fail "$1"; failed=$((failed + 1)); }
raw() { LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$1" "$2"; }
unknown() { rm -rf "$TMP/data" "$TMP/run"; mkdir "$TMP/run"; }
known() { [ -e "$TMP/data" ] || cp -a "$TMP/data.good" "$TMP/data" && cp -a "$TMP/run.good/." "$TMP/run"; }

# What each command is, on what it knows, and which of its requests are struck.
commands='login me people list show events doctor'
set_command() {
	case $1 in
	login) unknown; where=/v1/status; command=(list is:open) ;;
	me) unknown; where=/v1/me; command=(list is:open) ;;
	people) unknown; where='/v1/[twk]*'; command=(list is:open) ;;
	list) known; where='/v1/cases[?]*'; command=(list is:open --limit=5000 --fresh) ;;
	show) known; where='/v1/cases/*'; command=(show "$number" --fresh) ;;
	events) known; where='/v1/cases/*/events*'; command=(show "$number" --fresh) ;;
	doctor) known; where='/*'; command=(doctor) ;;
	esac
}

# meet FAULT COMMAND [BUILD]
meet() {
	local build=${3:-$BUILD} code ms kib first= after=works line="$1, $2"
	set_command "$2"
	: >"$PROXY/struck"
	fault "$1 $where"
	timeout -k 2 60 "$BUILD/tests/fake/peak" "$TMP/peak" "$build/caseload" "${command[@]}" >"$OUT" 2>"$ERR" </dev/null
	code=$?
	fault
	read -r ms kib <"$TMP/peak" || ms=60000 kib=0
	read -r first <"$ERR"
	"${plain:-$BUILD}/caseload" list team:me --limit=1 --fresh --timeout=30 >"$TMP/next" 2>&1 </dev/null || after=fails
	runs=$((runs + 1))
	[ "$ms" -le "$slowest" ] || slowest=$ms slowest_name=$line
	if [ "$build" = "$plain" ] && [ "$kib" -gt "$most" ]; then most=$kib most_name=$line; fi
	printf -v line '%-16s %-7s %3d %5d ms %4d MiB  %s' "$1" "$2" "$code" "$ms" $((kib / 1024)) "${first:0:150}"
	tell "$line"
	[ -s "$PROXY/struck" ] || tell "  was never asked"
	if [ $code -ge 99 ]; then bad_run "$1, $2: ended by $code"; return; fi
	if raw "$OUT" "$ERR"; then bad_run "$1, $2: raw characters"; return; fi
	if [ $code != 0 ] && [ -z "$first" ] && [ "$2" != doctor ]; then bad_run "$1, $2: not a word"; return; fi
	if [ "$(stat -c %s "$ERR")" -gt 2000 ]; then bad_run "$1, $2: too many words"; return; fi
	if [ "$build" = "$plain" ] && [ "$kib" -gt 262144 ]; then bad_run "$1, $2: $kib KiB of memory"; return; fi
	if [ -e "$PROXY/foreign" ]; then bad_run "$1, $2: a stranger was asked"; return; fi
	if [ $after = fails ]; then sed 's/^/# next: /' "$TMP/next"; bad_run "$1, $2: the next request does not work"; fi
}
in_time() { [ -z "$long" ] || [ $((SECONDS - began)) -lt "$long" ]; }

faults=$("$BUILD/tests/fake/proxy" -l | awk -F '\t' '$2 != "alone" && $2 != "none" && $2 != "events" { print $1 }')
forms='429=1 429=date 429=past 429=far 429=-5 429=soon 503=99999999999999999999 503=date redirect=301 redirect=302
	redirect=303 redirect=308 length=less length=two length=both length=minus length=huge length=junk chunks=word
	chunks=minus chunks=huge chunks=end chunks=none chunks=cut chunks=size chunks=extension chunks=trailer wide=lists
	wide=numbers wide=texts deep=objects packed=br packed=deflate packed=x-new packed=gzip, acted=500 acted=504
	cut=1 cut=12 cut=-1 stall=0 stall=40 stall=-1 status=100 status=101 status=204 status=206 status=304 status=404
	status=410 status=500 status=999 1xx=3'
heavy='bomb endless endless-head huge-header 1xx deep deep=objects wide=objects wide=lists wide=numbers wide=texts long
	chunks=size chunks=extension chunks=trailer rubbish next-new next-empty'

if [ -z "$long" ]; then
	i=0
	turn=(list show events list show doctor list login people me)
	for f in $faults; do meet "$f" "${turn[i++ % ${#turn[@]}]}"; done
	for f in redirect=301 redirect=302 redirect=303 redirect=308; do meet "$f" list; done
	[ -z "$plain" ] || for f in $heavy; do meet "$f" list "$plain"; done
else
	for f in $faults $forms; do
		for c in $commands; do in_time && meet "$f" "$c"; done
		[ -z "$plain" ] || { in_time && meet "$f" list "$plain"; }
	done
	for c in login me list show events; do
		set_command "$c"
		fault "measure $where"
		caseload "${command[@]}" >/dev/null 2>&1
		fault
		read -r head body members _ < <(tail -1 "$PROXY/sizes")
		echo "## $c: a head of $head bytes, a body of $body, $members members"
		eval "head_$c=$head body_$c=$body members_$c=$members"
	done
	# cut at every byte of heads and of small bodies, at some of the others; each member of six other types
	for n in $(seq 1 2000); do
		for c in login me list show events; do
			head=head_$c body=body_$c members=members_$c
			size=$((${!head} + ${!body}))
			[ "$n" -lt "$size" ] && in_time && meet "cut=$n" $c "${plain:-$BUILD}"
			[ "$n" -lt $((6 * ${!members})) ] && in_time && meet "type=$n" $c "${plain:-$BUILD}"
			[ "$n" -lt "${!members}" ] && in_time && meet "double=$n" $c "${plain:-$BUILD}"
		done
	done
fi
check "no stranger was asked" test ! -e "$PROXY/foreign"
echo "## $runs runs, $(echo $faults $forms | wc -w) faults: $failed failed; longest $((slowest / 1000)).$((slowest % 1000 / 100)) s ($slowest_name), most memory $((most / 1024)) MiB ($most_name), $(cat "$PROXY/foreign" 2>/dev/null | wc -c) bytes to the foreign host"
[ $failed = 0 ] && pass "every fault ends with a sentence, and the next request works"
