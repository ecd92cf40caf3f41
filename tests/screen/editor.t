# The editor is a script that writes the text and then stays open until it is told to end.
test what the editor saved is kept as a draft when the program is ended
size 80x24
env CASELOAD_UI_CLOCK=no
env EDITOR=sh $TMP/editor
service
shell printf 'echo "Half a letter." > "$1"; echo EDITING; exec sleep 20\n' > "$TMP/editor"
run caseload
waitrow 2 14 shown of 14
keys r
wait EDITING
signal TERM
exit 0
shell test -z "$(find "$XDG_RUNTIME_DIR" -name 'edit.*' 2>/dev/null)"

test the draft is offered at the next start
env EDITOR=true
run caseload
waitrow 24 1 draft waits; go shows it.
keys go
wait DRAFTS
wait reply
keys Q
exit 0

test an editor that fails sends nothing
env EDITOR=false
run caseload
waitrow 2 14 shown of 14
keys jn
wait The editor ended with an error; the text was not taken.
hasnt outbox 1
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases/c2" | jq .version)" = 1
keys Q
exit 0
