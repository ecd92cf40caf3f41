# What I wrote is looked at until something else is: also when it becomes the service's.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=1
service
run caseload
waitrow 2 14 shown of 14
keys <Enter>
waitrow 4 Timeline 7

test an answer that was accepted is still the one looked at
keys R
wait Answer to
keys <Enter>
waitrow 24 The template asks for when:
type Monday
keys <Enter>
wait come by Monday
keys x
waitrow 23 entry 9/9
until tests/ask '/cases/c1/events?limit=200' '[.items[] | select(.kind == "answer" or .kind == "reply" or .kind == "message")] | length > 0'
gone outbox 1
waitrow 1 v2
shell sleep 1
keys <C-l>
waitrow 4 Timeline 9
hasnt entry 1/9
