# `?` lists the keys of a screen, every one and no other: it is the table that `caseload keys` prints.
size 80x120
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14

test in the worklist
keys ?
waitrow 1 Keys in: Worklist
save $TMP/screen
shell caseload keys --json | jq -r '.[] | select(.view == "cases") | .keys + " " + .line' | sort >$TMP/want; sed -n '3,117p' $TMP/screen | sed '/^$/d; s/  .*//' | sort >$TMP/got; cut -d' ' -f1 $TMP/want | sort >$TMP/want.keys; diff $TMP/want.keys $TMP/got && test $(wc -l <$TMP/got) -gt 20
keys <Esc>
gone Keys in:

test each line can be run from there: a key of the list does what its line says
keys ?
waitrow 1 Keys in: Worklist
type bottom
waitrow 1 2 shown
keys <Enter>
waitrow 119 Worklist 14/14
keys <Home>

test what is not in the list does nothing, and says so
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "Z")' >/dev/null
keys Z
waitrow 120 Z does nothing here
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "w")' >/dev/null
keys w
waitrow 120 w does nothing here
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "m")' >/dev/null
keys m
waitrow 120 m does nothing here
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "%")' >/dev/null
keys %
waitrow 120 % does nothing here
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "F9")' >/dev/null
keys <F9>
waitrow 120 F9 does nothing here
shell ! caseload keys --json | jq -e 'any(.[]; .view == "cases" and .keys == "Ctrl-T")' >/dev/null
keys <C-t>
waitrow 120 Ctrl-T does nothing here

test in a case
keys <Enter>
waitrow 1 ¿¿¿¿-004415
keys ?
waitrow 1 Keys in: Case
save $TMP/screen
shell caseload keys --json | jq -r '.[] | select(.view == "case") | .keys + " " + .line' | sort >$TMP/want; sed -n '3,117p' $TMP/screen | sed '/^$/d; s/  .*//' | sort >$TMP/got; cut -d' ' -f1 $TMP/want | sort >$TMP/want.keys; diff $TMP/want.keys $TMP/got && test $(wc -l <$TMP/got) -gt 20
keys <Esc>
gone Keys in:

test in the templates
keys R
wait Answer to
keys ?
waitrow 1 Keys in: Answer from a template
save $TMP/screen
shell caseload keys --json | jq -r '.[] | select(.view == "templates") | .keys + " " + .line' | sort >$TMP/want; sed -n '3,117p' $TMP/screen | sed '/^$/d; s/  .*//' | sort >$TMP/got; cut -d' ' -f1 $TMP/want | sort >$TMP/want.keys; diff $TMP/want.keys $TMP/got && test $(wc -l <$TMP/got) -gt 20
keys <Esc>
gone Keys in:
keys q
waitrow 1 ¿¿¿¿-004415

test in the citizen all round
keys gc
wait CASES
keys ?
waitrow 1 Keys in: Citizen
save $TMP/screen
shell caseload keys --json | jq -r '.[] | select(.view == "citizen") | .keys + " " + .line' | sort >$TMP/want; sed -n '3,117p' $TMP/screen | sed '/^$/d; s/  .*//' | sort >$TMP/got; cut -d' ' -f1 $TMP/want | sort >$TMP/want.keys; diff $TMP/want.keys $TMP/got && test $(wc -l <$TMP/got) -gt 20
keys <Esc>
gone Keys in:
keys q
waitrow 1 ¿¿¿¿-004415

test in the outbox
keys go
wait OUTBOX 0
keys ?
waitrow 1 Keys in: Outbox and drafts
save $TMP/screen
shell caseload keys --json | jq -r '.[] | select(.view == "outbox") | .keys + " " + .line' | sort >$TMP/want; sed -n '3,117p' $TMP/screen | sed '/^$/d; s/  .*//' | sort >$TMP/got; cut -d' ' -f1 $TMP/want | sort >$TMP/want.keys; diff $TMP/want.keys $TMP/got && test $(wc -l <$TMP/got) -gt 20
keys <Esc>
gone Keys in:

keys Q
exit 0
