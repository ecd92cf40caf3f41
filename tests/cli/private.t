# What this program keeps and starts is its person's business alone: directories, files, memory, children.
. tests/lib.sh
[ -x "$BUILD/tests/pty" ] || { skip "private" "$BUILD/tests/pty is not built"; exit; }
start_service
umask 0
caseload list is:open team:me owner:none --limit=1 --json=number >"$TMP/cases" 2>"$ERR"
number=$(jq -r '.[0].number' "$TMP/cases")

# ---- directories: each in every way in which what is in it could be another's
cp "$XDG_CONFIG_HOME/caseload/config" "$TMP/config.good"
group() { chmod 770 "$1"; }
world() { chmod 707 "$1"; }
foreign() { chown -R 12345 "$1"; }
link() { mv "$1" "$TMP/elsewhere" && ln -s "$TMP/elsewhere" "$1"; }
ways="group world link"
[ "$(id -u)" -ne 0 ] || ways="$ways foreign"
anew() {
	rm -rf "$1" "$TMP/elsewhere"
	mkdir -p -m 700 "$1"
	[ "$1" != "$XDG_CONFIG_HOME/caseload" ] || cp "$TMP/config.good" "$1/config"
	chmod -R go-w "$1"
}
for dir in "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"; do
	for way in $ways; do
		anew "$dir/caseload"
		$way "$dir/caseload"
		expect "$(basename "$dir") directory, $way: refused" 2 caseload list is:open --limit=1
		err_has "with its name and what to do" "$dir/caseload"
		case $way in
		group | world) err_has "chmod" "run chmod 700 on it" ;;
		*) err_has "or away with it" "remove it" ;;
		esac
	done
	anew "$dir/caseload"
done
for way in $ways; do
	anew "$XDG_STATE_HOME/caseload"
	$way "$XDG_STATE_HOME/caseload"
	expect "state directory, $way: told by doctor" 1 caseload doctor --plain
	has "with its name" "$XDG_STATE_HOME/caseload"
done
group "$XDG_STATE_HOME/caseload"
anew "$XDG_STATE_HOME/caseload"
chmod 755 "$XDG_STATE_HOME/caseload"
expect "one that others can only read is closed to them" 0 caseload doctor --plain
has "and doctor says so" "yours alone (0700)"
check "it is 0700 now" test "$(stat -c %a "$XDG_STATE_HOME/caseload")" = 700
chmod 666 "$XDG_CONFIG_HOME/caseload/config"
expect "a configuration others may write is refused" 2 caseload list
err_has "with what to do" "chmod go-w"
chmod 600 "$XDG_CONFIG_HOME/caseload/config"

# ---- children: what the editor, the pager and the token command see
export GITHUB_TOKEN=seen-by-no-child my_Secret=seen-by-no-child CREDENTIALS_DIRECTORY=/seen-by-no-child
export CASELOAD_TOKEN=seen-by-no-child DB_PASSWORD=seen-by-no-child KEPT=this-one-is-kept
token=$(cat "$TMP/service/first-token")
cat >"$TMP/child" <<-'C'
	#!/bin/bash
	exec 9>"${0%/*}/seen.$1"
	tr '\0' '\n' </proc/$$/environ >&9
	tr '\0' ' ' </proc/$$/cmdline >&9
	ls -l /proc/$$/fd >&9
	grep 'core file' /proc/$$/limits >&9
	case $1 in
	editor) echo "From the editor" >"$2" ;;
	pager) cat >/dev/null ;;
	token) cat "${0%/*}/service/first-token" ;;
	esac
C
chmod 700 "$TMP/child"
sed "s#^token-file.*#token-command = $TMP/child token#" "$TMP/config.good" >"$XDG_CONFIG_HOME/caseload/config"
cat >"$TMP/children.t" <<-T
	size 80x24
	env HOME=$HOME
	env XDG_CONFIG_HOME=$XDG_CONFIG_HOME
	env XDG_DATA_HOME=$XDG_DATA_HOME
	env XDG_STATE_HOME=$XDG_STATE_HOME
	env XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR
	test the editor of a command
	env EDITOR=$TMP/child editor
	env PAGER=$TMP/child pager
	run caseload note $number
	wait accepted by the service
	exit 0
	test the pager
	run caseload list is:open --limit=60
	exit 0
T
"$BUILD/tests/pty" "$TMP/children.t" || bad=$((bad + 1))
for child in editor pager token; do
	check "the $child was run" test -s "$TMP/seen.$child"
	for text in seen-by-no-child "$token" CREDENTIALS_DIRECTORY outbox.db; do
		if grep -qF -- "$text" "$TMP/seen.$child"; then fail "the $child sees nothing of ${text:0:20}"; else pass "the $child sees nothing of ${text:0:20}"; fi
	done
	check "the $child leaves no core" grep -qE 'core file size +0 ' "$TMP/seen.$child"
done
check "an editor has the rest of its person's environment" grep -q this-one-is-kept "$TMP/seen.editor"
check "a token command has not" sh -c "! grep -q this-one-is-kept '$TMP/seen.token'"

mv "$TMP/seen.editor" "$TMP/seen.before"
cat >"$TMP/screen.t" <<-T
	size 80x24
	env HOME=$HOME
	env XDG_CONFIG_HOME=$XDG_CONFIG_HOME
	env XDG_DATA_HOME=$XDG_DATA_HOME
	env XDG_STATE_HOME=$XDG_STATE_HOME
	env XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR
	test the editor of the screen
	env EDITOR=$TMP/child editor
	run caseload
	wait shown of
	keys n
	wait From the editor
	shell grep -q this-one-is-kept $TMP/seen.editor
	shell ! grep -qE 'seen-by-no-child|outbox.db|$token' $TMP/seen.editor
	test no core, and no other program looks into the memory
	shell grep -qE 'core file size +0 +0 ' /proc/\$PID/limits
	signal TERM
	exit 0
T
"$BUILD/tests/pty" "$TMP/screen.t" || bad=$((bad + 1))
unset GITHUB_TOKEN my_Secret CREDENTIALS_DIRECTORY CASELOAD_TOKEN DB_PASSWORD

ASAN_OPTIONS=detect_leaks=0 strace -f -o "$TMP/trace" -e trace=prctl,prlimit64,setrlimit caseload outbox >"$OUT" 2>"$ERR"
check "no other program may look into the memory" grep -qE 'PR_SET_DUMPABLE, (SUID_DUMP_DISABLE|0)\) += 0' "$TMP/trace"
check "no core is written" grep -qE 'RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}' "$TMP/trace"

# ---- rights it does without
cp "$TMP/config.good" "$XDG_CONFIG_HOME/caseload/config"
ASAN_OPTIONS=detect_leaks=0 strace -f -o "$TMP/trace" -e trace=prctl,landlock_restrict_self caseload list is:open team:me owner:none --limit=1 >"$OUT" 2>"$ERR"
has "a list comes" "$number"
check "nothing it starts gains rights" grep -qE 'PR_SET_NO_NEW_PRIVS, 1.*= 0' "$TMP/trace"
if grep -q landlock_restrict_self "$TMP/trace"; then
	check "a command that only reads has no files but those it needs" grep -qE 'landlock_restrict_self.*= 0' "$TMP/trace"
	expect "doctor" 0 caseload doctor --plain
	has "tells it" "no files but those they need (Landlock"
	cat >"$TMP/pager.t" <<-T
		size 80x24
		env HOME=$HOME
		env XDG_CONFIG_HOME=$XDG_CONFIG_HOME
		env XDG_DATA_HOME=$XDG_DATA_HOME
		env XDG_STATE_HOME=$XDG_STATE_HOME
		env XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR
		test a pager is run all the same
		env PAGER=tail -n 3
		run caseload list is:open --limit=60
		wait 2026-
		exit 0
	T
	"$BUILD/tests/pty" "$TMP/pager.t" || bad=$((bad + 1))
else
	caseload doctor --plain >"$OUT" 2>"$ERR"
	has "doctor tells why it has all files" "Landlock"
fi

# ---- logout --purge: nothing is left, whatever left it
PORT=${URL##*:} && PORT=${PORT%%/*}
mark=parrot-of-Tilburg
cp "$TMP/config.good" "$XDG_CONFIG_HOME/caseload/config"
cp "$TMP/service/first-token" "$TMP/token"
sed -i "s#^token-file.*#token-file = $TMP/token#" "$XDG_CONFIG_HOME/caseload/config"
token=$(cat "$TMP/token")
caseload note "$number" "The $mark was seen" >"$OUT" 2>"$ERR"
caseload show "$number" >"$OUT" 2>"$ERR"
stop_service
expect "a note waits here" 6 caseload note "$number" "The $mark was heard" --timeout 1
cat >"$TMP/draft.t" <<-T
	size 80x24
	env HOME=$HOME
	env XDG_CONFIG_HOME=$XDG_CONFIG_HOME
	env XDG_DATA_HOME=$XDG_DATA_HOME
	env XDG_STATE_HOME=$XDG_STATE_HOME
	env XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR
	test a draft is left by a killed program, and what its editor had
	env EDITOR=sh $TMP/editor
	shell printf 'echo "The $mark in a draft" > "\$1"; echo EDITING; exec sleep 20\n' > $TMP/editor
	run caseload
	wait shown
	keys :
	type filter $mark
	keys <Enter>
	wait No case matches
	keys <Esc>
	gone No case matches
	keys n
	wait Review
	keys e
	wait EDITING
	signal KILL
T
"$BUILD/tests/pty" "$TMP/draft.t" >"$TMP/draft.out" || bad=$((bad + 1))
cat "$TMP/draft.out"
mkdir -p "$XDG_RUNTIME_DIR/caseload" && echo "$mark" >"$XDG_RUNTIME_DIR/caseload/text-Ab12Cd"
echo "$mark" >"$XDG_RUNTIME_DIR/caseload/fetched-1"
mkdir -p -m 700 "$XDG_DATA_HOME/caseload/files" && echo "attached $mark" >"$XDG_DATA_HOME/caseload/files/letter.txt"
places=("$XDG_DATA_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" "$HOME")
kept() { grep -rlaF -- "$1" "${places[@]}" 2>/dev/null; }
for what in outbox.db files/ cache.db edit. text- fetched-; do
	if kept "$mark" | grep -qF "$what"; then pass "before: the mark is in $what"; else kept "$mark"; fail "before: the mark is in $what"; fi
done
caseload logout --purge >"$OUT" 2>"$ERR"
count=$(sed -n 's/.*--yes=\([0-9]*\).*/\1/p' "$ERR")
expect "logout --purge" 0 caseload logout --purge --yes="$count"
for text in "$mark" "$token" "$number"; do
	if kept "$text" >"$OUT"; then show_last; fail "nothing is left of ${text:0:20}"; else pass "nothing is left of ${text:0:20}"; fi
done
find "${places[@]}" ! -type d 2>/dev/null >"$OUT"
check "no file at all is left" test ! -s "$OUT"
check "the token is gone too" test ! -e "$TMP/token"
