# Every fault of tests/fake/proxy.c against the screen, in a real terminal (tests/pty.c): keys are answered meanwhile,
# the program neither ends nor hangs, no stranger is asked, and with the fault over it is live again. In the short form
# every fourth, and every tenth of the event stream's, the first by lot ($SEED): there what changes at the service is
# on the screen nevertheless. With $TORTURE all, in all their forms, and in the plain build too, of which the memory is
# asserted: 256 MiB.
. tests/lib.sh
long=${TORTURE:-} seed=${SEED:-$RANDOM}
echo "# SEED=$seed"
plain=${BUILD%/san}
[ -x "$plain/caseload" ] && [ "$plain" != "$BUILD" ] || plain=
forms='429=2 429=date 429=far 503=-5 503=99999999999999999999 redirect=301 redirect=302 redirect=303 redirect=308 length=less
	length=two length=minus length=huge chunks=word chunks=minus chunks=huge chunks=size chunks=extension chunks=trailer
	wide=lists wide=numbers wide=texts deep=objects packed=br acted=504 cut=1 cut=40 cut=-1 stall=0 stall=200 status=204
	status=206 status=304 status=410 status=500 status=999 1xx=3'
streams='cut=900 cut-reset=700 stall=400 twice late trickle=1 length chunks bomb endless headless status=204'
names() { "$BUILD/tests/fake/proxy" -l | awk -F '\t' -v wanted="$1" '(wanted == "events") == ($2 == "events") && $2 != "alone" && $2 != "none" { print $1 }'; }

cat >"$TMP/change" <<'C'
#!/bin/sh
# change ID SUBJECT: at the service, by somebody else
version=$(curl -sS -H "Authorization: Bearer $TOKEN" "$URL/cases/$1" | jq -r .version)
curl -sSf -o /dev/null -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/merge-patch+json' \
	-H "If-Match: \"$version\"" -H "Idempotency-Key: faults-$1-$2-0123456789" -d "{\"subject\":\"$2\"}" "$URL/cases/$1"
C
chmod +x "$TMP/change"

walk() {
	cat <<-T
		size 80x24
		env CASELOAD_UI_CLOCK=no
		env CASELOAD_NET_TIMEOUT=4
		service
		proxy
		run caseload
		waitrow 2 shown of 14
		waitrow 23 sync live
	T
	for f in $(names all | awk -v turn=$((seed % 4)) -v long="$long" 'long || NR % 4 == turn') ${long:+$forms}; do
		cat <<-T
			test $f
			shell rm -f \$TMP/proxy/struck
			fault $f /v1/cases*
			keys <C-r>
			until test -s \$TMP/proxy/struck
			keys ?
			wait Keys in: Worklist
			took $f
			keys <Esc>
			gone Keys in
			save \$TMP/said
			shell sed -n '23s/^/# /p; 24s/^/# /p' \$TMP/said
			fault calm
			shell rm -f \$TMP/proxy/asked
			press <C-r> grep -qs '^GET /v1/cases?' \$TMP/proxy/asked
			waitrow 23 sync live
		T
	done
	cat <<-T
		test its memory
		shell awk '/VmHWM/ { print "# memory " int(\$2 / 1024) " MiB" }' /proc/\$PID/status
		test it ends as always
		keys Q
		exit 0
		restored
		never \\e]0;owned
		shell test ! -e \$TMP/proxy/foreign
	T
	for f in $( (names events && printf '%s\n' $streams) | awk -v turn=$((seed % 10)) -v long="$long" 'long || NR % 10 == turn'); do
		cat <<-T
			test $f: what changed is seen
			fault $f /v1/events*
			shell rm -f \$TMP/proxy/struck
			run caseload
			waitrow 2 shown of 14
			until test -s \$TMP/proxy/struck
			shell $TMP/change c1 one-$f
			shell $TMP/change c2 two-$f
			shell $TMP/change c3 three-$f
			wait one-$f
			wait two-$f
			keys ?
			wait Keys in: Worklist
			took $f
			keys <Esc>
			gone Keys in
			shell awk '/VmHWM/ { print "# memory " int(\$2 / 1024) " MiB" }' /proc/\$PID/status
			keys Q
			exit 0
			shell test ! -e \$TMP/proxy/foreign
		T
	done
}

# try BUILD
try() {
	BUILD=$1 "$BUILD/tests/pty" "$TMP/walk.t" >"$TMP/walked" 2>&1
	if [ $? != 0 ]; then tail -45 "$TMP/walked" | sed 's/^ok/# ok/; s/^not ok/# not ok/; s/^\([^#]\)/# \1/'; fi
	grep -E '^(not )?ok ' "$TMP/walked"
	if [ "$1" = "$plain" ] && ! awk '/^# memory/ && $3 > 256 { exit 1 }' "$TMP/walked"; then fail "under 256 MiB of memory"; fi
	if [ -n "$long" ]; then sed -n 's/^# /## /p' "$TMP/walked"; fi
	awk '/^## / { n++; if ($3 > most) { most = $3; name = $2 } } /^# memory/ && $3 > memory { memory = $3 }
		END { printf "## %d faults on the screen: keys answered after %.0f ms at most (%s), %d MiB of memory\n", n, most, name, memory }' "$TMP/walked"
	grep -q '^not ok' "$TMP/walked" && bad=$((bad + 1))
}
walk >"$TMP/walk.t"
try "$BUILD"
[ -z "$long" ] || [ -z "$plain" ] || try "$plain"
