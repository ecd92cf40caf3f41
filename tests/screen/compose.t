# Writing: the editor, the review, drafts that outlive the program.
size 80x24
service
shell printf '#!/bin/sh\nprintf "Written in the editor, for you.\\n" >"$2"; cp "$2" "$2~"; cp "$2" "${2%%/*}/.text.swp"\n' >$TMP/good; printf '#!/bin/sh\necho lost >"$1"; exit 3\n' >$TMP/bad; chmod +x $TMP/good $TMP/bad
env VISUAL=
env EDITOR=$TMP/good --wait
run caseload
test a note is written with the editor and its arguments, and reviewed before it goes
wait Okafor
keys <Enter>
waitrow 4 Timeline 7
keys n
waitrow 1 colleagues; the citizen does not see it
has Written in the editor, for you.
keys y
wait Timeline 8
wait internal note
until caseload show c1 | grep -q 'Written in the editor'
shell ! find $TMP -path '*/edit.*' | grep .
test a text is kept when the program is hung up, and offered again
keys r
waitrow 1 To    Okafor, Jane
has Written in the editor
signal HUP
exit 0
run caseload
wait Okafor
keys <Enter>
waitrow 4 Timeline
keys r
wait Your draft of
has Written in the editor
row 22 y send  x send and close
test the channel changes with one key; d keeps, Esc asks before it throws away
keys c
waitrow 1 by letter
keys d
waitrow 4 Timeline 8
waitrow 24 Kept as a draft
keys r
wait Your draft of
keys <Esc>
waitrow 24 [y/N]
keys <Enter>
wait Nothing was done.
has Written in the editor
keys <Esc>
waitrow 24 [y/N]
keys y
waitrow 24 Thrown away
waitrow 4 Timeline 8
keys Q
exit 0
test an editor that fails sends nothing
env EDITOR=$TMP/bad
run caseload
wait Okafor
keys <Enter>
waitrow 4 Timeline 8
keys r
waitrow 24 The editor ended with an error
waitrow 4 Timeline 8
keys Q
exit 0
shell ! caseload show c1 | grep -q lost
