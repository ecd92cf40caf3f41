# caseload logout: the token goes; with --purge everything that was kept here of cases and people.
. tests/lib.sh
start_service
cp "$TMP/service/first-token" "$TMP/token"
sed -i "s#token-file = .*#token-file = $TMP/token#" "$XDG_CONFIG_HOME/caseload/config"
umask 0

caseload list is:open team:me --limit=5 --json=number,subject,id >"$TMP/cases" 2>"$ERR"
number=$(jq -r '.[0].number' "$TMP/cases") subject=$(jq -r '.[0].subject' "$TMP/cases")
printf 'find Zo\xc3\xab\n' >"$TMP/state.history"
mkdir -p "$XDG_STATE_HOME/caseload" "$XDG_RUNTIME_DIR/caseload/edit.Ab12Cd" &&
	cp "$TMP/state.history" "$XDG_STATE_HOME/caseload/history" &&
	echo "$subject" >"$XDG_RUNTIME_DIR/caseload/edit.Ab12Cd/text~"
chmod 700 "$XDG_STATE_HOME" "$XDG_STATE_HOME/caseload"

here() { grep -rlaF -- "$1" "$XDG_DATA_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" 2>/dev/null | grep .; }
check "what was read is kept here" here "$subject"
check "in files for its owner alone, whatever the umask" sh -c \
	"! find '$XDG_DATA_HOME/caseload' '$XDG_RUNTIME_DIR/caseload' -name 'edit.*' -prune -o -perm /077 -print | grep ."

kill -STOP $service_pid
caseload note "$number" "The parrot-of-Tilburg is late" --timeout 1 >"$OUT" 2>"$ERR"
kill -CONT $service_pid
stop_service
expect "--purge with something unsent: exit 2" 2 caseload logout --purge
err_has "and says how many" "--yes=1"
check "nothing was removed: the outbox" here "parrot-of-Tilburg"
check "nothing was removed: the token" test -s "$TMP/token"
expect "the wrong count: exit 2" 2 caseload logout --purge --yes=7
expect "the right count" 0 caseload logout --purge --yes=1
for text in "$subject" "parrot-of-Tilburg" "find Zo" "$number"; do
	if here "$text" >"$OUT"; then show_last; fail "nothing is left of $text"; else pass "nothing is left of $text"; fi
done
check "the token is gone" test ! -e "$TMP/token"
expect "again: nothing to do" 0 caseload logout --purge
expect "a service nobody knows: exit 2" 2 caseload logout nowhere
ln -s "$TMP/service/first-token" "$TMP/token"
expect "a token file that is a link stays" 2 caseload logout
check "and what it leads to" test -s "$TMP/service/first-token"
