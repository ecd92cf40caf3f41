# The linter on openapi.yaml, then live answers of a real service against it.
. tests/lib.sh
here=$PWD/tests/contract
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	skip "openapi.yaml" "node and npm are not installed"
	exit
fi
if [ ! -d "$here/node_modules" ] || [ "$here/package-lock.json" -nt "$here/node_modules/.done" ]; then
	(cd "$here" && HOME=$TMP/home npm ci --no-audit --no-fund --ignore-scripts && touch node_modules/.done) >"$OUT" 2>"$ERR" ||
		{ show_last; skip "openapi.yaml" "npm could not install the linter"; exit; }
fi
check "openapi.yaml passes the linter" env REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
	node "$here/node_modules/@redocly/cli/bin/cli.js" lint service/openapi.yaml
start_service
node "$here/check.mjs" service/openapi.yaml || bad=1
