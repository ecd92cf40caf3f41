test NO_COLOR: not one colour
size 80x24
env CASELOAD_UI_CLOCK=no
env NO_COLOR=1
service
run caseload
waitrow 2 14 shown of 14
keys jjG2
waitrow 2 view: Team
keys Q
exit 0
never \e[31m
never \e[32m
never \e[33m
never \e[34m
never \e[35m
never \e[36m
never \e[39m
never \e[39;49m
never \e[38;

test an unknown terminal is said once
env NO_COLOR=
env TERM=nosuch
run caseload
wait TERM=nosuch is not known here; using xterm-256color.
keys j
waitrow 23 Worklist 2/14
keys Q
exit 0

test a VT100 without UTF-8
env TERM=vt100
env LC_ALL=C
run caseload
waitrow 2 14 shown of 14
has Jurgen Muller
keys Q
exit 0

test SIGTERM and SIGHUP leave quietly
env TERM=xterm-256color
env LC_ALL=C.UTF-8
run caseload
waitrow 2 14 shown of 14
signal TERM
exit 0
run caseload
waitrow 2 14 shown of 14
signal HUP
exit 0

test keys.style none: letters do nothing, named keys do
env CASELOAD_KEYS_STYLE=none
run caseload
waitrow 2 14 shown of 14
keys j
waitrow 24 j does nothing here
row 23 Worklist 1/14
keys <Down>
waitrow 23 Worklist 2/14
keys <F1>
wait Keys in: Worklist
keys <Esc>
gone Keys in: Worklist
keys <F10>
exit 0

test a terminal that cannot place its cursor is told the commands
env TERM=dumb
env CASELOAD_KEYS_STYLE=
run caseload
exit 1
has This terminal (TERM=dumb) cannot place its cursor.
has caseload list; caseload citizens NAME
