# What is said to be saved, or accepted, is on the disk first: a machine that loses its power in that moment
# keeps it. A kill cannot show this, since the system still writes what a dead process left; so the calls to
# the system are looked at: after the last write into the log of the database, and before the word goes out,
# that log is synced.
. tests/lib.sh
# Leaks are not looked for: that needs the place strace has.
traced="strace -f -qq -y -s 200 -e trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
if ! $traced -o "$TMP/try" true 2>/dev/null; then skip "what is saved is synced" "strace may not trace here"; exit; fi

# synced FILE LOG WORD: how often the word went out with all of the log synced; "unsynced" where it was not.
synced() {
	awk -v log_file="$2" -v word="$3" '
		/pwrite64\(/ && index($0, log_file) { dirty = 1; wrote = 1; next }
		/(fsync|fdatasync)\(/ && index($0, log_file) && /= 0$/ { dirty = 0; next }
		/<\.\.\. (fsync|fdatasync) resumed>/ && /= 0$/ { dirty = 0; next }
		/(write|writev|sendto|sendmsg)\(/ && index($0, word) { if (dirty) { print "unsynced"; exit } said += wrote }
		END { print said + 0 }' "$1"
}

mkdir "$TMP/bin"
cat >"$TMP/bin/caseloadd" <<-S
	#!/bin/sh
	exec $traced -D -o "$TMP/service.trace" $(command -v caseloadd) "\$@"
S
chmod +x "$TMP/bin/caseloadd"
PATH=$TMP/bin:$PATH start_service
number=$(caseload list is:open team:me --limit=20 --json=number,restricted 2>/dev/null | jq -r 'map(select(.restricted | not))[0].number')
: >"$TMP/service.trace"
for i in 1 2 3; do expect "a note is accepted ($i)" 0 caseload note "$number" "synced $i"; done
stop_service
check "the service had it on its disk before it answered" test "$(synced "$TMP/service.trace" casework.db-wal 'HTTP/1.1 201')" -ge 3

# With a window open on the same store, as there always is one: the last program to close a database syncs it anyhow.
mkfifo "$TMP/keys"
exec 7<>"$TMP/keys"
script -qec caseload /dev/null <&7 >"$TMP/window" 2>&1 &
window=$!
for _ in $(seq 300); do grep -q "shown of" "$TMP/window" && break; sleep 0.1; done
check "a window is open" grep -q "shown of" "$TMP/window"
expect "without a service it is saved" 6 $traced -o "$TMP/client.trace" caseload note "$number" "saved here" --timeout=1
has "and said to be" "saved here"
check "it was on the disk before that was said" test "$(synced "$TMP/client.trace" outbox.db-wal "saved here")" -ge 1
kill $window
wait $window 2>/dev/null
