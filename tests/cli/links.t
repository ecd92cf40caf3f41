# Cases that hang together, duplicates, and files, on the native service: it keeps links, and takes no files.
. tests/lib.sh
start_service

field() { api GET "/cases/$1" | jq -r "$2"; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }

caseload list is:open team:me owner:none --limit=30 --json=number,id,restricted 2>/dev/null |
	jq 'map(select(.restricted | not))' >"$TMP/cases"
for n in 0 1 2; do jq -r ".[$n] | .number, .id" "$TMP/cases"; done >"$TMP/names"
{ read -r a; read -r a_id; read -r b; read -r b_id; read -r c; read -r c_id; } <"$TMP/names"

expect "link: the case, then the other" 0 caseload link "$a" "$b"
is "the service has it" "$(field "$a_id" '.links[0]')" "refers-to:$b"
expect "link, as its parent, NAME/NUMBER" 0 caseload link "$a" "test/$c" --as=parent
is "by its number, since it is the same service" "$(field "$a_id" '.links[1]')" "parent:$c"
expect "the address of a case of that service is its number too" 0 caseload link "$b" "$URL/cases/$c_id"
is "and stands as such" "$(field "$b_id" '.links[0]')" "refers-to:$c"
expect "an address of elsewhere" 0 caseload link "$a" https://rt.example/Ticket/Display.html?id=9 --as=depends-on
is "is taken as it is" "$(field "$a_id" '.links[2]')" "depends-on:https://rt.example/Ticket/Display.html?id=9"
expect "the same again: exit 2" 2 caseload link "$a" "$b"
err_has "it is so already" "It is so already"
expect "a case that is not there: exit 3" 3 caseload link "$a" 1999-999999
err_has "and says so" "1999-999999"
expect "itself: exit 2" 2 caseload link "$a" "$a_id"
err_has "and why" "this very case"
expect "no such relation: exit 2, with the nearest" 2 caseload link "$a" "$b" --as=parnt
err_has "is named" "did you mean parent?"
expect "plain http of elsewhere: exit 2" 2 caseload link "$a" http://rt.example/9
err_has "is refused" "https://"
expect "show has them" 0 caseload show "$a"
has "the relation and the number" "refers-to  $b"
has "and the address" "depends-on https://rt.example/Ticket/Display.html?id=9"
expect "unlink takes every link to it" 0 caseload unlink "$a" "$b"
is "off" "$(field "$a_id" '.links | length')" 2
expect "one that goes elsewhere, too" 0 caseload unlink "$a" 'https://rt.example/Ticket/Display.html?id=9'
is "off as well" "$(field "$a_id" '.links | join(" ")')" "parent:$c"
expect "no such link: exit 2" 2 caseload unlink "$a" "$b"
err_has "and says so" "There is no link to $b"
expect "links of several cases" 0 caseload link "$a" "$b" "$c" --as=child
is "the first has it" "$(field "$a_id" '.links | contains(["child:'"$c"'"])')" true
is "the second too" "$(field "$b_id" '.links | contains(["child:'"$c"'"])')" true

api PATCH "/cases/$a_id" -H "If-Match: *" --json '{"links":["refers-to:1999-999999"]}' >"$OUT" 2>&1
has "the service itself takes no link to what is not there" "There is no such other case"
api PATCH "/cases/$a_id" -H "If-Match: *" --json '{"links":["friend:'"$b"'"]}' >"$OUT" 2>&1
has "nor a relation it does not know" "refers-to:2026-000412"

expect "merge" 0 caseload merge "$b" "$a"
is "is its duplicate" "$(field "$b_id" .duplicate_of)" "$a_id"
is "and resolved" "$(field "$b_id" .status)$(field "$b_id" .outcome)" resolvedduplicate
expect "merged already: exit 2" 2 caseload merge "$b" "$a"
expect "merge --help says before" 0 caseload merge --help
has "that it stays" "A merge cannot be undone."

echo "what the citizen brought" >"$TMP/scan.txt"
for try in "attach $a $TMP/scan.txt" "note $a words --attach=$TMP/scan.txt" "reply $a --text=words --attach=$TMP/scan.txt"; do
	expect "${try%% *} with a file, on a service without: exit 8" 8 caseload $try
	err_has "a sentence, before anything is saved" "takes no files"
done
expect "nothing waits" 0 caseload outbox
hasnt "in the outbox" "$a"
expect "a note that begins with a dash is a note" 0 caseload note "$a" '-5 degrees, and no heating'
is "on the timeline" "$(api GET "/cases/$a_id/events?limit=200" | grep -c -- '-5 degrees')" 1
