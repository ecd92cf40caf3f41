# What became of a reply, and what one does about one that failed.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_SEND_HOLD=0
service

test with made-up data a reply becomes a file, and the screen says so before and after
run caseload
waitrow 2 14 shown of 14
keys f
waitrow 1 Find a citizen
type okafor jane
waitrow 1 1 found
keys <Enter>
wait Missed bin
keys <Enter>
waitrow 24 It is still not collected.
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
wait Review of the answer (made-up data: into a file)
keys y
wait [sent: written to
wait nothing left this machine]
shell grep -q "^To: Jane Okafor" $TMP/service/outgoing/*.eml
shell grep -q "p1.home@example.net" $TMP/service/outgoing/*.eml

test a reply that fails is an entry of its own, with the reason, and marks its case
service-signal TERM
shell printf '[channel email]\nfrom = Desk <desk@city.example>\ncommand = /bin/sh -c "echo 550 no such user; exit 67"\nretry = no\n' >$TMP/service/caseloadd.conf
service
type :reply --channel=email The second one.
keys <Enter>
waitrow 1 REPLY FAILED
waitrow 23 entry 9/10
keys G
wait the reply did not reach the citizen
wait The command refused it with code 67.
wait 550 no such user
shell tests/ask "/cases/c1" '.delivery == "failed"'

test the list has a mark for it, and a search finds it
type :view cases delivery:failed
keys <Enter>
waitrow 2 1 shown of 1
waitrow 4 Missed bin
has F reply failed

test F sends it again, under the eyes of whoever looks on
service-signal TERM
shell printf '[channel email]\nfrom = Desk <desk@city.example>\ncommand = /bin/echo 250 taken\n' >$TMP/service/caseloadd.conf
service
keys <Enter>
waitrow 1 REPLY FAILED
keys F
wait [sent: 250 taken]
waitrow 23 entry 10/11
keys G
wait sent the reply again
shell tests/ask "/cases/c1" '.delivery == null'
keys Q
exit 0
restored
