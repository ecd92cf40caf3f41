# A new case: kind, form, errors at the field, and what the service then has.
size 80x24
service
run caseload
wait Okafor
test a kind is chosen by typing, for the citizen in focus
keys f
wait Find a citizen
type okafor jane
wait Okafor, Jane
keys <Tab>
keys n
wait New case for Okafor, Jane: which kind?
type bin
gone Housing benefit
keys <Enter>
waitrow 1 New case: Missed bin collection, for Okafor, Jane
test what is missing is said at the field, and the focus goes to the first bad one
keys <F2>
waitrow 24 Which bin is needed
row 5 ! Which bin is needed
has ! Day it was missed is needed
row 23 Form, field 2/
test typed values stay, a wrong one says what would do
keys <Right><Enter>
type someday
keys <Enter>
keys <Enter>
type nonsense
keys <F2>
waitrow 24 someday
has refuse
has nonsense
keys <C-u>
type 2026-11-02
keys <Enter><Enter><C-u>
type R-17
test what was typed is there again after a hang-up
signal HUP
exit 0
run caseload
wait Okafor
keys f
wait Find a citizen
type okafor jane
wait Okafor, Jane
keys <Tab>n
wait which kind?
type bin
keys <Enter>
waitrow 24 What you typed last time
has R-17
has 2026-11-02
test the case is opened and shown under its number
keys <F2>
waitrow 4 Timeline
waitrow 1 Missed bin collection
waitrow 1 v1
shell caseload list 'citizen:p1' --json=fields,subject | grep -q R-17
test its fields are edited in the same form
keys e
wait Save the changes
keys <Enter><Enter><Enter><C-u>
type 3-R
keys <F2>
waitrow 24 Collection round
keys <C-u>
type R-18
keys <F2>
waitrow 4 Timeline
until caseload list 'citizen:p1' --json=fields,subject | grep -q R-18
test s shows where it can go, and a letter does it
keys s
wait where to?
has Round told to collect
keys r
waitrow 3 Round told to collect
until caseload list 'citizen:p1' --json=step,subject | grep -q round-told
keys Q
exit 0
