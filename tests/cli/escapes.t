# Escape sequences, C1 and turned text from outside never reach a terminal raw, through any door.
. tests/lib.sh
start_service
evil=$(printf 'x\033]0;evil\007\033[2Jy\302\2331mz\342\200\256w')

clean() { # clean NAME: nothing raw in the last output
	if LC_ALL=C grep -aqP '\x1b|\x07|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$OUT" "$ERR"; then
		cat -v "$OUT" "$ERR" | head -3 | sed 's/^/# /'
		fail "$1"
	else
		pass "$1"
	fi
}
said() { "$@" >"$OUT" 2>"$ERR" </dev/null; }
terminal() { script -qec "$*" /dev/null >"$OUT" 2>"$ERR" </dev/null; }

subject=$(printf 'S \\u001b]0;evil\\u0007\\u009b31m\\u202ex')
api POST /cases -H 'Content-Type: application/json' \
	-d "{\"subject\":\"$subject\",\"service\":\"waste\",\"text\":\"$subject\"}" >"$TMP/new"
number=$(jq -r .number "$TMP/new")
for line in "list number:$number" "show $number" "list number:$number --plain" "list number:$number --json" \
	"show $number --json" "show $number --plain" "list number:$number --json=$number"; do
	terminal "caseload $line" && clean "on a terminal: caseload ${line%%=*}"
done
grep -q evil "$OUT" || said caseload show "$number"
has "the text itself is there" "evil"

for line in "list $evil" "show $evil" "$evil" "--$evil" "config get $evil" "note $evil x" "citizens $evil" \
	"citizen $evil" "help $evil" "list --config=$evil" "due $number $evil" "new --kind=$evil" \
	"state $number $evil" "list --set $evil=1" "outbox drop $evil" "logout $evil"; do
	said caseload $line
	clean "caseload ${line%%x*}... from an argument"
done
number=0
for text in "[service \"$evil\"]" "$evil = 1" "[view \"$evil\"]" "theme = $evil" \
	"[service \"t\"]
url = http://$evil/" "[service \"t\"]
url = http://127.0.0.1:1/
token-file = /$evil" "[service \"t\"]
url = http://127.0.0.1:1/
token-command = /$evil"; do
	number=$((number + 1))
	printf '%s\n' "$text" >"$TMP/bad.conf"
	said caseload config check --config="$TMP/bad.conf"
	clean "configuration $number: config check"
	said caseload list --config="$TMP/bad.conf"
	clean "configuration $number: list"
done
CASELOAD_PROFILE=$evil said caseload list
clean "from the environment: a profile"
XDG_DATA_HOME=$TMP/$evil said caseload list
clean "from the environment: a directory"

printf '[kind]\nid = %s\nname = %s\n%s\n' "$evil" "$evil" "$evil" >"$TMP/bad.kind"
said caseloadd token add s.rossi --label "$evil" --data "$TMP/service"
for line in "$evil" "serve --$evil" "serve --listen $evil" "kind check $evil" "kind check $TMP/bad.kind" \
	"token add $evil" "token list --data $TMP/service" "token revoke $evil" "import $evil $evil"; do
	said caseloadd $line
	clean "caseloadd ${line%%x*}..."
done
