# A note without its text: the editor where a person sits, a sentence where none does.
. tests/lib.sh
start_service
if [ ! -x "$BUILD/tests/pty" ]; then
	skip "a text in the editor" "$BUILD/tests/pty is not built"
	exit
fi
caseload list is:open team:me owner:none --limit=1 --json=number,id >"$TMP/cases" 2>"$ERR"
n=$(jq -r '.[0].number' "$TMP/cases") id=$(jq -r '.[0].id' "$TMP/cases")
expect "without a terminal: exit 2" 2 caseload note "$n"
err_has "and how to give it" "standard input"
printf '#!/bin/sh\necho "- Written in the editor" >"$1"\n' >"$TMP/writes"
printf '#!/bin/sh\n:\n' >"$TMP/nothing"
printf '#!/bin/sh\nexit 3\n' >"$TMP/fails"
chmod 700 "$TMP/writes" "$TMP/nothing" "$TMP/fails"
editor() {
	cat >"$TMP/edit.t" <<-T
		size 80x24
		test $1
		env EDITOR=$TMP/$2
		run caseload note $n --config=$XDG_CONFIG_HOME/caseload/config
		$3
		exit $4
	T
	"$BUILD/tests/pty" "$TMP/edit.t" || bad=$((bad + 1))
}
unset VISUAL
editor "on a terminal the editor opens" writes "wait accepted by the service" 0
check "the note is on the timeline" sh -c \
	"curl -sS -H 'Authorization: Bearer $TOKEN' -H 'Purpose: test' '$URL/cases/$id/events?limit=200' | grep -q 'Written in the editor'"
editor "nothing was written" nothing "wait nothing was done" 130
editor "an editor that fails" fails "wait the text was not taken" 130
check "no file is left" test -z "$(find "$XDG_RUNTIME_DIR" -name 'text-*')"
