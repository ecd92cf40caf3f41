# Files and links of a case of a real Request Tracker, on the screen.
size 80x24
live rt bram
shell mkdir $TMP/desk && head -c 120000 /dev/urandom >$TMP/desk/foto.jpg && printf 'plan' >$TMP/desk/plan.txt
shell printf '#!/bin/sh\nprintf "Words of a note.\\n" >"$1"\n' >$TMP/write; chmod +x $TMP/write
env EDITOR=$TMP/write
env CASELOAD_FILES_DIR=$TMP/desk
run caseload
wait 6 shown of 6
type :view case 2
keys <Enter>
waitrow 4 advisory: somebody else may still take it
waitrow 5 Timeline
test A asks before it attaches, since it stays
keys A
waitrow 24 :attach
type $TMP/desk/fo
keys <Tab>
waitrow 24 foto.jpg
keys <Enter>
waitrow 24 It stays on the timeline for good. Do it?
keys y
keys 3
waitrow 5 [3 Files 1]
waitrow 24 foto.jpg: Enter fetches it.
keys 1
has internal note, 1 file
keys 3
waitrow 24 foto.jpg: Enter fetches it.
test Enter fetches it, beside what is there
keys <Enter>
waitrow 24 foto.jpg, 117 KiB, is in
shell cmp $TMP/desk/foto.jpg $TMP/desk/foto-2.jpg
test a note with a file
keys n
waitrow 1 colleagues
keys A
type $TMP/desk/plan.txt
keys <Enter>
waitrow 24 1 file goes along
row 3 Files plan.txt
keys D
waitrow 24 0 files go along
keys A
type $TMP/desk/plan.txt
keys <Enter>
waitrow 3 Files plan.txt
keys y
waitrow 5 [3 Files 2]
test a linked case is opened from its tab
type :link 8 --as=depends-on
keys <Enter>
keys 4
waitrow 7 depends-on   8
keys gg<Enter>
waitrow 1 8  
keys q
waitrow 5 [4 Links
test the address people open in a browser
keys yu
waitrow 24 Ticket/Display.html?id=2
keys Q
exit 0
