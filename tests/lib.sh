# For tests/cli/*.t: a real service on a free port, a client with directories of its own, and a few words.
#   . tests/lib.sh; start_service
#   check "name" COMMAND...          passes when the command succeeds; its output is in $OUT and $ERR, unless it looks at those
#   expect "name" CODE COMMAND...    passes when it ends with that code; its output is in $OUT and $ERR
#   has "name" TEXT                  passes when the last output ($OUT) holds the text; hasnt, err_has alike
# $URL and $TOKEN reach the service by `api METHOD PATH [curl arguments]`.
#   live rt [USER]                   a real server of tests/live with its seeded world, added to the configuration;
#                                    ends with the skip line where it is not installed; `live_reset rt` begins anew
#   as USER COMMAND...               the same as somebody else of rt, with directories of their own
#   start_proxy [NAME URL]           a service that fails stands between the client and the one named test, or NAME at
#                                    URL (tests/fake/proxy.c); $PROXY is its directory, $PROXY_URL where it listens
#   fault [LINE...]                  how it fails from now on; without a line not at all
set -u
BUILD=${BUILD:-build/san}
PATH=$PWD/$BUILD:$PATH
TMP=$(mktemp -d) || exit 1
OUT=$TMP/out ERR=$TMP/err
: >"$OUT" >"$ERR"
bad=0
service_pid=
proxy_pids=
umask 077

end_test() {
	[ -z "$proxy_pids" ] || kill $proxy_pids 2>/dev/null
	[ -z "$service_pid" ] || { kill -CONT "$service_pid"; kill "$service_pid"; wait "$service_pid"; } 2>/dev/null
	rm -rf "$TMP"
}
# One that dies in the middle (of an unset variable, say) is not passed for what it did not reach.
trap 'code=$?; end_test; exit $((bad > 0 ? 1 : code))' EXIT
trap 'exit 1' TERM INT

export HOME=$TMP/home XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data XDG_STATE_HOME=$TMP/state
export XDG_CACHE_HOME=$TMP/cache XDG_RUNTIME_DIR=$TMP/run XDG_CONFIG_DIRS=$TMP/etc
mkdir -p "$HOME" "$XDG_CONFIG_HOME/caseload" "$XDG_RUNTIME_DIR"
unset LANG LANGUAGE CASELOAD_LINEAR ACCESSIBLE NO_COLOR
export LC_ALL=C.UTF-8 TZ=UTC

# start_service [ARGUMENTS]: caseloadd with sample data in $TMP/service (or $DATA); again: the same data.
start_service() {
	local data=${DATA:-$TMP/service}
	: >"$TMP/service.out"
	caseloadd serve --listen "127.0.0.1:${PORT:-0}" --data "$data" --sample --with-parent "$@" \
		>"$TMP/service.out" 2>"$TMP/service.err" &
	service_pid=$!
	for _ in $(seq 600); do
		URL=$(sed -n 's/^caseloadd: ready //p' "$TMP/service.out")
		[ -z "$URL" ] || break
		kill -0 $service_pid 2>/dev/null || break
		sleep 0.05
	done
	[ -n "$URL" ] || { echo "not ok the service starts"; sed 's/^/# /' "$TMP/service.err"; bad=1; exit; }
	TOKEN=$(cat "$data/first-token")
	export URL TOKEN
	cat >"$TMP/test.conf" <<-C
		[service "test"]
		type = native
		url = $URL
		token-file = $data/first-token
	C
	configure
}

start_proxy() {
	local name=${1:-test} url=${2:-$URL}
	PROXY=$TMP/proxy-$name
	mkdir -p "$PROXY"
	"$BUILD/tests/fake/proxy" "$PROXY" "$url" >"$PROXY/out" &
	proxy_pids="$proxy_pids $!"
	until grep -qs seed "$PROXY/out"; do sleep 0.02; done
	PROXY_URL=$(sed -n 's/^proxy: ready //p' "$PROXY/out")
	sed -i "s#= $url\$#= $PROXY_URL#" "$TMP/$name.conf"
	configure
}

# Another file in its place: the proxy counts in it while it runs.
fault() {
	: >"$PROXY/fault.new"
	[ $# = 0 ] || printf '%s\n' "$@" >"$PROXY/fault.new"
	mv "$PROXY/fault.new" "$PROXY/fault"
}

# One section for each service there is: our own, rt, redmine.
configure() { cat "$TMP"/test.conf "$TMP"/rt.conf "$TMP"/redmine.conf >"$XDG_CONFIG_HOME/caseload/config" 2>/dev/null; }

# live rt|redmine [USER]; the world of the server is as it was seeded, unless this script has begun on it.
live() {
	[[ " ${live_begun:-} " == *" $1 "* ]] || live_reset "$1"
	tests/live/config "$1" "${2:-anna}" "$TMP" >"$TMP/$1.conf"
	configure
}

live_reset() {
	local why
	why=$(LIVE_OWNER=${LIVE_OWNER:-$$} tests/live/"$1" reset)
	case $? in
	0) ;;
	77) skip "$(basename "$0")" "$why"; exit ;;
	*) fail "$1 starts"; exit ;;
	esac
	live_begun="${live_begun:-} $1"
	set -a
	. <(tests/live/"$1" env)
	set +a
}

# as USER COMMAND...
as() {
	local who=$1 own=$TMP/as-$1
	shift
	mkdir -p "$own/config/caseload" "$own/run" "$own/home"
	[ -e "$own/config/caseload/config" ] || tests/live/config rt "$who" "$own" >"$own/config/caseload/config"
	env HOME="$own/home" XDG_CONFIG_HOME="$own/config" XDG_DATA_HOME="$own/data" XDG_STATE_HOME="$own/state" \
		XDG_CACHE_HOME="$own/cache" XDG_RUNTIME_DIR="$own/run" "$@"
}

# The first value a query of a server's database gives: sql rt "SELECT ..."
sql() { sqlite3 -cmd '.timeout 20000' "$([ "$1" = rt ] && echo "$RT_DB" || echo "$REDMINE_DB")" "$2"; }

stop_service() { kill "$service_pid"; wait "$service_pid" 2>/dev/null; service_pid=; }

api() {
	local method=$1 path=$2
	shift 2
	curl -sS -X "$method" -H "Authorization: Bearer $TOKEN" -H "Purpose: test" "$@" "$URL$path"
}

pass() { echo "ok $1"; }
fail() { echo "not ok $1"; bad=$((bad + 1)); }
check() {
	local name=$1
	shift
	# What looks at the last output leaves it there, and finds it.
	case "$*" in *"$OUT"* | *"$ERR"*) local OUT=$TMP/look.out ERR=$TMP/look.err ;; esac
	if "$@" >"$OUT" 2>"$ERR"; then pass "$name"; else show_last; fail "$name"; fi
}
expect() {
	local name=$1 want=$2 code
	shift 2
	"$@" >"$OUT" 2>"$ERR" </dev/null
	code=$?
	if [ $code -eq "$want" ]; then pass "$name"; else echo "# code $code, not $want: $*"; show_last; fail "$name"; fi
}
has() { if grep -qF -- "$2" "$OUT"; then pass "$1"; else echo "# not there: $2"; show_last; fail "$1"; fi; }
hasnt() { if grep -qF -- "$2" "$OUT"; then echo "# there: $2"; show_last; fail "$1"; else pass "$1"; fi; }
err_has() { if grep -qF -- "$2" "$ERR"; then pass "$1"; else echo "# not there: $2"; show_last; fail "$1"; fi; }
show_last() { head -c 3000 "$OUT" | sed 's/^/# out: /'; head -c 3000 "$ERR" | sed 's/^/# err: /'; }
skip() { echo "skip $1: $2"; }
