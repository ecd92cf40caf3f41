# The manual says what the code says.
. tests/lib.sh

for page in man/caseload.1 man/caseload.conf.5; do
	caseload man "$page" >"$TMP/page" 2>"$ERR"
	check "$page has the tables of the code (caseload man $page)" diff "$page" "$TMP/page"
done
for page in man/*; do
	check "$page is well formed" sh -c "! LC_ALL=C.UTF-8 man --warnings -l '$page' 2>&1 >/dev/null | grep ."
done
caseload keys --json >"$TMP/keys"
check "caseload keys: each key has a line" jq -e 'length > 50 and all(.[]; .keys != null and .line != null)' "$TMP/keys"
check "no key has two meanings in one view" jq -e 'group_by([.view, .keys]) | all(.[]; length == 1)' "$TMP/keys"
check "completion is shell" bash -n completions/caseload.bash
check "it knows commands and options" bash -c '. completions/caseload.bash
	compopt() { :; }
	COMP_WORDS=(caseload cit) COMP_CWORD=1; _caseload; [[ " ${COMPREPLY[*]} " == *" citizens "* ]] || exit 1
	COMP_WORDS=(caseload list --col) COMP_CWORD=2; _caseload; [[ " ${COMPREPLY[*]} " == *" --columns= "* ]]'
