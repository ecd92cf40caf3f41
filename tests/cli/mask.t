# Reference, day of birth and the fields a kind calls sensitive are masked in whatever a command prints, until
# --unmask asks for them with a reason, which the service's access log then has.
. tests/lib.sh
start_service
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $3, want $2"; fail "$1"; fi; }

caseload register given=Wilma family=Dubbelman born=1971-05-09 ref=NL55512345 phone='+31 6 5550 0001' --json >"$TMP/new" 2>"$ERR"
id=$(api GET "/citizens?q=ref:NL55512345" | jq -r ".items[0].id")
caseload new --kind=blue-badge --citizen="$id" 'request=first badge' 'holder=the applicant' doctor='Dr Secretive' 'doctor_may_be_asked=yes' \
	'subject=Badge for Wilma' --team=refuse --purpose="she asked" >"$OUT" 2>"$ERR" || { cat "$ERR" | sed 's/^/# /'; fail "a case with a sensitive field"; }
number=$(caseload list 'Badge for Wilma' --json=number 2>/dev/null | jq -r '.[0].number')
caseload state "$number" check >/dev/null 2>&1
caseload edit "$number" doctor='Dr Unseen' >/dev/null 2>&1

hides() { # hides NAME COMMAND...: none of the secrets is in what it prints
	local name=$1
	shift
	"$@" >"$OUT" 2>"$ERR" </dev/null
	if grep -qE '1971-05-09|NL55512345|Secretive|Unseen' "$OUT" "$ERR"; then
		grep -hE '1971-05-09|NL55512345|Secretive|Unseen' "$OUT" "$ERR" | head -3 | sed 's/^/# /'
		fail "$name"
	else
		pass "$name"
	fi
}
for form in "" --plain --json; do
	hides "citizens ${form:-table}" caseload citizens dubbelman $form
	hides "citizen ${form:-table}" caseload citizen "$id" --purpose=test $form
	hides "list ${form:-table}" caseload list 'Badge for Wilma' $form
	hides "show ${form:-table}" caseload show "$number" $form
	hides "a dry run ${form:-table}" caseload edit "$number" 'walking=40' --dry-run $form
done
hides "list with the column born" caseload list 'Badge for Wilma' --columns=number,born
has "of which the year stays" "1971-**"
hides "list --json=fields,citizen" caseload list 'Badge for Wilma' --json=fields,citizen
has "and stars stand in its place" '"doctor":"******"'
hides "show --where" caseload show --where 'Badge for Wilma'
hides "a dry run that takes a secret away" caseload correct "$id" born=1971 --dry-run

expect "--unmask without a reason: exit 2" 2 caseload citizen "$id" --unmask --no-input
err_has "and how to give it" "purpose=TEXT"
expect "show --unmask without a reason: exit 2" 2 caseload show "$number" --unmask --no-input
expect "citizen --unmask" 0 caseload citizen "$id" --unmask --purpose="identity check"
has "the day of birth" "1971-05-09"
has "the reference" "NL55512345"
is "citizens --unmask --json" '["1971-05-09","NL55512345",false]' \
	"$(caseload citizens dubbelman --unmask --purpose='by name' --json 2>/dev/null | jq -c '.[0] | [.born, .ref, .masked]')"
is "masked says so" true "$(caseload citizens dubbelman --json=masked 2>/dev/null | jq '.[0].masked')"
expect "show --unmask" 0 caseload show "$number" --unmask --purpose="the doctor is called"
has "the sensitive field" "Dr Unseen"
has "and what it was, on the timeline" "Dr Secretive"
api GET "/citizens/$id/access?limit=50" >"$TMP/log"
for why in "identity check" "by name" "the doctor is called"; do
	check "the access log has: $why" grep -q "$why" "$TMP/log"
done

# A person outside one's own work: refused without a reason; with a terminal it is asked for.
caseload register given=Odo family=Elsewhere born=1950-02-03 >/dev/null 2>"$ERR"
other=$(api GET "/citizens?q=elsewhere" | jq -r ".items[0].id")
rm -rf "$XDG_RUNTIME_DIR/caseload" "$XDG_CACHE_HOME/caseload"
expect "a person of nobody's work: exit 8" 8 caseload citizen "$other" --no-input
err_has "and how it is opened" "purpose=TEXT says why"
expect "with a reason: exit 0" 0 caseload citizen "$other" --purpose="a visit"
if [ -x "$BUILD/tests/pty" ]; then
	cat >"$TMP/ask.t" <<-T
		size 80x24
		test on a terminal the reason is asked for, and the command goes on
		run caseload citizen $other --config=$XDG_CONFIG_HOME/caseload/config
		wait Why do you open this person?
		type a second visit
		keys <Enter>
		wait Elsewhere
		exit 0
	T
	"$BUILD/tests/pty" "$TMP/ask.t" || bad=$((bad + 1))
	api GET "/citizens/$other/access?limit=50" >"$TMP/log"
	check "and the access log has it" grep -q "a second visit" "$TMP/log"
fi
