# One case worked end to end at 80x24: read, answered from a template, closed; then the service is asked.
size 80x24
service
run caseload
test the case says who, what and how late, and what happened
wait Okafor
row 4 Okafor
keys <Enter>
waitrow 1 Missed bin, third week
waitrow 2 #p1
row 2 citizen  Okafor, Jane
row 2 (gc = 360)
row 1 P1
row 1 late
row 3 owner    you     team Refuse
waitrow 4 [1 Timeline 7]
row 6 citizen, web form
row 6 1 of 7
has   Our bin was not emptied on three Wednesdays in a row.
has took the case
has reply by e-mail
has delivered
waitrow 24 It is still not collected.
row 23 Case 1/
row 23 entry 7/7
test the focus is where the cursor is, and moves entry by entry
keys k
waitrow 23 entry 6/7
row 24 reply by e-mail
keys gg
waitrow 23 entry 1/7
cursor 6 1
row 24 citizen, web form
keys G
waitrow 23 entry 7/7
test the tabs
keys 2
waitrow 4 [2 Fields]
has Which bin
has Subject
keys 5
waitrow 4 [5 Audit]
has Who looked at the citizen
wait case:c1
keys 1
waitrow 4 [1 Timeline 7]
test the timeline is filtered as one types
keys /
type lorry
waitrow 4 [1 Timeline 7]
gone took the case
keys <Esc>
wait took the case
test templates come most fitting first, with what the citizen will read
keys R
wait Answer to Okafor, Jane
row 3 bin-sorry
has Dear Jane Okafor,
keys <Enter>
wait The template asks for when:
keys <Esc>
waitrow 4 [1 Timeline 7]
keys R
wait Answer to Okafor, Jane
keys <Enter>
wait The template asks for when:
type Monday
keys <Enter>
waitrow 2 filled in: when=Monday
row 1 To    Okafor, Jane <
row 1 by e-mail   language en
row 3 --
has A lorry will come by Monday.
waitrow 24 u recalls it
test one key sends it and closes the case
keys x
waitrow 1 RESOLVED
row 1 saved here
wait saved here
waitrow 24 leaves in 10 s
test a recalled answer is not lost
keys u
waitrow 24 Taken back
waitrow 1 NEW
keys r
wait A lorry will come by Monday.
keys x
waitrow 1 RESOLVED
waitrow 1 v2
shell caseload show c1 | grep -q 'A lorry will come by Monday'
shell caseload list --json=status number:$(caseload show c1 --json=number | sed 's/.*"number":"\([^"]*\)".*/\1/') | grep -q '"status":"resolved"'
keys Q
exit 0
test from 120 columns on fields and citizen stand at the right
size 160x48
run caseload
wait Müller
keys <Enter>
waitrow 3 fields (e edits)
waitrow 1 version
wait citizen 360 (gc opens)
keys Q
exit 0
