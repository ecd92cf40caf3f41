# Certificates made by openssl, in a few tenths of a second: `authority`, `certificate NAME ...`, `serve_tls ...`.
certs=$TMP/certs
mkdir -p "$certs"
# An authority of a site: $certs/ca.pem.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Site authority $1" \
		-keyout "$certs/$1.key" -out "$certs/$1.pem" >/dev/null 2>&1
}
# certificate NAME AUTHORITY EXTENSIONS [x509 arguments]: $certs/NAME.pem and .key
certificate() {
	local name=$1 by=$2 extensions=$3
	shift 3
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$certs/$name.key" \
		-out "$certs/$name.csr" >/dev/null 2>&1
	printf '%s\n' "$extensions" >"$certs/$name.ext"
	openssl x509 -req -in "$certs/$name.csr" -CA "$certs/$by.pem" -CAkey "$certs/$by.key" -CAcreateserial \
		-extfile "$certs/$name.ext" -out "$certs/$name.pem" "$@" >/dev/null 2>&1
}
# serve_tls NAME [ARGUMENTS]: the real service with that certificate, at the port it had; $URL is https.
serve_tls() {
	local name=$1
	shift
	[ -z "$service_pid" ] || stop_service
	start_service --tls-cert "$certs/$name.pem" --tls-key "$certs/$name.key" "$@"
	PORT=${URL##*:} && PORT=${PORT%%/*}
}
# service_section LINES...: the configuration.
service_section() {
	{
		printf '[service "city"]\ntype = native\nurl = %s\ntoken-file = %s\n' "$URL" "$TMP/service/first-token"
		printf '%s\n' "$@"
	} >"$XDG_CONFIG_HOME/caseload/config"
}
