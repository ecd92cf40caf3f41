# How the program starts: version, help, slips, no terminal, closed pipes, configuration.
. tests/lib.sh

expect "--version" 0 caseload --version
has "prints name and version" "caseload 0."
check "and nothing on standard error" test ! -s "$ERR"

expect "without a terminal: exit 2" 2 caseload
check "nothing on standard output" test ! -s "$OUT"
caseload </dev/null >"$OUT" 2>"$TMP/help"
check "help on standard error" grep -q "Usage: caseload" "$TMP/help"
check "without an escape byte" sh -c "! grep -q $'\033' '$TMP/help'"
expect "--demo without a terminal: exit 2" 2 caseload --demo
check "and no service is started" test ! -e "$XDG_DATA_HOME/caseload-demo"

expect "--help" 0 caseload --help
has "help lists commands" "citizens QUERY..."
has "help lists verbs" "assign "
caseload --help >"$TMP/help"
check "examples come before usage" awk '/Examples:/{e=NR} /Usage:/{u=NR} END{exit !(e && u && e < u)}' "$TMP/help"
check "help fits 80 columns" awk 'length($0) > 80 {exit 1}' "$TMP/help"
expect "help of a command" 0 caseload list --help
has "has its options" "--columns=NAMES"
has "and the common ones" "--json[=FIELDS]"
expect "-h of a verb" 0 caseload close -h
has "has its example" "caseload close 2026-000417"
expect "caseload help assign" 0 caseload help assign
for command in citizen citizens config help keys list login logout outbox show assign close correct due edit new note \
	priority register release reopen reply state tag take; do
	expect "$command --help" 0 caseload $command --help
done

expect "unknown command: exit 2" 2 caseload asign me
err_has "the nearest is named" "the nearest is assign"
expect "again" 2 caseload asign me
test -s "$OUT" && fail "an error leaves standard output empty" || pass "an error leaves standard output empty"
expect "unknown option: exit 2" 2 caseload list --jsn
err_has "the nearest option" "the nearest is --json"
expect "a value is missing: exit 2" 2 caseload list --columns
err_has "and how it is given" "--columns=NAMES"
expect "a flag takes no value: exit 2" 2 caseload list --plain=yes
expect "json and plain together: exit 2" 2 caseload list --json --plain
expect "an error with --json" 2 caseload list --json --limit=none
cp "$ERR" "$TMP/json"
check "is a JSON object" jq -e '.error == "usage" and .exit == 2' "$TMP/json"
expect "an argument that is not UTF-8: exit 2" 2 caseload list $'caf\xe9'
expect "no service configured: exit 2" 2 caseload list
err_has "and what to do" "--demo"

config=$XDG_CONFIG_HOME/caseload/config
printf '[ui]\nclok = no\n[servce "x"]\nurl = y\nhints = 3\n' >"$config"
expect "config check: exit 2" 2 caseload config check
err_has "names file, line and the nearest" "$config:2: unknown setting ui.clok; the nearest is ui.clock"
err_has "also for sections" "$config:3: unknown section [servce]; the nearest is [service]"
cat >"$config" <<-C
	[service "city"]
	token-file = x
	[view "Mine"]
	query = is:open stauts:new
	columns = number,subjct
	[key]
	Z = asign me
	<Ctl-D> = note
	Z = note
C
expect "config check looks at what lines mean" 2 caseload config check
err_has "a service without an address" "$config:2: this service has no url"
err_has "a query" "$config:4: "
err_has "and its nearest field" "nearest is status"
err_has "a column" "$config:5: there is no column subjct; the nearest is subject"
err_has "a key" "$config:8: <Ctl-D> is no key"
err_has "a key bound twice" "$config:9: Z is bound twice; first on line 7"
printf '[key]\nZ = asign me\n' >"$config"
expect "a line" 2 caseload config check
err_has "that is no command" "$config:2: there is no command asign; the nearest is assign"
printf 'ui.clock = no\n' >"$config"
expect "a good one: exit 0" 0 caseload config check
caseload config list --json >"$TMP/json"
check "config list: every setting and where it comes from" jq -e --arg f "$config" \
	'.[] | select(.name == "ui.clock") | .value == "no" and .from == "user" and .file == $f and .line == 1' "$TMP/json"
export CASELOAD_UI_CLOCK=yes
expect "the environment" 0 caseload config list --plain --no-header
has "wins over the file" "$(printf 'ui.clock\tyes\tenvironment')"
expect "a flag" 0 caseload config list --plain --set ui.clock=no
has "wins over the environment" "$(printf 'ui.clock\tno\tflag')"
unset CASELOAD_UI_CLOCK
expect "a bad flag: exit 2" 2 caseload config list --set ui.clock=perhaps
chmod 666 "$config"
expect "a file others may write: exit 2" 2 caseload config list
err_has "and how to mend it" "chmod go-w"
rm "$config"
caseload config example >"$TMP/example"
check "config example is config.example" cmp "$TMP/example" config.example

check "a closed pipe is silent" bash -c "caseload --help 2>'$TMP/pipe' | head -1 >/dev/null; test ! -s '$TMP/pipe'"
expect "a full disk: exit 1" 1 sh -c 'caseload --help >/dev/full'
err_has "in one sentence" "cannot be written"
LC_ALL=C caseload help >"$TMP/ascii"
check "LC_ALL=C is ASCII only" sh -c "! LC_ALL=C grep -q '[^ -~]' '$TMP/ascii'"
check "without LANG and LC_ALL it starts" env -u LC_ALL -u LANG caseload --version
check "nothing in the home directory itself" test -z "$(ls -A "$HOME")"
