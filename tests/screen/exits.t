# Every string of tests/fake/hostile through the doors of the screen: rows, case, entry in full, preview, form,
# prompt, pre-filled line, notices, search, key hints, clipboard and the editor's file. What the terminal got is
# looked at byte by byte. No title is ever set.
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
keys <PgDn>
save $TMP/s2
transcript $TMP/t1
shell $BUILD/tests/fake/hostile look 'the list, with its preview' $TMP/t1 $TMP/s1 $TMP/s2

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
