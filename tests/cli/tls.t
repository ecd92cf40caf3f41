# Who is at the other end: the real service with good and bad certificates, TLS that is too old, and no TLS at all.
. tests/lib.sh
caseload() { command caseload "$@" --timeout=60; } # the machine may be busy
. tests/certs.sh
authority ca
authority other
certificate good ca "subjectAltName=IP:127.0.0.1" -days 2
certificate elsewhere ca "subjectAltName=DNS:elsewhere.example.org" -days 2
certificate ended ca "subjectAltName=IP:127.0.0.1" -days -1
check "the certificates are made" test -s "$certs/ended.pem" -a -s "$certs/good.pem"

# ---- the good one
serve_tls good
service_section "tls-ca = $certs/ca.pem"
export SSLKEYLOGFILE=$TMP/keys http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
expect "a site's own authority, proxies of the environment" 0 caseload list is:open --limit=2 --json=number
check "cases came" jq -e 'length == 2' "$OUT"
check "SSLKEYLOGFILE is not written" test ! -e "$TMP/keys"
expect "doctor" 0 caseload doctor --plain
has "tells the version" "TLSv1.3"
has "and how long the certificate lasts" "for 1 day more"
unset SSLKEYLOGFILE http_proxy https_proxy ALL_PROXY
service_section "tls-ca = $TMP/nowhere.pem"
expect "a tls-ca that is not there: nothing is trusted in its place" 2 caseload list is:open --limit=1
err_has "and it is said" "The file of tls-ca"

# ---- those that are refused; what is known here is shown, and standard error says why it is no more
refused() {
	expect "$1: exit 6" 6 caseload list is:open --limit=1 --fresh
	err_has "$1: why" "$2"
	err_has "$1: what is safe" "${3:-nothing was sent}"
}
service_section
refused "nobody's certificate" "signed by nobody this machine trusts"
service_section "tls-ca = $certs/other.pem"
refused "another authority's" "signed by nobody this machine trusts"
serve_tls elsewhere
service_section "tls-ca = $certs/ca.pem"
refused "another host's" "is one of another host"
serve_tls ended
service_section "tls-ca = $certs/ca.pem"
refused "one that ended" "has ended"
stop_service

old_tls() {
	openssl s_server -accept "127.0.0.1:$PORT" -cert "$certs/good.pem" -key "$certs/good.key" -www -quiet "$@" \
		-cipher ALL:@SECLEVEL=0 >/dev/null 2>&1 </dev/null &
	old=$!
	for _ in $(seq 100); do (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && break; sleep 0.05; done
}
service_section "tls-ca = $certs/ca.pem"
for version in -tls1_1 -tls1; do
	old_tls $version
	refused "TLS ${version#-tls1}" "No protected connection"
	kill $old; wait $old 2>/dev/null
done
old_tls -tls1_2
expect "TLS 1.2 is good enough: the answer is another matter" 1 caseload list is:open --limit=1 --fresh
err_has "and says so" "is the address right?"
kill $old; wait $old 2>/dev/null

URL=http://192.0.2.1/v1
service_section
expect "http to another machine: exit 2" 2 caseload list
err_has "is refused" "is not protected: only https is used"
URL=http://localhost.example.org/v1
service_section
expect "a name that only looks like this machine: exit 2" 2 caseload list
check "there is no switch for any of this" sh -c "! grep -riE 'insecure|no-verify|skip-verify' config.example man"

# ---- a proxy, where one is configured: it sees a CONNECT, and nothing of what goes through
serve_tls good
"$BUILD/tests/fake/tunnel" "$TMP/tunnel.log" >"$TMP/tunnel.out" &
tunnel=$!
for _ in $(seq 100); do proxy=$(sed -n 's/^fake: ready //p' "$TMP/tunnel.out"); [ -n "$proxy" ] && break; sleep 0.05; done
service_section "tls-ca = $certs/ca.pem" "proxy = $proxy"
NO_PROXY='*' no_proxy='*' expect "through a proxy" 0 caseload list is:open --limit=2 --fresh
check "which was asked to pass it on" grep -q "^CONNECT 127.0.0.1:$PORT" "$TMP/tunnel.log"
check "and saw no token" sh -c "! grep -qi authorization '$TMP/tunnel.log'"
kill $tunnel; wait $tunnel 2>/dev/null
expect "the proxy is gone: not gone around" 6 caseload list is:open --limit=1 --fresh
service_section "proxy = http://anna:secret@127.0.0.1:3128"
expect "a password in the proxy's address: exit 2" 2 caseload list
err_has "is refused" "does not belong into proxy"
