# The limit on how often one may ask: our own client at its busiest never meets it, and where it does it waits and
# goes on, with nothing lost and nothing done twice.
. tests/lib.sh
start_service --log-requests
requests() { grep -c ' request: ' "$TMP/service.err"; }
# The most that came within one second.
most() { sed -n 's/^\([^ ]*\) request: .*/\1/p' "$TMP/service.err" | uniq -c | sort -rn | awk 'NR == 1 { print $1 }'; }
few='team:refuse is:open'
count=$(caseload list --where "$few" --json=number 2>/dev/null | jq -s 'flatten | length')
[ "$count" -ge 20 ] || { fail "there is enough to do ($count)"; exit; }
check "all open cases of a team in one go" caseload tag seen --where "$few" --yes="$count"
echo "# $count cases, $(requests) requests, at most $(most) within one second"
check "the default limit was not met" sh -c "! grep -q ' 429 ' '$TMP/service.err'"
check "no line of the log names a person, a case or a search" sh -c "! grep -qE '20[0-9]{2}-[0-9]{6}|is:open|rossi' '$TMP/service.err'"
check "nor a token" sh -c "! grep -qF -- '$TOKEN' '$TMP/service.err'"
check "a search for somebody" api GET '/citizens?q=Vries&limit=5'
check "is one line, without them" grep -q 'request: GET /citizens?q&limit 200 ' "$TMP/service.err"
check "a look at nobody" api GET '/citizens/so-secret?who=whom'
check "is one, too" grep -q 'request: GET /citizens/{id} 404 ' "$TMP/service.err"
check "an address of nothing" api GET '/citizen-vries'
check "is not repeated either" sh -c "! grep -qiE 'vries|secret|whom' '$TMP/service.err'"
stop_service

start_service --log-requests --rate 2
curl -s -o /dev/null -H "Authorization: Bearer $TOKEN" "$URL/me?[1-100]"
check "where the limit is low, the same" caseload tag slow --where "$few" --yes="$count"
hasnt "nothing is left over" "saved here"
check "although it was met" grep -q ' 429 ' "$TMP/service.err"
check "which is logged" grep -q ' limited: s.rossi asks more than 2 times a second' "$TMP/service.err"
until api GET "/cases?q=tag:slow&limit=200" | jq -e '.items | length' >"$TMP/slow"; do sleep 1; done
check "each has it" [ "$(cat "$TMP/slow")" = "$count" ]
expect "a limit is a number" 2 caseloadd serve --rate many --data "$TMP/x"
expect "or none" 2 caseloadd serve --rate= --data "$TMP/x"
