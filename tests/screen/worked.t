# One case from the citizen's name to its end, at 80x24, and what the service then says over HTTP.
size 80x24
env CASELOAD_UI_CLOCK=no
service

test a citizen is found as one types, and their case opened
run caseload
waitrow 2 14 shown of 14
keys f
waitrow 1 Find a citizen
type okafor jane
wait Okafor, Jane
waitrow 1 1 found
keys <Enter>
wait Missed bin
keys <Enter>
waitrow 1 ¿¿¿¿-004415  Missed bin, third week
waitrow 24 It is still not collected.

test the answer comes from a template, with a preview of every word that leaves
keys R
wait Answer to
keys /
type bin-sorry
keys <Enter>
waitrow 3 bin-sorry
keys <Enter>
wait asks for when
type Friday noon
keys <Enter>
wait A lorry will come by Friday noon.
has Okafor, Jane <p1.home@example.net>
has The answer leaves 10 s after the key; until then u recalls it.
shell tests/ask "/cases/c1" '.status == "new"'

test x sends it and closes the case, which the service holds back from nobody for 10 s
keys x
waitrow 1 RESOLVED
wait saved here
shell tests/ask "/cases/c1" '.status == "new"'

test Q sends what is held and ends
keys Q
exit 0
restored

test the service has the case closed, with its outcome
shell tests/ask "/cases/c1" '.status == "resolved" and .outcome == "collected"'

test the service has the answer once, from the template, with the words of the preview
shell tests/ask "/cases/c1/events?limit=200" '[.items[] | select(.kind == "answer" and (.text | contains("A lorry will come by Friday noon.")))] | length == 1 and .[0].actor == "s.rossi"'

