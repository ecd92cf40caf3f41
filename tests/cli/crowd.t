# Many clients change one case at once, each on the version it saw: nothing is written over in silence, and
# whoever comes late is shown both sides. CROWD says how many there are (24; `CROWD=200 tests/run
# tests/cli/crowd.t` takes some minutes). What was written is counted from the service's own record.
. tests/lib.sh
crowd=${CROWD:-24}
start_service
caseload list is:open team:me owner:none priority:3 --limit=1 --json=number,id >"$TMP/cases" 2>/dev/null
number=$(jq -r '.[0].number' "$TMP/cases") id=$(jq -r '.[0].id' "$TMP/cases")
caseload show "$number" >/dev/null 2>&1
before=$(api GET "/cases/$id" | jq .version)

# Each has a store of its own, in which the case is as it was, and makes its change while the service is away.
client() { # N COMMAND...
	local n=$1
	shift
	XDG_DATA_HOME=$TMP/$n/data XDG_STATE_HOME=$TMP/$n/state XDG_CACHE_HOME=$TMP/$n/cache \
		XDG_RUNTIME_DIR=$TMP/$n/run "$@"
}
due_of() { date -ud "2031-01-01 +$1 days" +%F; }
one() { # N
	mkdir -m 700 "$TMP/$1" && cp -a "$XDG_DATA_HOME" "$TMP/$1/data" && cp -a "$XDG_RUNTIME_DIR" "$TMP/$1/run"
	# one in four changes another field: that may stand beside what the others did
	if [ $(($1 % 4)) -eq 0 ]; then set -- "$1" "due=$(due_of "$1")"
	else set -- "$1" "subject=by client $1"; fi
	client "$1" caseload edit "$number" "$2" --json >"$TMP/$1/saved" 2>&1
	echo $? >"$TMP/$1/saved.code"
}
send() { # N
	client "$1" caseload outbox send >"$TMP/$1/sent" 2>&1
	echo $? >"$TMP/$1/sent.code"
	client "$1" caseload outbox --json >"$TMP/$1/left" 2>/dev/null
}
in_turns() { # FUNCTION: sixteen at a time; all of them are on the same version, whenever they come
	local i n=0
	for i in $(seq "$crowd"); do
		[ $((++n)) -le 16 ] || wait -n
		"$1" "$i" &
	done
	wait $(jobs -p | grep -vx "$service_pid")
}
url=$URL
sed -i "s#^url = .*#url = http://127.0.0.1:9/v1#" "$XDG_CONFIG_HOME/caseload/config"
in_turns one
check "each made its change on the case as it was" test "$(cat "$TMP"/*/saved.code | grep -cx 6)" = "$crowd"
sed -i "s#^url = .*#url = $url#" "$XDG_CONFIG_HOME/caseload/config"
in_turns send
# On a busy machine some gave up waiting for the answer: theirs is kept, and goes out again as the same one.
again() { [ "$(cat "$TMP/$1/sent.code")" != 6 ] || send "$1"; }
for try in 1 2 3; do in_turns again; done

# The record: what was written to each of the two fields, over what.
api GET "/cases/$id/events?limit=200" >"$TMP/events"
written=$(jq '[.items[] | select(.changes.subject or .changes.due)] | length' "$TMP/events")
over=$(jq '[.items[] | .changes | select(. != null) | (.subject, .due) | select(. != null)] | length - 2' "$TMP/events")
subject=$(api GET "/cases/$id" | jq -r .subject) due=$(api GET "/cases/$id" | jq -r '.due[:10]')
# What each was told: nothing left, or both sides: what it wrote, and what stands there.
took=0 shown=0 neither=0
for i in $(seq "$crowd"); do
	field=subject mine="by client $i" theirs=$subject
	[ $((i % 4)) -ne 0 ] || { field=due mine=$(due_of "$i") theirs=$due; }
	if [ "$(cat "$TMP/$i/sent.code")" = 0 ] && [ "$(cat "$TMP/$i/left")" = '[]' ] && [ "$mine" = "$theirs" ]; then
		took=$((took + 1))
	elif jq -e --arg f "$field" --arg m "$mine" --arg t "$theirs" '.[0] | .state == "conflict" and
		(.changes[] | select(.field == $f) | .after | startswith($m)) and
		(.theirs[$f] | startswith($t))' "$TMP/$i/left" >/dev/null; then
		shown=$((shown + 1))
	else
		neither=$((neither + 1))
		echo "# client $i: $(cat "$TMP/$i/sent.code") $(cut -c1-300 "$TMP/$i/left")"
	fi
done
echo "## $crowd clients at once: $written changes written, $over of them over another's; $took took, $shown saw both sides, $neither neither"
check "silent overwrites: 0" test "$over" = 0
check "one change of each field was written" test "$written" = 2
check "each of the others saw both sides" test "$((took + shown))" = "$crowd" -a "$took" -le 2
check "the version rose by what was written" test "$(api GET "/cases/$id" | jq .version)" = $((before + written))
