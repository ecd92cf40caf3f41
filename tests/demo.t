# `make run` without a terminal: one case worked from the search to the close, as a person would see it, and
# what the service then holds.
size 80x24
test one case worked in the demonstration: search, open, answer, close
run caseload --demo
wait as: s.rossi
wait Okafor
show
keys f
wait Find a citizen
type okafor jane
wait Okafor, Jane
show
keys <Enter>
wait Missed bin
keys <Enter>
wait Timeline
wait babies
show
keys R
wait Answer to
keys /
type bin-sorry
keys <Enter>
waitrow 3 bin-sorry
keys <Enter>
wait asks for when
type Friday noon
keys <Enter>
wait Friday noon
show
keys x
waitrow 1 RESOLVED
show
keys Q
exit 0
shell echo; echo What the service holds:; caseload --demo list citizen:p1 status:resolved; caseload --demo show $(caseload --demo list citizen:p1 --plain --no-header | cut -f 1) | tail -n 25
shell caseload --demo list citizen:p1 --json=status | grep -q '"status":"resolved"'
