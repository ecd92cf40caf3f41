# Linked cases, duplicates, and files, on the native service: it keeps links and takes no files.
size 80x24
service
shell mkdir $TMP/desk && printf 'what the citizen brought' >$TMP/desk/scan.txt
env EDITOR=$TMP/write
shell printf '#!/bin/sh\nprintf "Words of a note.\\n" >"$1"\n' >$TMP/write; chmod +x $TMP/write
run caseload
wait Okafor
keys <Enter>
waitrow 4 Timeline 7
test a case is linked to another one, which stands on its tab and opens
keys L
waitrow 24 :link
type c2 --as=depends-on
keys <Enter>
until caseload show c1 | grep -q '^depends-on'
keys 4
waitrow 4 [4 Links
waitrow 6 depends-on   ¿¿¿¿-
has No other case of this citizen
keys gg<Enter>
waitrow 4 Timeline
hasnt Missed bin, third week
keys q
waitrow 4 [4 Links
test one the store has not seen is asked for, and what is not there is said
type :link 1999-999999
keys <Enter>
waitrow 24 There is no
row 6 depends-on
test u takes the link away again
keys u
waitrow 24 Taken back
until ! caseload show c1 | grep -q '^depends-on'
test the address of a case can be taken out
keys yu
waitrow 24 /cases/c1
test a merge says before that it cannot be undone, and Enter alone does nothing
type :merge c2
keys <Enter>
waitrow 24 A merge cannot be undone. Do it?
keys <Enter>
shell ! caseload show c1 | grep -q '^duplicate'
type :merge c2
keys <Enter>
waitrow 24 A merge cannot be undone. Do it?
keys y
until caseload show c1 | grep -q '^duplicate'
waitrow 1 RESOLVED
test a service that takes no files says so before anything is saved
keys A
waitrow 24 :attach
type $TMP/desk/sc
keys <Tab>
waitrow 24 scan.txt
keys <Enter>
waitrow 24 takes no files
test in the review of a note too
keys n
waitrow 1 colleagues
keys A
waitrow 24 :attach-file
type $TMP/desk/scan.txt
keys <Enter>
waitrow 24 takes no files
hasnt Files scan.txt
keys y
wait Words of a note.
until caseload outbox --json | grep -q '^\[\]'
keys 3
waitrow 4 [3 Files]
has No files came with this case.
keys Q
exit 0
