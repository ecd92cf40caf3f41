# A service from nothing, as an administrator sets it up: team, worker, kind, token; then a first case.
. tests/lib.sh
data=$TMP/own
expect "no service is there yet" 2 caseloadd token add s.rossi --data "$data"
err_has "it says how to begin one" "team add"
check "it begins with a team" caseloadd team add first --data "$data"
expect "no token for nobody" 8 caseloadd token add s.rossi --data "$data"
err_has "it says how to make one" "caseloadd worker add"
expect "no worker without a team" 8 caseloadd worker add s.rossi --name 'Sofia Rossi' --team refuse --data "$data"
expect "an identifier is one word" 2 caseloadd team add 'two words' --data "$data"
check "a team" caseloadd team add refuse --name 'Refuse and recycling' --service waste --data "$data"
check "a worker" caseloadd worker add s.rossi --name 'Sofia Rossi' --team refuse --language it --data "$data"
check "a kind of case" caseloadd kind load service/kinds/bin-missed.kind --data "$data"
check "a token" caseloadd token add s.rossi --data "$data"
cp "$OUT" "$TMP/token"
: >"$TMP/service.out"
caseloadd serve --listen 127.0.0.1:0 --data "$data" --with-parent >"$TMP/service.out" 2>"$TMP/service.err" &
service_pid=$!
for _ in $(seq 600); do
	URL=$(sed -n 's/^caseloadd: ready //p' "$TMP/service.out")
	[ -z "$URL" ] || break
	sleep 0.05
done
TOKEN=$(cat "$TMP/token")
printf '[service "own"]\ntype = native\nurl = %s\ntoken-file = %s\n' "$URL" "$TMP/token" >"$XDG_CONFIG_HOME/caseload/config"
check "it knows the worker" api GET /me
has "by name" '"name":"Sofia Rossi"'
check "a citizen is registered" caseload register given=Jane family=Okafor born=1948-01-07
check "a case is opened" caseload new --kind=bin-missed --citizen="$(api GET '/citizens?q=okafor' | jq -r '.items[0].id')" \
	"Missed bin" bin=refuse missed_on=2026-11-20 address="4 Mill Lane"
check "it is in the team that handles the service" api GET '/cases?q=team:refuse+is:open'
has "with its subject" '"subject":"Missed bin"'
expect "and the worker takes it" 0 caseload assign me --where 'team:refuse is:open'
