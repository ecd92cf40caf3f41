# Files on a real Request Tracker by commands: up and down, bytes and names as they were, nothing written over.
. tests/lib.sh
live rt bram

is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; show_last; fail "$1"; fi; }
mkdir "$TMP/desk" "$TMP/here"
head -c 300000 /dev/urandom >"$TMP/desk/foto.jpg"
printf 'نص' >"$TMP/desk/عقد.txt"
ln -s foto.jpg "$TMP/desk/link.jpg"

expect "two files with a note of their names" 0 caseload attach 2 "$TMP/desk/foto.jpg" "$TMP/desk/عقد.txt"
expect "a note with a file" 0 caseload note 2 "As agreed" --attach="$TMP/desk/عقد.txt"
expect "an answer with a file" 0 caseload reply 2 --text="The plan is attached." --attach "$TMP/desk/foto.jpg"
is "the citizen is mailed once" "$(tests/live/mails rt)" 1
is "nothing is left beside the outbox" "$(find "$XDG_DATA_HOME/caseload/files" -type f | wc -l)" 0

expect "caseload file lists them" 0 caseload file 2
has "with the name" "عقد.txt"
caseload file 2 --json >"$TMP/files"
check "as JSON, with their sizes" jq -e '[.[] | select(.name == "foto.jpg" and .size == 300000)] | length == 2' "$TMP/files"
expect "show has them at their entries" 0 caseload show 2
has "each with its id" "foto.jpg"
id=$(jq -r '[.[] | select(.name == "foto.jpg")][0].id' "$TMP/files")
cd "$TMP/here"
expect "one of them by its id" 0 caseload file 2 "$id"
is "the same bytes" "$(cmp foto.jpg ../desk/foto.jpg && stat -c %a foto.jpg)" 600
expect "again" 0 caseload file 2 "$id"
check "beside the first" cmp foto-2.jpg ../desk/foto.jpg
expect "one name of two files: exit 2" 2 caseload file 2 foto.jpg
err_has "say which" "by its ID"
expect "no such file: exit 3" 3 caseload file 2 none.pdf
err_has "is said" "no file none.pdf"
word=$(jq -r '[.[] | select(.name == "عقد.txt")][0].id' "$TMP/files")
is "to standard output" "$(caseload file 2 "$word" -o -)" "نص"
expect "under a name" 0 caseload file 2 "$word" -o contract.txt
is "is there" "$(cat contract.txt)" "نص"
expect "never over another: exit 2" 2 caseload file 2 "$word" -o contract.txt
err_has "is left as it is" "left as it is"
expect "into files.dir" 0 caseload --set=files.dir="$TMP/desk" file 2 "$word"
is "beside the one of that name" "$(cat "$TMP/desk/عقد-2.txt")" "نص"
cd - >/dev/null

expect "a link to a file: exit 2" 2 caseload attach 2 "$TMP/desk/link.jpg"
err_has "name the file itself" "name the file itself"
expect "a directory: exit 2" 2 caseload attach 2 "$TMP/desk"
head -c 1100000 /dev/zero >"$TMP/desk/large.bin"
expect "larger than files.limit: exit 2" 2 caseload --set=files.limit=1 attach 2 "$TMP/desk/large.bin"
err_has "says the limit" "1 MiB"
is "nothing waits here" "$(caseload outbox --json | jq length)" 0
