# Each verb by its key on a case, and its effect asked of the service over HTTP.
size 80x24
env CASELOAD_UI_CLOCK=no
service
shell printf '#!/bin/sh\necho "Rang twice, nobody there." >>"$1"\n' >$TMP/editor; chmod +x $TMP/editor
env EDITOR=$TMP/editor
run caseload
waitrow 2 14 shown of 14

test note: written in the editor, seen once more, then sent
keys jn
wait Rang twice, nobody there.
has To    colleagues; the citizen does not see it
keys y
gone To    colleagues
until tests/ask '/cases/c2/events?limit=200' '[.items[] | select(.kind == "note" and .text == "Rang twice, nobody there." and .internal)] | length == 1'

test note: one line, typed after its key's command
keys :
type note Called back at noon
keys <Enter>
until tests/ask '/cases/c2/events?limit=200' '[.items[] | select(.kind == "note" and .text == "Called back at noon")] | length == 1'

test priority up
keys >
until tests/ask /cases/c2 '.priority == 1'
keys <lt>
until tests/ask /cases/c2 '.priority == 2'

test due
keys d
waitrow 24 :due
type 2099-03-01
keys <Enter>
until tests/ask /cases/c2 '.due[:10] == "2099-03-01"'

test tag, on and off
keys #
waitrow 24 :tag
type stairwell second-time
keys <Enter>
until tests/ask /cases/c2 '.tags | contains(["stairwell", "second-time"])'
keys #
type -second-time
keys <Enter>
until tests/ask /cases/c2 '.tags | contains(["stairwell"]) and (contains(["second-time"]) | not)'

test edit: the form of the kind, and only what changed is sent
keys <Home>e
waitrow 1 ¿¿¿¿-004415
wait How many times in a row
keys <Down><Down><Down><Down><Right><BS>
type 4
keys <F2>
until tests/ask /cases/c1 '(.fields.times | tostring) == "4" and .fields.round == "R-17" and .version == 2'

test edit: a field that cannot be is told at the field, and nothing typed is lost
keys e
wait How many times in a row
keys <Down><Down><Down>
type x
keys <F2>
waitrow 24 Collection round
has R-17x
cursor 6 35
keys <BS><Esc>
waitrow 3 CASE

test state: the steps of the kind are offered, and one is taken by its letter
keys s
waitrow 1 where to?
has Round told to collect
hasnt crew
keys r
until tests/ask /cases/c1 '.step == "round-told" and .status == "open"'
keys s
waitrow 1 where to?
wait Waiting for the crew's answer
keys <Esc>
waitrow 3 CASE
shell tests/ask /cases/c1 '.step == "round-told"'

test state: a step that cannot be is refused with those that can
keys :
type state reported
keys <Enter>
waitrow 24 possible:
shell tests/ask /cases/c1 '.step == "round-told"'

test close with an outcome, which leaves the list, and reopen
keys <Enter>
waitrow 1 ¿¿¿¿-004415
keys :
type close collected
keys <Enter>
waitrow 1 RESOLVED
until tests/ask /cases/c1 '.status == "resolved" and .outcome == "collected"'
keys X
until tests/ask /cases/c1 '.status == "open"'
keys q

test assign to a worker, and u takes it back
waitrow 3 CASE
keys <Home>j
row 4 ¿¿¿¿-004415
waitrow 24 ¿¿¿¿-004561
keys a
waitrow 24 :assign
type k.byrne
keys <Enter>
until tests/ask /cases/c3 '.assignee == "k.byrne"'
keys u
until tests/ask /cases/c3 '.assignee == "s.rossi"'

test assign to a team
keys k
waitrow 24 ¿¿¿¿-004561
keys a
type team:parks
keys <Enter>
until tests/ask /cases/c3 '.team == "parks"'

test a case of nobody is taken from the list of those, and u gives it back
keys 3
waitrow 2 view: Unowned
waitrow 2 shown of 3
keys <Home>t
until tests/ask '/cases?q=is:open%20owner:me&limit=100' '.items | length == 14'
waitrow 24 take
keys u
until tests/ask '/cases?q=is:open%20owner:me&limit=100' '.items | length == 13'

test D gives a case of mine back to its team
keys 1
waitrow 2 view: Mine
keys <Home>
waitrow 24 ¿¿¿¿-004415
keys D
until tests/ask /cases/c1 '.assignee == null and .team == "refuse"'

test an answer in one's own words waits 10 s, and u recalls it: the citizen gets nothing
keys <Home>
waitrow 24 ¿¿¿¿-004047
keys r
wait Rang twice, nobody there.
has To    John Smith
keys y
waitrow 23 outbox 1
waitrow 24 leaves in 10 s
keys u
gone outbox 1
shell tests/ask '/cases/c4/events?limit=200' 'any(.items[]; .text | contains("Rang twice")) | not'

test a citizen is registered
keys f
waitrow 1 Find a citizen
type zzyzx
waitrow 4 Nobody is found.
keys <Enter>+
waitrow 1 Register a citizen
type Ottilie
keys <Down>
type Zzyzxová
keys <F2>
until tests/ask '/citizens?q=zzyzxova' 'any(.items[]; .family == "Zzyzxová" and .given == "Ottilie")'

test a case is opened for a citizen who was found, with the fields of its kind
wait CASES 0
keys gw
waitrow 1 1 Mine
keys f
waitrow 1 Find a citizen
type okafor jane
waitrow 1 1 found
keys <Esc>n
wait which kind?
keys missed<Enter>
waitrow 1 New case: Missed bin collection, for Okafor, Jane
keys <F2>
waitrow 24 Which bin
waitrow 23 field 2/12
keys <Right><Down>
type 2026-11-20
keys <F2>
waitrow 1 Missed bin collection
until tests/ask '/cases?q=citizen:p1%20is:open&limit=100' 'any(.items[]; .subject == "Missed bin collection")'
keys 2
wait 2026-11-20

test Q ends, and the terminal is as before
keys Q
exit 0
restored
