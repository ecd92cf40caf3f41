# The service breaks while work is under way: what was done is kept, said to be unsent, and takes effect once
# when the service is itself again.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_TIMEOUT=2
service
proxy
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live

test a note while the service answers cut-head: kept, sent once when it is back
shell rm -f $TMP/proxy/asked
fault cut=30
keys :
type note Written during cut-head.
keys <Enter>
waitrow 24 Saved here
waitrow 23 outbox 1
until grep -q "^POST /v1/cases/c1/events" $TMP/proxy/asked
fault calm
gone outbox 1
until tests/ask '/cases/c1/events?limit=200' '[.items[] | select(.text == "Written during cut-head.")] | length == 1'


test a note while the service answers redirect: kept, sent once when it is back
shell rm -f $TMP/proxy/asked
fault redirect
keys :
type note Written during redirect.
keys <Enter>
waitrow 24 Saved here
waitrow 23 outbox 1
until grep -q "^POST /v1/cases/c1/events" $TMP/proxy/asked
fault calm
gone outbox 1
until tests/ask '/cases/c1/events?limit=200' '[.items[] | select(.text == "Written during redirect.")] | length == 1'


test a note while the service answers 500: kept, sent once when it is back
shell rm -f $TMP/proxy/asked
fault 500
keys :
type note Written during 500.
keys <Enter>
waitrow 24 Saved here
waitrow 23 outbox 1
until grep -q "^POST /v1/cases/c1/events" $TMP/proxy/asked
fault calm
gone outbox 1
until tests/ask '/cases/c1/events?limit=200' '[.items[] | select(.text == "Written during 500.")] | length == 1'

test nothing went where a redirect pointed
shell test ! -e $TMP/proxy/foreign
keys Q
exit 0
