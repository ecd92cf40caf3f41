# A new kind of case comes to a running service as one file, and is worked on the screen at once.
size 80x24
service
run caseload
wait Okafor
test the service is asked while it runs, and learns a kind from one file
shell printf '%s\n' '[kind]' 'id = lost-key' 'name = Lost key' 'service = waste' 'due = 3 working days' '' '[field door]' 'label = Which door' 'type = choice' 'required = yes' 'values = front, back' '' '[field found_on]' 'label = Day it was found' 'type = date' '' '[step told]' 'name = Told' 'status = new' 'next = given' '' '[step given]' 'name = Given back' 'status = resolved' '' '[template key-back]' 'name = Key given back' 'language = en' 'outcome = given back' 'text =' '	Dear {{citizen.name}}, the key of the door is back.' >$TMP/lost-key.kind; caseloadd kind check $TMP/lost-key.kind && caseloadd kind load $TMP/lost-key.kind --data $TMP/service
test its form is there without a restart
keys f
wait Find a citizen
type okafor jane
wait Okafor, Jane
keys <Tab>n
wait which kind?
type lost
wait Lost key
keys <Enter>
waitrow 1 New case: Lost key, for Okafor, Jane
has Which door
keys <F2>
waitrow 24 Which door is needed
keys b<Enter>
type yesterday
keys <Enter>
gone yesterday
keys <F2>
waitrow 4 Timeline
waitrow 3 Lost key, Told
waitrow 1 v1
test it is answered from its own template and closed with the outcome that one brings
keys R
waitrow 3 key-back
has Dear Jane Okafor, the key of the door is back.
keys <Enter>
waitrow 3 --
keys x
waitrow 1 RESOLVED
waitrow 1 v2
shell caseload list 'citizen:p1 status:resolved' --json=subject,outcome,fields | grep -q 'given back'
keys Q
exit 0
