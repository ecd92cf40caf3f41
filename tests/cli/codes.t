# The exit codes of the manual, one by one; with --json an error is JSON on standard error and nothing else.
. tests/lib.sh
start_service
# code NAME CODE COMMAND...: for people, then with --json.
code() {
	local name=$1 want=$2
	shift 2
	expect "$want: $name" "$want" "$@"
	check "$want: $name: a sentence on standard error" grep -q '^caseload: ' "$TMP/err.kept"
}
json() {
	local name=$1 want=$2
	shift 2
	expect "$want: $name, with --json" "$want" "$@" --json
	check "$want: $name, JSON alone on standard error" sh -c \
		"test -s '$TMP/err.kept' && jq -es 'all(.[]; (.error // .notice) != null)' '$TMP/err.kept' >/dev/null && test ! -s '$TMP/out.kept'"
}
# check() writes to $OUT and $ERR itself, so what expect() left is kept first.
check() {
	local name=$1
	shift
	cp "$ERR" "$TMP/err.kept"
	cp "$OUT" "$TMP/out.kept"
	if "$@" >/dev/null 2>&1; then pass "$name"; else show_last; fail "$name"; fi
}

caseload list is:open team:me owner:none --limit=3 --json=number,id >"$TMP/cases" 2>"$ERR"
n=$(jq -r '.[0].number' "$TMP/cases") id=$(jq -r '.[0].id' "$TMP/cases") m=$(jq -r '.[1].number' "$TMP/cases")

expect "0: done" 0 caseload tag "$n" seen
expect "0: nothing to do by a query" 0 caseload tag seen --where number:1999-999999
expect "1: something here" 1 sh -c 'caseload list is:open >/dev/full'
code "usage" 2 caseload list --limit=none
json "usage" 2 caseload list --limit=none
json "an option there is not" 2 caseload list --wehre x
code "not there" 3 caseload show 1999-999999
json "not there" 3 caseload show 1999-999999
echo wrong >"$TMP/wrong"
sed "s#token-file = .*#token-file = $TMP/wrong#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/wrong.conf"
code "a wrong token" 4 caseload list is:open --profile other --config "$TMP/wrong.conf"
json "a wrong token" 4 caseload list is:open --profile other --config "$TMP/wrong.conf"

caseload priority "$n" 1 >/dev/null 2>&1
kill -STOP $service_pid
caseload priority "$n" 2 >"$OUT" 2>"$ERR"
kill -CONT $service_pid
version=$(api GET "/cases/$id" | jq -r .version)
api PATCH "/cases/$id" -H 'Content-Type: application/merge-patch+json' -H "If-Match: \"$version\"" \
	-H "Idempotency-Key: codes-test-0123456789" -d '{"priority":5}' >/dev/null
row=$(caseload outbox --json | jq '.[0].row')
code "changed by somebody else" 5 caseload outbox retry "$row"
caseload outbox drop "$row" >/dev/null 2>&1

kill -STOP $service_pid
expect "6: saved here, not yet accepted" 6 caseload tag "$m" waits
kill -CONT $service_pid
expect "0: and sent with the next" 0 caseload tag "$n" goes
kill -STOP $service_pid
expect "130: Ctrl-C" 130 timeout --preserve-status -s INT 1 caseload list is:open --fresh
kill -CONT $service_pid
expect "7: several failures" 7 caseload state nonsense "$n" 1999-999999
caseloadd token add k.byrne --role reader --data "$TMP/service" 2>/dev/null | grep -oE '[A-Za-z0-9_.-]{20,}' |
	head -1 >"$TMP/reader.token"
sed "s#token-file = .*#token-file = $TMP/reader.token#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/reader.conf"
code "refused" 8 caseload tag "$m" nope --profile reader --config "$TMP/reader.conf"
json "refused" 8 caseload tag "$m" nope --profile reader2 --config "$TMP/reader.conf"

start_proxy
fault 503=999999999999
code "the service has no time" 75 caseload list is:open --profile busy --config "$XDG_CONFIG_HOME/caseload/config"
json "the service has no time" 75 caseload list is:open --profile busy --config "$XDG_CONFIG_HOME/caseload/config"
