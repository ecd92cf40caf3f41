test ui.quiet: nothing is written without a key, whatever the service says
size 80x24
env CASELOAD_UI_QUIET=yes
service
run caseload
wait caseload
shell sleep 1
keys j
waitrow 2 14 shown of 14
waitrow 23 Worklist 2/14
shell curl -sf -X PATCH -H "Authorization: Bearer $TOKEN" -H 'If-Match: "1"' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H 'Content-Type: application/merge-patch+json' -d '{"subject":"Another subject"}' "$URL/cases/c2" >/dev/null
shell sleep 1
hasnt Another subject
shell sleep 2
keys k
shell sleep 1
keys j
keys k
wait Another subject
keys Q
exit 0

test a change made elsewhere comes by itself, and the focus stays
env CASELOAD_UI_QUIET=no
env CASELOAD_UI_CLOCK=no
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live
keys jj
waitrow 24 ¿¿¿¿-004561
shell curl -sf -X PATCH -H "Authorization: Bearer $TOKEN" -H 'If-Match: "1"' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H 'Content-Type: application/merge-patch+json' -d '{"subject":"Row above"}' "$URL/cases/c1" >/dev/null
wait Row above
row 24 ¿¿¿¿-004561
cursor 6 1

test a case taken away elsewhere says that it is gone, and the focus does not slide
shell curl -sf -X PATCH -H "Authorization: Bearer $TOKEN" -H 'If-Match: "1"' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -H 'Content-Type: application/merge-patch+json' -d '{"assignee":"k.byrne"}' "$URL/cases/c3" >/dev/null
waitrow 24 ¿¿¿¿-004561 is gone from this list.
cursor 6 1
row 6 gone
keys <Enter>
waitrow 24 ¿¿¿¿-004561 is gone from this list.
keys >
waitrow 24 nothing was changed
keys j
waitrow 2 13 shown
waitrow 24 ¿¿¿¿-004047
keys Q
exit 0
