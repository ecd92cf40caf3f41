# A service that answers a letter a second: keys are answered meanwhile, the wait has an end, and is told.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_TIMEOUT=3
service
proxy
run caseload
waitrow 2 14 shown of 14
fault trickle=1000

test keys are answered while it dawdles
keys j
waitrow 24 ¿¿¿¿-004275
keys <Enter>
waitrow 1 ¿¿¿¿-004275
wait Timeline
keys q
waitrow 1 1 Mine
keys >
waitrow 24 priority up. Saved here
waitrow 23 outbox 1

test the wait ends, and what was done waits here
wait offline since
row 23 outbox 1
keys go
wait OUTBOX 1
keys q

test it is itself again: everything leaves
fault calm
gone outbox 1
until tests/ask /cases/c2 '.priority == 1'
keys Q
exit 0
