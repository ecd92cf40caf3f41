# Logging in at an authorization server: the device flow of RFC 8628, the refresh of RFC 6749, at a real server that
# enforces both; the service is the real one, its tokens given out by that server.
. tests/lib.sh
caseload() { command caseload "$@" --timeout=60; } # the machine may be busy
[ -x "$BUILD/tests/pty" ] || { skip "oauth" "$BUILD/tests/pty is not built"; exit; }
start_service
log=$TMP/oauth.log
for i in 1 2 3 4 5 6 7 8; do
	caseloadd token add s.rossi --role caseworker --label "oauth-$i" --data "$TMP/service" 2>"$ERR"
done >"$TMP/tokens"
check "the service made tokens" test "$(grep -c . "$TMP/tokens")" = 8
server_pid=
login_server() {
	[ -z "$server_pid" ] || { kill "$server_pid"; wait "$server_pid" 2>/dev/null; }
	: >"$log"
	OAUTH_PORT=${LOGIN##*:} "$BUILD/tests/fake/oauth" "$TMP/tokens" "$log" "$@" >"$TMP/oauth.out" &
	server_pid=$!
	for _ in $(seq 200); do
		LOGIN=$(sed -n 's/^fake: ready //p' "$TMP/oauth.out")
		[ -z "$LOGIN" ] || break
		sleep 0.05
	done
}
trap '[ -z "$server_pid" ] || kill "$server_pid"; end_test; exit $((bad > 0))' EXIT
LOGIN=
login_server
config() {
	printf '[service "city"]\ntype = native\nurl = %s\noauth-issuer = %s\noauth-client-id = caseload\noauth-scope = cases offline_access\n%s\n' \
		"$URL" "$LOGIN" "${1:-}" >"$XDG_CONFIG_HOME/caseload/config"
}
config
kept=$XDG_RUNTIME_DIR/caseload/oauth-city
count() { grep -c "$1" "$log"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }
# terminal NAME LINES...: a script of tests/pty with the directories of this test.
terminal() {
	{
		printf 'size 100x30\ntest %s\n' "$1"
		for v in HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR; do printf 'env %s=%s\n' $v "${!v}"; done
		shift
		printf '%s\n' "$@"
	} >"$TMP/terminal.t"
	"$BUILD/tests/pty" "$TMP/terminal.t" || bad=$((bad + 1))
}

expect "without a terminal nobody is shown a code: exit 4" 4 caseload list is:open --limit=1
err_has "and what to do" "caseload login city"
expect "caseload login without a terminal: exit 2" 2 caseload login city

# ---- the device flow
terminal "login shows address and code, and waits for it" "run caseload login city" "wait $LOGIN/type-it" \
	"wait WDJB-MJ01" "until grep -q authorization_pending $log" "shell curl -sfo /dev/null $LOGIN/approve" "wait You are logged in at city" "exit 0"
check "the scope was asked for" grep -q '^/device cases offline_access code' "$log"
check "what it bought is kept for its owner alone" test "$(stat -c %a "$kept")" = 600
expect "and used" 0 caseload list is:open --limit=1 --plain --no-header
is "without another question" "$(count '/device')" 1
first=$(sed -n 1p "$TMP/tokens")
check "no secret is in the log, the store or the history" sh -c \
	"! grep -rlaF '$first' '$XDG_DATA_HOME' '$XDG_STATE_HOME' '$log'"

# ---- the refresh
: >"$log"
caseloadd token revoke oauth-1 --data "$TMP/service" >"$OUT" 2>"$ERR"
sed -i 1d "$TMP/tokens"
until [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $first" "$URL/me")" = 401 ]; do sleep 0.1; done
expect "a token that was taken back is refreshed, once" 0 caseload list is:open --limit=1
is "by the refresh token" "$(count 'refresh_token token')" 1
is "nobody was asked" "$(count '/device')" 0
sed -i "s/^[0-9]* \([^ ]*\) /$(($(date +%s) + 10)) \1 /" "$kept"
expect "one that ends soon is refreshed before it is used" 0 caseload list is:open --limit=1
is "the refresh tokens are used one after the other" "$(count 'refresh_token token')" 2
sed -i "s/^[0-9]* \([^ ]*\) /1 \1 /" "$kept"
: >"$log"
for i in 1 2 3 4; do caseload list is:open --limit=1 >"$TMP/at-once.$i" 2>&1 & pids="${pids:-} $!"; done
wait $pids
is "four at once: one refresh, since a refresh token is good once" "$(count 'refresh_token token')" 1
is "and none was refused" "$(count invalid_grant)" 0
check "all four were answered" sh -c "! grep -l 'login' $TMP/at-once.[1-4]"
cp "$kept" "$TMP/kept"
kill "$server_pid"; wait "$server_pid" 2>/dev/null; server_pid=
sed -i "s/^[0-9]* \([^ ]*\) /1 \1 /" "$kept"
caseload list is:open --limit=1 >"$OUT" 2>"$ERR"
check "the login server is away: what is kept stays" test -s "$kept"
login_server broken=scope
caseload list is:open --limit=1 >"$OUT" 2>"$ERR"
err_has "what it says is shown, harmless" "It is invalid_scope.^[[31m"
login_server
expect "a refresh token that is not good any more: exit 4" 4 caseload list is:open --limit=1
check "is forgotten" test ! -e "$kept"

# ---- what can go wrong
login_server slow=1
terminal "slow_down: five seconds longer from then on" "run caseload login city" "wait WDJB-MJ01" \
	"shell curl -sfo /dev/null $LOGIN/approve" "until grep -q slow_down $log" "wait You are logged in at city" "exit 0"
is "it was asked no more than that" "$(count '/token')" 2
rm -f "$kept"
login_server
terminal "refused on the other device" "run caseload login city" "wait WDJB-MJ01" "shell curl -sfo /dev/null $LOGIN/deny" \
	"wait refused on the other device" "exit 4"
login_server life=2
terminal "a code that nobody used" "run caseload login city" "wait WDJB-MJ01" "wait was not used in time" "exit 4"
login_server broken=busy
terminal "a login server that is busy is asked again" "run caseload login city" "wait WDJB-MJ01" \
	"shell curl -sfo /dev/null $LOGIN/approve" "wait You are logged in at city" "exit 0"
rm -f "$kept"
login_server broken=code
terminal "a code full of control characters is shown harmless" "run caseload login city" "wait ^[]0;owned^G<U+202E>AB" \
	"never \\e]0;owned" "keys <C-c>"
for what in "address:no code and address" "foreign:names no device flow at its own address" \
	"issuer:no authorization server of that name" "rubbish:no code and address" ; do
	login_server broken="${what%%:*}"
	terminal "refused: ${what%%:*}" "run caseload login city" "wait ${what#*:}"
done
login_server broken=type
terminal "tokens of no known type" "run caseload login city" "wait WDJB-MJ01" "shell curl -sfo /dev/null $LOGIN/approve" "wait not understood"
check "nothing of these was kept" test ! -e "$kept"
login_server
config "oauth-token-url = http://login.example.org/token"
expect "a login server reached without protection: exit 2" 2 caseload list
err_has "is refused" "not protected"
sed -i '/oauth-client-id/d' "$XDG_CONFIG_HOME/caseload/config"
expect "no client id: exit 2" 2 caseload list
err_has "is said" "oauth-client-id"
config

# ---- on the screen
terminal "the screen shows the code, and goes on by itself" "run caseload" "wait Log in to city" "wait $LOGIN/type-it" \
	"wait WDJB-MJ01" "shell curl -sfo /dev/null $LOGIN/approve" "gone WDJB-MJ01" "wait shown of" "keys Q" "exit 0"
expect "logout" 0 caseload logout city
check "forgets it" test ! -e "$kept"
