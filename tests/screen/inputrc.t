# The person's own readline settings hold at the prompt.
size 80x24
service
shell printf '"\\C-t": "priority 1"\n' >$TMP/inputrc
env INPUTRC=$TMP/inputrc
run caseload
wait as: s.rossi
keys :
waitrow 24 :
keys <C-t>
waitrow 24 :priority 1
keys <Esc>
gone :priority 1
keys Q
exit 0
