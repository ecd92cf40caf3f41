# Windows of every size, and a storm of them.
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
keys jj
waitrow 24 ¿¿¿¿-004561

test 20x5: too small is said, and Q still ends
resize 20x5
wait too small
resize 40x12
gone too small
waitrow 12 ¿¿¿¿-004561
cursor 6 1

test 40x12: a case is opened, read and left
keys <Enter>
waitrow 1 ¿¿¿¿-004561
keys ?
wait Keys in: Case
keys <Esc>
waitrow 1 ¿¿¿¿-004561
keys q
waitrow 12 ¿¿¿¿-004561

test 160x48: the preview is there, the cursor on the same record
resize 160x48
waitrow 48 ¿¿¿¿-004561
wait Missed bin, Kerkstraat
cursor 6 1

test a storm of sizes ends with the right screen
resize 20x5
resize 41x13
resize 200x60
resize 1x1
resize 30x200
resize 2x1
resize 300x2
resize 80x24
resize 20x5
resize 132x43
resize 1x1
resize 80x24
waitrow 24 ¿¿¿¿-004561
row 23 Worklist 3/14
cursor 6 1
has legend:

test in a form the focus and what was typed stay
keys e
wait How many times
keys <Down><Down>
type  by the gate
resize 40x12
resize 20x5
resize 80x24
wait by the gate
keys <F8>
keys <Esc>

test started in 20x5, and ended there
resize 80x24
waitrow 23 3/14
keys Q
exit 0
size 20x5
run caseload
wait too small
keys Q
exit 0
restored
never \e[?1000h
