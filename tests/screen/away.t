# The service is away: every key goes on working, what is done is saved here, and arrives later once.
size 80x24
service
run caseload
wait Okafor
keys <Enter>
waitrow 4 Timeline 7
waitrow 2 Okafor, Jane
test a note and an answer are written while the service does not answer
service-signal STOP
keys R
wait Answer to Okafor, Jane
keys <Enter>
wait The template asks for when:
type Monday
keys <Enter>
waitrow 2 when=Monday
keys y
wait saved here
row 1 NEW
waitrow 23 outbox 1
keys >
waitrow 24 no higher
keys <lt>
waitrow 1 P2
waitrow 23 outbox 2
test a citizen is found in what is known here
keys f
wait Find a citizen
type okafor
wait Okafor, Jane
keys <Esc>
waitrow 24 Enter opens
keys q
waitrow 4 Timeline
test everything arrives once when it is back
service-signal CONT
gone saved here
waitrow 1 P2
waitrow 1 v2
shell test $(curl -s -H "Authorization: Bearer $TOKEN" $URL/cases/c1/events | grep -o 'A lorry will come by Monday' | wc -l) = 1
keys Q
exit 0
