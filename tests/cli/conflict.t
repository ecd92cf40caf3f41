# A conflict met by a verb itself: exit 5, both values as JSON, nothing overwritten.
. tests/lib.sh
start_service

caseload list is:open team:me owner:none priority:3 --limit=1 --json=number,id >"$TMP/cases" 2>/dev/null
a=$(jq -r '.[0].number' "$TMP/cases") a_id=$(jq -r '.[0].id' "$TMP/cases")
# A proxy that changes the case under the client's feet, right before its first PATCH arrives.
cat >"$TMP/proxy.mjs" <<-'JS'
	import http from 'http'
	const to = new URL(process.env.URL), headers = { authorization: 'Bearer ' + process.env.TOKEN, purpose: 'test' }
	const ask = (method, path, extra, body) => new Promise(done => {
		const q = http.request({ host: to.hostname, port: to.port, method, path, headers: { ...headers, ...extra } },
			a => { let t = ''; a.on('data', d => t += d); a.on('end', () => done({ a, t })) })
		q.end(body)
	})
	let first = true, wanted = process.argv[2]
	http.createServer(async (q, r) => {
		if (q.method === 'PATCH' && first) {
			first = false
			const { a } = await ask('GET', q.url, {})
			await ask('PATCH', q.url, { 'if-match': a.headers.etag, 'idempotency-key': crypto.randomUUID(),
				'content-type': 'application/merge-patch+json' }, wanted)
		}
		const up = http.request({ host: to.hostname, port: to.port, method: q.method, path: q.url, headers: q.headers },
			a => { r.writeHead(a.statusCode, a.headers); a.pipe(r) })
		q.pipe(up)
	}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
JS
if ! command -v node >/dev/null; then
	skip "a conflict met by a verb" "there is no node"
	exit
fi
proxy=
trap 'kill $proxy 2>/dev/null; end_test; exit $((bad > 0))' EXIT
others_change() {
	[ -n "$proxy" ] && kill $proxy
	: >"$TMP/port"
	node --experimental-global-webcrypto "$TMP/proxy.mjs" "$1" >"$TMP/port" 2>"$TMP/proxy.err" &
	proxy=$!
	for _ in $(seq 100); do [ -s "$TMP/port" ] && break; sleep 0.05; done
	sed -i "s#^url = .*#url = http://127.0.0.1:$(cat "$TMP/port")/v1#" "$XDG_CONFIG_HOME/caseload/config"
}
others_change '{"priority":5}'

caseload priority 1 "$a" --json >"$TMP/json" 2>"$TMP/told"
code=$?
if [ $code -eq 5 ]; then pass "exit 5"; else echo "# code $code"; sed 's/^/# /' "$TMP/told"; fail "exit 5"; fi
check "both values as JSON on standard error" jq -e --arg n "$a" \
	'.result == "conflict" and .case == $n and .fields[0].field == "priority" and .fields[0].yours == "1" and .fields[0].theirs == "5"' "$TMP/told"
check "standard output is empty" test ! -s "$TMP/json"
check "nothing was overwritten" test "$(api GET "/cases/$a_id" | jq .priority)" = 5
row=$(jq -r .row "$TMP/told")
caseload note "$a" "Written behind it." --timeout=1 >/dev/null 2>&1
behind=$(caseload outbox --json | jq -r --arg row "$row" '.[] | select(.row != ($row | tonumber)) | .row')
expect "what stands behind it waits for the person, not for the clock" 5 caseload outbox retry "$behind"
err_has "and says for which" "row $row, an earlier change of this case, waits for you"
expect "it is given up" 0 caseload outbox drop "$behind"
expect "sent all the same, when the person says so" 0 caseload outbox retry "$row"
check "the service has it" test "$(api GET "/cases/$a_id" | jq .priority)" = 1

others_change '{"priority":4,"tags":["theirs"]}'
caseload edit "$a" priority=3 tags=mine --json >"$TMP/json" 2>"$TMP/told"
check "another priority, and other tags" jq -e '.result == "conflict"' "$TMP/told"
expect "sent all the same" 0 caseload outbox retry "$(jq -r .row "$TMP/told")"
check "tags are a set: theirs and mine" test "$(api GET "/cases/$a_id" | jq -c '[.priority, .tags]')" = '[3,["theirs","mine"]]'
api GET "/cases/$a_id/events?limit=200" >"$OUT"
check "and theirs never went in between" jq -e \
	'[.items[].changes.tags // empty] | length == 2 and all((.[0] // []) - (.[1] // []) == [])' "$OUT"

others_change '{"language":"cy"}'
expect "another field changed meanwhile: laid over" 0 caseload priority 2 "$a" --json
check "and said in the result" jq -e '.[0].result == "accepted" and .[0].over == ["language"]' "$OUT"
check "both stand" test "$(api GET "/cases/$a_id" | jq -c '[.priority, .language]')" = '[2,"cy"]'
others_change '{"language":"ga"}'
expect "told to a person too" 0 caseload priority 3 "$a"
has "in its row" "accepted, on top of somebody else's change"
err_has "with what they changed" "laid over what others changed meanwhile (language)"
