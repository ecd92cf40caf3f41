# What tests/live/rt and tests/live/redmine share: a real ticket system on loopback, from Debian's packages,
# with all it writes in one directory of ours. Each of them says:
#   needs        the packages
#   there        whether they are installed
#   prepare      makes $dir/base.sqlite with the seeded world in it, and $dir/env
#   serve PORT   becomes the server
#   answers      whether it answers on $url
set -euo pipefail
umask 077
unset -v LANGUAGE LANG
export LC_ALL=C.UTF-8

self=$(readlink -f "$0")
name=$(basename "$self")
top=$(readlink -f "$(dirname "$self")/../..")
home=${LIVE_DIR:-${TMPDIR:-/tmp}/caseload-live-$(id -u)}
dir=$home/$name
base=$dir/base.sqlite

die() { echo "$name: $*" >&2; exit 1; }

# The reason on stdout, for a line `skip NAME: reason`.
skip() { echo "$*"; exit 77; }

running() { [ -s "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }

# A directory that somebody else made is nobody's to trust.
own_home() {
	mkdir -p "$home" && [ -O "$home" ] && [ ! -L "$home" ] || die "$home is not ours"
	mkdir -p "$dir"
	exec 9>"$home/$name.lock"
	flock 9
}

want() {
	there && return
	[ "${LIVE:-}" = 1 ] || [ "${CI:-}" = true ] || skip "not installed here (make test LIVE=1 installs it)"
	install >&2
	there || die "its packages are installed, and still something is missing"
}

install() { "$top/.ci/packages" $(needs); }

# What the world is made of; another sum, and it is made anew.
sum() { { cat "$self" "$top"/tests/live/common.sh "$top"/tests/live/"$name"-seed.*; needs; } | sha256sum; }

world() {
	[ "$(cat "$dir/sum" 2>/dev/null)" != "$(sum)" ] || [ ! -s "$dir/seeded.sqlite" ] || return 0
	! running || halt
	rm -rf "$dir"
	mkdir -p "$dir/outbox" "$dir/log"
	"$self" prepare >"$dir/log/prepare" 2>&1 9>&- || {
		tail -n 20 "$dir/log/prepare" >&2
		die "cannot be set up: $dir/log/prepare"
	}
	sqlite3 "$base" "VACUUM INTO '$dir/seeded.sqlite'"
	sum >"$dir/sum"
}

# The one it had before, so that it comes back where it went away.
free_port() {
	local port=0
	[ ! -s "$dir/url" ] || port=$(sed 's/.*://' "$dir/url")
	while [ "$port" = 0 ] || (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		port=$((20000 + RANDOM % 10000))
	done
	echo "$port"
}

start() {
	want
	own_home
	world
	running && { kill -CONT -- "-$(cat "$dir/pid")"; return; }
	local port
	port=$(free_port)
	url=http://127.0.0.1:$port
	echo "$url" >"$dir/url"
	serve "$port" </dev/null >>"$dir/log/server" 2>&1 9>&- &
	echo $! >"$dir/pid"
	until_up
	watch
}

# The pid is that of its process group too: serve begins with setsid.
until_up() {
	for _ in $(seq 600); do
		running || { tail -n 20 "$dir/log/server" >&2; die "it ended at once: $dir/log/server"; }
		answers && return
		sleep 0.1
	done
	halt
	die "no answer within a minute: $dir/log/server"
}

# With LIVE_OWNER, the number of a process, the server ends when that one does, however it does.
watch() {
	[ -n "${LIVE_OWNER:-}" ] || return 0
	setsid bash -c 'tail --pid="$1" -f /dev/null; "$2" stop' watch "$LIVE_OWNER" "$self" \
		</dev/null >/dev/null 2>&1 9>&- &
}

halt() {
	running || return 0
	local pid
	pid=$(cat "$dir/pid")
	kill -CONT -- "-$pid"
	kill -TERM "$pid"
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$pid" 2>/dev/null || true
	rm -f "$dir/pid"
}

# The seeded world over the one there is, under the running server as well: through SQLite, so that nobody
# reads half of each.
restore() {
	sqlite3 "$base" ".timeout 20000" ".restore '$dir/seeded.sqlite'"
	find "$dir/outbox" -mindepth 1 -delete
	forget
}

# What else the world holds that is not in the database.
forget() { :; }

stop() {
	[ -d "$dir" ] || return 0
	own_home
	halt
}

main() {
	case ${1:-} in
	install) install ;;
	needs) needs ;;
	prepare) prepare ;; # by world() alone: a process of its own, since set -e sleeps left of ||
	start) start ;;
	reset)
		[[ "${LIVE_FOR-$name}" == *$name* ]] || die "tests/run does not know that this test needs it: servers() there"
		start
		restore
		;;
	env)
		running || die "it does not run"
		url=$(cat "$dir/url")
		environment
		echo "${name^^}_PID=$(cat "$dir/pid")"
		cat "$dir/env"
		;;
	stop) stop ;;
	*)
		echo "usage: tests/live/$name install | needs | start | reset | env | stop" >&2
		exit 2
		;;
	esac
}
