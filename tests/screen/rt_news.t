# What others do in a real Request Tracker comes to the screen by itself; a session that ends is begun again
# unseen.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_POLL=2
service
live rt chidi
run caseload
wait 申请公共住房

test a change of a colleague, although this person lives in Tokyo's time
shell rt edit ticket/7 set subject="Asked again" >/dev/null
wait Asked again

test a comment of a colleague, on the case that is open
keys /
type asked again
waitrow 2 1 shown of 1
keys <Enter><Enter>
waitrow 1 Asked again
wait Checked in the base register
shell rt comment -m "The landlord has answered." ticket/7 >/dev/null
wait The landlord has answered.

test a session that ended is begun again unseen
shell find $RT_SESSIONS -type f -delete
shell rt edit ticket/7 set subject="Third time" >/dev/null
wait Third time
hasnt log in
hasnt offline
keys q

keys Q
exit 0
restored
