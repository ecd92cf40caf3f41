#!/bin/bash
# caseload beside Debian's own client `rt` and curl, at the same real Request Tracker, in one run; medians.
# usage: rt.sh ROUNDS     (from `make bench`; $BUILD says where caseload is)
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build} ROUNDS=${1:-5} CASES=700
TMP=$(mktemp -d)
export LIVE_OWNER=$$ LIVE_DIR=${LIVE_DIR:-$TMP/live} LC_ALL=C.UTF-8
trap 'tests/live/rt stop >/dev/null 2>&1 || true; rm -rf "$TMP"' EXIT
umask 077
LIVE=1 tests/live/rt install >/dev/null
tests/live/rt reset >/dev/null
set -a; . <(tests/live/rt env); set +a

export HOME=$TMP/home XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data XDG_STATE_HOME=$TMP/state
export XDG_CACHE_HOME=$TMP/cache XDG_RUNTIME_DIR=$TMP/run XDG_CONFIG_DIRS=$TMP/etc
mkdir -p "$HOME" "$XDG_CONFIG_HOME/caseload" "$XDG_RUNTIME_DIR"
tests/live/config rt sofia "$TMP" >"$XDG_CONFIG_HOME/caseload/config"
export RTUSER=sofia RTPASSWD=sofia-pass
PATH=$PWD/$BUILD:$PWD/$BUILD/tests/bench:$PATH

# As many tickets as are listed.
have=$(sqlite3 "$RT_DB" "SELECT COUNT(*) FROM Tickets WHERE Status <> 'deleted' AND EffectiveId = id")
[ "$have" -ge $CASES ] || (
	cd / && RT_SITE_CONFIG=$(dirname "$RT_DB")/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$(dirname "$RT_DB")/conf.d \
		perl "$OLDPWD/tests/bench/rt-more.pl" $((CASES - have))
)
cookie=$(curl -s -D - -o /dev/null -H "Authorization: token $RT_TOKEN_SOFIA" "$RT_URL/REST/1.0/" |
	sed -n 's/^Set-Cookie: \([^;]*\).*/\1/p')

fields=id,Subject,Status,Queue,Owner,Requestors,Due,Priority
rt list -i 'id < 3' >/dev/null                 # its session is saved from here on
caseload list is:open --limit=1 >/dev/null     # and ours
pages=()
for page in 1 2 3 4 5; do
	pages+=("$RT_URL/REST/2.0/tickets?query=id%3E0&orderby=id&per_page=100&page=$page&fields=Subject,Status,Queue,Owner,Requestor,Due,Priority&fields%5BQueue%5D=Name&fields%5BRequestor%5D=EmailAddress,RealName")
done
quoted=$(printf " -o /dev/null '%s'" "${pages[@]}")
ours="caseload list sort:number --fresh --limit=500 --plain --columns=number,subject,state,queue,owner,citizen,due,priority"
test "$($ours --no-header | wc -l)" -eq 500

echo "== list 500 tickets with 8 fields"
[ "${COMMANDS:-yes}" = yes ] && timed "$ROUNDS" "caseload list" "$ours" \
	"rt list -f" "rt list -o +id -f $fields 'id <= 520'" \
	"curl, one connection" "curl -sS -b '$cookie' $quoted" \
	"curl, four at once" "curl -sS --no-progress-meter -Z --parallel-max 4 -b '$cookie' $quoted"

# Each client has a ticket of its own, of one kind: what another client changed meanwhile would be a conflict.
echo "== change the priority of one ticket (ours is read again and compared)"
flip=$TMP/flip
cat >"$flip" <<-'F'
	#!/bin/sh
	# flip FILE A B: A and B in turn
	[ -e "$1" ] && { rm "$1"; echo "$3"; } || { : >"$1"; echo "$2"; }
F
chmod +x "$flip"
unseen=$TMP/unseen
cat >"$unseen" <<-'F'
	#!/bin/sh
	# unseen FILE: the next ticket that nobody opened here
	n=$(($(cat "$1" 2>/dev/null || echo 549) + 1))
	echo $n >"$1"
	echo $n
F
chmod +x "$unseen"
caseload show rt/520 >/dev/null
put='curl -sS --fail -o /dev/null -b "'$cookie'" -H "Origin: '$RT_URL'" -X PUT -H "Content-Type: application/json" -d "{\"Priority\":\"$('$flip' '$TMP'/c 31 32)\"}" '$RT_URL'/REST/2.0/ticket/522'
[ "${COMMANDS:-yes}" = yes ] && timed "$ROUNDS" "caseload priority" "caseload priority \$($flip $TMP/a 5 4) rt/520" \
	"of a ticket not seen" "caseload priority 5 rt/\$($unseen $TMP/f)" \
	"rt edit" "rt edit ticket/521 set priority=\$($flip $TMP/b 33 34)" \
	"curl, unverified" "$put"

echo "== change the priority of 100 tickets (ours: read before, read again, each compared)"
[ "${COMMANDS:-yes}" = yes ] && timed "$ROUNDS" "caseload priority --where" \
	"caseload priority \$($flip $TMP/d 2 3) --where 'number:$(seq -s, 100 199)' --yes=100" \
	"rt edit 1-100" "rt edit ticket/100-199 set priority=\$($flip $TMP/e 35 36)"

echo "== start-up"
[ "${COMMANDS:-yes}" = yes ] && timed "$ROUNDS" "caseload --version" "caseload --version" "rt version" "rt version"

# Their own pages, the thing people use today.
[ "${WEB:-yes}" = yes ] || exit 0
echo "== from one case to the next one read"
(cd tests/bench/web && npm ci --no-audit --no-fund >/dev/null)
# The tickets rt-more.pl made stand in a row; the one at its place I says I in its text.
export BENCH_TEXT='Our bin at house number %, was left full again.' BUILD
first=$(sqlite3 "$RT_DB" "SELECT MIN(id) FROM Tickets WHERE Subject LIKE 'Bin number 1 was%'")
export BENCH_FIRST=1
node tests/bench/web/next.mjs "$first" 12
