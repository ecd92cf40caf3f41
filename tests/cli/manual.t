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
check "completion is shell" bash -n cli/caseload.bash
check "it knows commands and options" bash -c '. cli/caseload.bash
	compopt() { :; }
	COMP_WORDS=(caseload cit) COMP_CWORD=1; _caseload; [[ " ${COMPREPLY[*]} " == *" citizens "* ]] || exit 1
	COMP_WORDS=(caseload list --col) COMP_CWORD=2; _caseload; [[ " ${COMPREPLY[*]} " == *" --columns= "* ]]'
# Each command, each option of it: what the program takes (it refuses others) is what completion offers.
cat >"$TMP/complete" <<'S'
. cli/caseload.bash
compopt() { :; }
COMP_WORDS=(caseload "") COMP_CWORD=1; _caseload
commands=("${COMPREPLY[@]}")
[ ${#commands[@]} -ge 24 ] || { echo "only ${#commands[@]} commands"; exit 1; }
for command in "${commands[@]}"; do
	COMP_WORDS=(caseload "$command" --) COMP_CWORD=2; _caseload
	offered=$(printf '%s\n' "${COMPREPLY[@]%=}" | sort -u)
	shown=$(caseload "$command" --help | sed -n '/^Options:/,$p' | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' |
		grep -oE -- '--[a-z-]+' | sort -u)
	[ "$offered" = "$shown" ] || { echo "$command: $offered"; exit 1; }
	for option in $offered; do
		caseload "$command" "$option=x" --no-such-option </dev/null 2>&1 | grep -q "no option $option" && {
			echo "$command does not take $option"; exit 1; }
	done
done
exit 0
S
check "completion offers every option of every command" bash "$TMP/complete"
S='list show citizens citizen note reply close assign new'
for command in $S; do
	check "man 1 caseload has every option of $command" bash -c "caseload $command --help | sed -n '/^Options:/,\$p' |
		grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | while read -r o; do
			sed 's/\\\\-/-/g' man/caseload.1 | grep -qF -- \"\$o\" || exit 1; done"
done
