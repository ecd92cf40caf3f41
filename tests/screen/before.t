# What was done before this start can be taken back from the list, and is not offered again once it was.
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
keys <lt>
waitrow 24 priority down
wait sync live
gone outbox 1
keys Q
exit 0

test the next session: u takes nothing back, U shows what there is
run caseload
waitrow 2 14 shown of 14
keys u
waitrow 24 Nothing was done in this session; U lists
keys U
waitrow 1 DONE, NEWEST FIRST
waitrow 3 priority down
waitrow 24 Enter takes it back

test it is taken back by Enter, and the list says so
keys <Enter>
waitrow 24 Taken back: priority down
waitrow 3 Nothing was done yet
keys q
wait sync live
gone outbox 1
keys U
waitrow 3 Nothing was done yet
keys Q
exit 0

test nor is it offered at the start after that
run caseload
waitrow 2 14 shown of 14
keys U
waitrow 3 Nothing was done yet
keys Q
exit 0
