# caseload doctor: what is well and what is not, here and at each service, with what to do.
. tests/lib.sh
start_service

expect "all is well: exit 0" 0 caseload doctor
has "the disk" "A change is safe on it within"
has "the address" "$URL answers; a connection takes"
has "who I am" "You are s.rossi, refuse."
has "the clock" "It goes as the one here."
has "the answers' time" "Your open cases come within"
has "the rights" "caseworker"
caseload doctor --json >"$TMP/json" 2>"$ERR"
check "as JSON, a finding each" jq -e 'map(.check) | contains(["disk", "address", "login", "latency", "rights"])' "$TMP/json"

cp "$XDG_CONFIG_HOME/caseload/config" "$TMP/good"
echo wrong-token >"$TMP/wrong" && chmod 600 "$TMP/wrong"
sed "s#token-file = .*#token-file = $TMP/wrong#; s#clok#clok#" "$TMP/good" >"$XDG_CONFIG_HOME/caseload/config"
printf '[ui]\nclok = yes\n' >>"$XDG_CONFIG_HOME/caseload/config"
expect "a wrong token: exit 1" 1 caseload doctor
has "the address is well all the same" "answers; a connection takes"
has "what to do about the login" "caseload login asks for the password or token anew."
has "a slip in the configuration" "clok"

sed "s#url = .*#url = http://127.0.0.1:9#" "$TMP/good" >"$XDG_CONFIG_HOME/caseload/config"
expect "nobody there: exit 1" 1 caseload doctor
has "said of the address" "bad"
has "with what to do" "Check its url, the network, and whether it runs"
hasnt "and nothing is claimed of the login" "You are"
expect "a service that is none: exit 2" 2 caseload doctor nowhere

live rt anna
expect "at a Request Tracker" 0 caseload doctor rt
has "who I am there" "You are anna, Benefits."
has "the rights, queue by queue" "Benefits: see create note answer change"
has "and what it lacks" "It knows no leases"
live rt remy
expect "at one where I may only look" 0 caseload doctor rt
has "what I may not" "not: note change"

