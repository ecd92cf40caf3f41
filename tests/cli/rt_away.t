# What was written while a Request Tracker was away reaches it by a program that knows nothing but the outbox.
. tests/lib.sh
live rt sofia

is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; show_last; fail "$1"; fi; }
caseload list team:Waste >/dev/null 2>&1
kill -STOP -- "-$RT_PID"
expect "a new case: saved here" 6 caseload new --queue=Waste "written while away" --text="now" --timeout=1
expect "a case for another department" 6 caseload assign 3 team:Benefits --timeout=1
kill -CONT -- "-$RT_PID"
expect "sent" 0 caseload outbox send --timeout=30
is "nothing waits" "$(caseload outbox --json | jq length)" 0
is "RT: there once" "$(sql rt "SELECT COUNT(*) FROM Tickets WHERE Subject = 'written while away'")" 1
is "RT: in Benefits" "$(sql rt "SELECT q.Name FROM Tickets AS t JOIN Queues AS q ON q.id = t.Queue WHERE t.id = 3")" Benefits
