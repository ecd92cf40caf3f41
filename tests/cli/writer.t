# What one person wrote offline does not go out in the name of the next one who logs in.
. tests/lib.sh
start_service
PORT=${URL##*:} && PORT=${PORT%%/*}
count() { api GET "/cases/$id/events?limit=200" | jq -r ".items[] | select(.text == \"$1\") | .actor" | sort | tr '\n' ' '; }
is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; fail "$1"; fi; }

caseload list is:open team:me --limit=20 --json=number,id,restricted 2>/dev/null |
	jq -r 'map(select(.restricted | not)) | .[0] | "\(.number) \(.id)"' >"$TMP/case"
read -r number id <"$TMP/case"
stop_service
expect "written while the service is away: saved here" 6 caseload note "$number" "Sofia wrote this" --timeout 1
start_service
caseloadd token add k.byrne --role caseworker --data "$TMP/service" >"$TMP/byrne" 2>"$ERR"
sed "s#token-file = .*#token-file = $TMP/byrne#" "$XDG_CONFIG_HOME/caseload/config" >"$TMP/byrne.conf"

caseload list is:open --limit=1 --config="$TMP/byrne.conf" >"$OUT" 2>"$ERR"
caseload outbox retry "$(caseload outbox --json | jq '.[0].row')" --config="$TMP/byrne.conf" >"$OUT" 2>"$ERR"
err_has "somebody else is logged in: it is not sent" "s.rossi wrote this, and you are logged in as k.byrne"
is "the service has nothing" "$(count 'Sofia wrote this')" ""
check "the outbox keeps it" sh -c "caseload outbox --json | jq -e '.[0].state == \"refused\"'"
caseload list is:open --limit=1 >"$OUT" 2>"$ERR"
expect "its writer is back: sent again" 0 caseload outbox retry "$(caseload outbox --json | jq '.[0].row')"
is "in the right name, once" "$(count 'Sofia wrote this')" "s.rossi "
