# What README, the manual and --help show as examples is run as it stands, against the sample.
. tests/lib.sh
start_service
# run FILE: each line as a command; - from nothing, so that nobody is asked.
run() {
	while IFS= read -r line; do
		check "$1: $line" bash -c "set -o pipefail; cd '$TMP/work'; $line" </dev/null
	done <"$2"
}
mkdir -p "$TMP/work" "$HOME/.config/caseload"
# The sample numbers its cases by the year it is made in. 
year=$(api GET '/cases?q=owner:s.rossi&limit=1' | jq -r '.items[0].number[:4]')
this_year() { sed "s/2026-\([0-9]\{6\}\)/$year-\1/g" "$1" >"$1.now" && mv "$1.now" "$1"; }
export PAGER=cat EDITOR=true
sed -n '/^\.SH EXAMPLES/,/^\.EE/p' man/caseload.1 | sed -n '/^[a-z]/p' |
	sed 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\&//g' | grep -v -- --demo >"$TMP/manual"
this_year "$TMP/manual"
# README closes that case below.
sed -i 's/^caseload reply .*/& --dry-run/' "$TMP/manual"
check "the manual has examples" test "$(wc -l <"$TMP/manual")" -ge 6
run caseload.1 "$TMP/manual"
grep -E '^    caseload ' README.md | sed 's/^ *//' >"$TMP/readme"
this_year "$TMP/readme"
check "README has commands" test "$(wc -l <"$TMP/readme")" -ge 5
run README "$TMP/readme"

for command in list show citizens citizen outbox keys config help; do
	caseload "$command" --help | sed -n '/^Examples:/,/^Usage:/p' | sed -n 's/^  caseload/caseload/p'
done | grep -v 'outbox retry' >"$TMP/help"
this_year "$TMP/help"
check "--help has examples" test "$(wc -l <"$TMP/help")" -ge 12
run --help "$TMP/help"

# A service of one's own as README has it, from the first line to the client.
grep -E '^    caseloadd ' README.md | sed "s/^ *//; s#/srv/cases#$TMP/own#" >"$TMP/own.sh"
grep -v ' serve ' "$TMP/own.sh" >"$TMP/own.first"
check "README begins a service" test "$(wc -l <"$TMP/own.first")" -eq 3
run README "$TMP/own.first"
check "and it is there" caseloadd token list --data "$TMP/own"
has "with the token's worker" s.rossi
