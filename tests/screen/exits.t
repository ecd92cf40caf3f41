# Every string of tests/fake/hostile through the doors of the screen: rows, case, entry in full, preview, form,
# prompt, pre-filled and completed line, notices, search, key hints, clipboard, the editor's file and the outbox.
# What the terminal got is looked at byte by byte. No title is ever set.
size 200x60
env CASELOAD_UI_CLOCK=no
env CASELOAD_UI_COPY=osc52
env EDITOR=/bin/false
service
shell tests/hostile-cases $TMP

test rows of the list, with the preview beside them
run caseload
waitrow 4 Q
save $TMP/s1
keys j
save $TMP/p0
keys j
save $TMP/p1
keys j
save $TMP/p2
keys j
save $TMP/p3
keys j
save $TMP/p4
keys j
save $TMP/p5
keys j
save $TMP/p6
keys j
save $TMP/p7
keys j
save $TMP/p8
keys j
save $TMP/p9
keys j
save $TMP/p10
keys j
save $TMP/p11
keys j
save $TMP/p12
keys j
save $TMP/p13
keys j
save $TMP/p14
keys j
save $TMP/p15
keys j
save $TMP/p16
keys j
save $TMP/p17
keys j
save $TMP/p18
transcript $TMP/t1
shell LEAST=200 $BUILD/tests/fake/hostile look 'the list, with its preview' $TMP/t1 $TMP/s1 $TMP/p*

test the case, its timeline, an entry in full
keys /
type Q0.
keys <Enter>
waitrow 2 1 shown of
keys <Enter>
wait Timeline
wait Q40.
save $TMP/s3
keys <Enter>
wait Q30.
save $TMP/s4
keys <PgDn>
save $TMP/s5
keys <PgDn>
save $TMP/s6
keys <PgDn>
save $TMP/s7
keys <PgDn>
save $TMP/s8
keys q
wait Timeline
transcript $TMP/t2
shell $BUILD/tests/fake/hostile look 'the case and an entry in full' $TMP/t2 $TMP/s3 $TMP/s4 $TMP/s5 $TMP/s6 $TMP/s7 $TMP/s8

test the editor's file: what is not changed there is not changed here
shell printf '%s\n' '[kind]' 'id = told' 'name = Told at length' 'service = waste' '' '[field words]' 'label = Words' 'type = long_text' '' '[step new]' 'name = New' 'status = new' 'next = done' '' '[step done]' 'name = Done' 'status = resolved' >$TMP/told.kind; caseloadd kind load $TMP/told.kind --data $TMP/service
shell tests/hostile-cases $TMP told
shell printf '#!/bin/sh\ncat "$1" >>%s/edited\n' $TMP >$TMP/editor; chmod 700 $TMP/editor
keys q
waitrow 1 1 Mine
keys Q
exit 0
env EDITOR=$TMP/editor
run caseload
waitrow 2 shown of
keys /
type told at length
keys <Enter>
waitrow 2 1 shown
keys e
wait Save the changes
keys <C-e>
until grep -q Q240 $TMP/edited
wait Save the changes
keys <Esc>
gone Save the changes
shell $BUILD/tests/fake/hostile look 'the file of the editor' $TMP/edited
shell tests/ask '/cases?q=told' '.items[0].fields.words | contains("\u001b[2J")'
keys /
keys <C-u>Q0.<Enter>
waitrow 2 1 shown of
keys <Enter>
wait Timeline

test a form, a line that is filled in before, a search, the clipboard, a notice
keys e
wait Save the changes
save $TMP/s1
keys <Esc>
gone Save the changes
keys #<Tab><Tab>
waitrow 60 :tag
save $TMP/s2
keys <Esc>
gone :tag
keys yl
save $TMP/s3
keys q
waitrow 1 1 Mine
keys <C-p>
waitrow 1 Commands in
type Q
save $TMP/s4
keys <Esc>
waitrow 1 1 Mine
transcript $TMP/t3
shell $BUILD/tests/fake/hostile look 'form, prompt, palette, clipboard, notice' $TMP/t3 $TMP/s1 $TMP/s2 $TMP/s3 $TMP/s4
keys Q
exit 0
never \e]0;
never \e]1;
never \e]2;
never \ek
restored

test a line that is completed by names of files
shell mkdir $TMP/home/h; $BUILD/tests/fake/hostile files $TMP/home/h
run caseload
waitrow 2 shown of
keys :
type attach-file $TMP/home/h/g0-
keys <Tab>
save $TMP/c0
keys <Esc>
keys :
type attach-file $TMP/home/h/g1-
keys <Tab>
save $TMP/c1
keys <Esc>
keys :
type attach-file $TMP/home/h/g2-
keys <Tab>
save $TMP/c2
keys <Esc>
keys :
type attach-file $TMP/home/h/g3-
keys <Tab>
save $TMP/c3
keys <Esc>
keys :
type attach-file $TMP/home/h/g4-
keys <Tab>
save $TMP/c4
keys <Esc>
keys :
type attach-file $TMP/home/h/g5-
keys <Tab>
save $TMP/c5
keys <Esc>
keys :
type attach-file $TMP/home/h/g6-
keys <Tab>
save $TMP/c6
keys <Esc>
keys :
type attach-file $TMP/home/h/g7-
keys <Tab>
save $TMP/c7
keys <Esc>
keys :
type attach-file $TMP/home/h/g8-
keys <Tab>
save $TMP/c8
keys <Esc>
keys :
type attach-file $TMP/home/h/g9-
keys <Tab>
save $TMP/c9
keys <Esc>
keys :
type attach-file $TMP/home/h/g10-
keys <Tab>
save $TMP/c10
keys <Esc>
keys :
type attach-file $TMP/home/h/g11-
keys <Tab>
save $TMP/c11
keys <Esc>
keys :
type attach-file $TMP/home/h/g12-
keys <Tab>
save $TMP/c12
keys <Esc>
keys :
type attach-file $TMP/home/h/g13-
keys <Tab>
save $TMP/c13
keys <Esc>
keys :
type attach-file $TMP/home/h/g14-
keys <Tab>
save $TMP/c14
keys <Esc>
keys :
type attach-file $TMP/home/h/g15-
keys <Tab>
save $TMP/c15
keys <Esc>
keys :
type attach-file $TMP/home/h/g16-
keys <Tab>
save $TMP/c16
# Marks are what takes room: the end of the line stands before the cursor.
cells 60 60 192 0053>Z
cursor 60 199
keys <Esc>
keys :
type attach-file $TMP/home/h/g17-
keys <Tab>
save $TMP/c17
keys <Esc>
keys :
type attach-file $TMP/home/h/g18-
keys <Tab>
save $TMP/c18
keys <Esc>
keys :
type attach-file $TMP/home/h/g19-
keys <Tab>
save $TMP/c19
keys <Esc>
keys :
type attach-file $TMP/home/h/
keys <Tab><Tab>
save $TMP/c20
keys <Esc>
transcript $TMP/t5
shell LEAST=200 $BUILD/tests/fake/hostile look 'completion' $TMP/t5 $TMP/c*
keys Q
exit 0

test the outbox, on the screen and as a command
shell $BUILD/tests/fake/hostile outbox $TMP/data/caseload $TMP/run/caseload test
run caseload
waitrow 2 shown of
resize 250x60
keys go
wait OUTBOX
save $TMP/o1
transcript $TMP/t4
shell LEAST=200 $BUILD/tests/fake/hostile look 'the outbox' $TMP/t4 $TMP/o1
keys Q
exit 0
shell caseload outbox >$TMP/x1 2>&1; script -qec 'caseload outbox --no-pager' /dev/null </dev/null >$TMP/x2 2>&1; LEAST=200 $BUILD/tests/fake/hostile look 'caseload outbox' $TMP/x1 $TMP/x2
shell caseload outbox --plain >$TMP/x3 2>&1; script -qec 'caseload outbox --json --no-pager' /dev/null </dev/null >$TMP/x4 2>&1; LEAST=200 $BUILD/tests/fake/hostile look 'caseload outbox --plain, --json on a terminal' $TMP/x3 $TMP/x4
