# A new kind of case is one file: loaded while the service runs and the screen is open; a case of it is
# opened, filled in and closed there, and found by its field. Neither program is started again.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=0
service
run caseload
waitrow 2 14 shown of 14
shell echo $PID >$TMP/client
shell printf '%s\n' '[kind]' 'id = dog-licence' 'name = Dog licence' 'service = animals' 'due = 5 working days' '' '[field chip]' 'label = Number of the chip' 'type = reference' 'pattern = ^[0-9]{15}$' 'required = yes' '' '[field breed]' 'label = Breed' 'type = choice' 'values = poodle, greyhound, other' '' '[step asked]' 'name = Asked for' 'status = new' 'next = given' '' '[step given]' 'name = Licence given' 'status = resolved' '' '[template dog-given]' 'name = Your dog has its licence' 'language = en' 'outcome = given' 'text =' '	Dear {{citizen.name}},' '	' '	your dog has its licence now.' >$TMP/dog.kind

test the kind is not known before
keys f
waitrow 1 Find a citizen
type okafor jane
waitrow 1 1 found
keys <Esc>n
wait which kind?
has Missed bin collection
hasnt Dog licence
keys <Esc>
waitrow 1 Find a citizen

test the file is loaded into the running service, and the open screen offers the kind
shell caseloadd kind load $TMP/dog.kind --data $TMP/service >/dev/null
until tests/ask '/kinds?limit=200' 'any(.items[]; .id == "dog-licence")'
keys n
wait which kind?
wait Dog licence

test its form asks for its fields; the kind is chosen by typing, faster than the screen is drawn
keys dog<Enter>
wait Number of the chip
waitrow 1 Dog licence
has Breed

test what is missing is said at the field, and nothing typed is lost
type 12
keys <F2>
waitrow 24 Number of the chip
waitrow 23 field 2/
has 12
keys <BS><BS>
type 900012345678901
keys <Down><Right><F2>
waitrow 1 Dog licence

test the service has the case, with what was filled in, and the kind's team and date
until tests/ask '/cases?q=kind:dog-licence&limit=10' '.items | length == 1'
shell tests/ask '/cases?q=kind:dog-licence&limit=10' '.items[0] | .fields.chip == "900012345678901" and .fields.breed == "poodle" and .step == "asked" and .team == "parks" and .due'

test it is found by its field, on the screen
keys gw
waitrow 1 1 Mine
keys :
type view cases fields.chip:900012345678901
keys <Enter>
waitrow 2 1 shown of 1
wait Dog licence

test the answer of its template closes it: R, Enter, x
keys R
wait dog-given
keys <Enter>
wait your dog has its licence now.
keys x
until tests/ask '/cases?q=kind:dog-licence&limit=10' '.items[0] | .status == "resolved" and .outcome == "given"'

test neither was started again
shell kill -0 $(cat $TMP/client)
keys Q
exit 0
