# Who we are, by a client certificate: in a file, with a key that has a password, and on a smartcard (softhsm2).
. tests/lib.sh
caseload() { command caseload "$@" --timeout=60; } # the machine may be busy
. tests/certs.sh
[ -x "$BUILD/tests/pty" ] || { skip "mtls" "$BUILD/tests/pty is not built"; exit; }
authority ca
authority clients
authority strangers
certificate good ca "subjectAltName=IP:127.0.0.1" -days 2
certificate me clients "extendedKeyUsage=clientAuth" -days 2
certificate stranger strangers "extendedKeyUsage=clientAuth" -days 2
certificate host clients "extendedKeyUsage=serverAuth" -days 2
openssl pkcs8 -topk8 -in "$certs/me.key" -passout pass:open-sesame -out "$certs/locked.key" >/dev/null 2>&1
expect "asking clients for certificates takes TLS: exit 2" 2 caseloadd serve --tls-client-ca "$certs/clients.pem" --data "$TMP/x"
serve_tls good --tls-client-ca "$certs/clients.pem"
section() { service_section "tls-ca = $certs/ca.pem" "$@"; }

section
expect "without a certificate: refused, exit 8" 8 caseload list is:open --limit=1 --fresh
err_has "and why" "client certificate"
section "tls-cert = $certs/stranger.pem" "tls-key = $certs/stranger.key"
expect "one that the service does not know" 8 caseload list is:open --limit=1 --fresh
section "tls-cert = $certs/host.pem" "tls-key = $certs/host.key"
expect "one that is not for clients" 8 caseload list is:open --limit=1 --fresh
section "tls-cert = $certs/me.pem" "tls-key = $certs/me.key"
expect "the right one" 0 caseload list is:open --limit=2 --json=number
check "cases came" jq -e 'length == 2' "$OUT"
cat "$certs/me.pem" "$certs/me.key" >"$certs/both.pem"
section "tls-cert = $certs/both.pem"
expect "certificate and key in one file" 0 caseload list is:open --limit=1 --fresh
section "tls-cert = $certs/me.pem" "tls-key = $certs/stranger.key"
expect "a key of another certificate: exit 2" 2 caseload list is:open --limit=1 --fresh
err_has "is said" "certificate or key"
section "tls-cert = $certs/me.pem" "tls-key = $certs/me.key"
expect "doctor" 0 caseload doctor --plain
has "tells of it" "client certificate"

# ---- a key with a password
cat >"$TMP/give" <<-'C'
	#!/bin/sh
	echo run >>"${0%/*}/given"
	echo "$1"
C
chmod 700 "$TMP/give"
section "tls-cert = $certs/me.pem" "tls-key = $certs/locked.key"
expect "nobody to ask: exit 4" 4 caseload list is:open --limit=1 --fresh
err_has "and what to do" "tls-password-command"
section "tls-cert = $certs/me.pem" "tls-key = $certs/locked.key" "tls-password-command = $TMP/give open-sesame"
expect "a command gives it" 0 caseload list is:open --limit=1 --fresh
section "tls-cert = $certs/me.pem" "tls-key = $certs/locked.key" "tls-password-command = $TMP/give wrong"
rm -f "$TMP/given"
expect "the wrong one: exit 4" 4 caseload list is:open --limit=1 --fresh
err_has "is said" "PIN or password is wrong"
check "and tried once" test "$(grep -c run "$TMP/given")" = 1
# terminal NAME LINES...: a script of tests/pty with the directories of this test.
terminal() {
	{
		printf 'size 80x24\ntest %s\n' "$1"
		for v in HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR SOFTHSM2_CONF; do
			[ -z "${!v:-}" ] || printf 'env %s=%s\n' $v "${!v}"
		done
		shift
		printf '%s\n' "$@"
	} >"$TMP/terminal.t"
	"$BUILD/tests/pty" "$TMP/terminal.t" || bad=$((bad + 1))
}
section "tls-cert = $certs/me.pem" "tls-key = $certs/locked.key"
terminal "it is asked for, and a wrong one again" "run caseload list is:open --limit=1 --fresh" "wait PIN or key password for city" \
	"type not-this" "keys <Enter>" "wait by itself" "waitrow 4 PIN or key password" "type open-sesame" "keys <Enter>" "exit 0" "never open-sesame"
terminal "on the screen too" "run caseload" "wait PIN or key password for city" "type open-sesame" "keys <Enter>" \
	"wait sync live" "never open-sesame" "keys Q" "exit 0"

# ---- a smartcard
section "tls-cert = pkcs11:token=caseload;object=me;pin-value=1234"
expect "a PIN in the configuration: exit 2" 2 caseload list
err_has "is refused" "a PIN does not belong"
if ldd "$BUILD/caseload" | grep -q libcurl-gnutls; then
	skip "a smartcard" "libcurl is built with GnuTLS here"
	exit
fi
export SOFTHSM2_CONF=$TMP/softhsm.conf
mkdir -p "$TMP/card"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$TMP/card" >"$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label caseload --pin 4711 --so-pin 471100 >"$OUT" 2>"$ERR" &&
	softhsm2-util --import <(openssl pkcs8 -topk8 -nocrypt -in "$certs/me.key") --token caseload --label me --id 01 --pin 4711 \
		>>"$OUT" 2>>"$ERR" &&
	openssl x509 -in "$certs/me.pem" -outform der -out "$certs/me.der" &&
	pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label caseload --login --pin 4711 \
		--write-object "$certs/me.der" --type cert --label me --id 01 >>"$OUT" 2>>"$ERR"
check "the card has key and certificate" sh -c "pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label caseload -O | grep -q 'Certificate'"
card='pkcs11:token=caseload;object=me'
section "tls-cert = $card" "tls-password-command = $TMP/give 4711"
expect "certificate and key on the card" 0 caseload list is:open --limit=2 --json=number
check "cases came" jq -e 'length == 2' "$OUT"
expect "doctor" 0 caseload doctor --plain
has "tells of it" "smartcard"
hasnt "and no PIN" "4711"
section "tls-cert = $certs/me.pem" "tls-key = $card" "tls-password-command = $TMP/give 4711"
expect "the certificate in a file, its key on the card" 0 caseload list is:open --limit=1 --fresh
section "tls-cert = $card" "tls-password-command = $TMP/give 0815"
rm -f "$TMP/given"
expect "a wrong PIN: exit 4" 4 caseload list is:open --limit=1 --fresh
err_has "is said" "PIN or password is wrong"
check "and tried once: at the third a card is closed" test "$(grep -c run "$TMP/given")" = 1
section "tls-cert = $card"
terminal "the PIN is asked for" "run caseload" "wait PIN or key password for city" "type 4711" "keys <Enter>" "wait sync live" \
	"never 4711" "shell ! tr '\\0' ' ' </proc/\$PID/cmdline | grep 4711" "keys Q" "exit 0"
section "tls-cert = pkcs11:token=another;object=me" "tls-password-command = $TMP/give 4711"
expect "another card: said, and no hang" 4 caseload list is:open --limit=1 --fresh
err_has "and why" "was not opened"
check "nothing of the engine's own words" test "$(grep -c . "$ERR")" = 1
