test the focus as a bar, without hints
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_UI_FOCUS=bar
env CASELOAD_UI_HINTS=no
service
run caseload
waitrow 2 14 shown of 14
row 4  N  1 ¿¿¿¿-004415
hasnt >N
hasnt all keys
keys j
waitrow 23 Worklist 2/14
cursor 5 1
bytes 1000
keys 2
waitrow 2 view: Team
keys <PgDn>
waitrow 23 Worklist 19/1
keys Q
exit 0
