# A server that speaks the form of Request Tracker or Redmine and means ill: nothing ends the client but itself,
# nothing of it reaches the terminal or another host, and each answer is told in a sentence.
. tests/lib.sh
fake=$TMP/fake
mkdir "$fake"
"$BUILD/tests/fake/proxy" -f raw "$fake" >"$TMP/fake.out" &
service_pid=$!
until grep -qs ready "$TMP/fake.out"; do sleep 0.02; done
port=$(sed -n '1s/.*:\([0-9]*\).*/\1/p' "$TMP/fake.out")
url=http://127.0.0.1:$port other=http://127.0.0.2:$port
echo 1-14-0123456789abcdef0123456789abcdef >"$TMP/token"
esc=$'\\u001b]0;owned\\u0007\\u009b31m\\u202e'

# answer PATH STATUS TYPE [HEADER...]: what stands on stdin is the body.
answer() {
	local file=$fake/${1//\//-} status=$2 type=$3
	shift 3
	cat >"$TMP/body"
	{
		printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n' "$status" "$type"
		[ $# = 0 ] || printf '%s\r\n' "$@"
		[[ "$*" == *Content-Length* ]] || printf 'Content-Length: %d\r\n' "$(stat -c %s "$TMP/body")"
		printf '\r\n'
		cat "$TMP/body"
	} >"$file"
}
json() { answer "$1" "200 OK" application/json; }
cookie='Set-Cookie: RT_SID_test=0123456789abcdef0123456789abcdef; path=/'

rt_world() {
	rm -f "$fake"/-* "$fake"/asked "$fake"/foreign
	printf '[service "rt"]\ntype = rt\nurl = %s\nteam = Benefits\ntoken-file = %s\n' "$url" "$TMP/token" >"$TMP/rt.conf"
	configure
	printf 'RT/5.0.3 200 Ok\n\nhello\n' | answer /REST/1.0/ "200 OK" text/plain "$cookie"
	echo '{"id":14,"Name":"anna","RealName":"Anna","Privileged":1,"Disabled":"0"}' | json /REST/2.0/user/14
	echo '{"items":[{"id":"3","type":"queue","Name":"Benefits","Lifecycle":"default"}],"count":1,"page":1,"pages":1,"per_page":100,"total":1}' | json /REST/2.0/queues/all
	tickets '"36"' 'Help with rent'
	ticket '"Help with rent"'
	echo '{"items":[],"count":0,"page":1,"per_page":100,"total":0}' | json /REST/2.0/ticket/36/history
	echo '{"items":[],"count":0,"page":1,"per_page":100,"total":0}' | json /REST/2.0/ticket/36/attachments
}
row() {
	printf '{"type":"ticket","id":%s,"_url":"%s/REST/2.0/ticket/9","Subject":"%s","Status":"open","Priority":"50","Queue":{"type":"queue","id":"3","Name":"Benefits","_url":"%s/x"},"Owner":{"type":"user","id":"anna"},"Requestor":[],"LastUpdated":"2026-11-01T10:00:00Z","Created":"2026-10-01T10:00:00Z","Due":"1970-01-01T00:00:00Z"}' \
		"$1" "$other" "$2" "$other"
}
tickets() { printf '{"items":[%s],"count":1,"page":1,"pages":1,"per_page":100,"total":%s,"next_page":"%s/REST/2.0/tickets?page=2"}' "$(row "$1" "$2")" "${3:-1}" "$other" | json /REST/2.0/tickets; }
ticket() {
	printf '{"id":36,"EffectiveId":{"id":"36","type":"ticket","_url":"%s/a"},"Subject":%s,"Status":"open","Priority":"50","Queue":{"type":"queue","id":"3","_url":"%s/b"},"Owner":{"type":"user","id":"anna","_url":"%s/c"},"Requestor":[],"Created":"2026-10-01T10:00:00Z","LastUpdated":"2026-11-01T10:00:00Z","CustomFields":[],"_hyperlinks":[{"ref":"self","_url":"%s/d"},{"ref":"history","_url":"%s/e"},{"ref":"comment","_url":"%s/f"},{"ref":"refers-to","_url":"%s/REST/2.0/ticket/77","id":"77"}]}' \
		"$other" "$1" "$other" "$other" "$other" "$other" "$other" "$other" |
		answer /REST/2.0/ticket/36 "200 OK" application/json 'ETag: "12"'
}
raw_control() { LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$OUT" "$ERR"; }
# ends NAME COMMAND...: it ends by itself, soon, with a sentence where it fails, and writes nothing raw.
ends() {
	local name=$1 code
	shift
	timeout -k 2 25 "$@" >"$OUT" 2>"$ERR" </dev/null
	code=$?
	echo "# $name ($code): $(head -c 200 "$ERR" | head -1)"
	if [ $code -ge 99 ]; then show_last; fail "$name: ended by $code"; return; fi
	if raw_control; then show_last; fail "$name: raw characters"; return; fi
	if [ $code != 0 ] && [ ! -s "$ERR" ]; then fail "$name: not a word"; return; fi
	if [ "$(wc -c <"$ERR")" -gt 4000 ]; then fail "$name: too many words"; return; fi
	if [ -e "$fake/foreign" ]; then sed 's/^/# /' "$fake/foreign"; fail "$name: a stranger was asked"; return; fi
	pass "$name"
}
fresh() { rm -rf "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"/*; : >"$fake/asked"; }
asked_most() { if [ "$(wc -l <"$fake/asked")" -le "$2" ]; then pass "$1"; else echo "# asked $(wc -l <"$fake/asked") times"; fail "$1"; fi; }

# ---- Request Tracker: as it should be
rt_world
expect "a good one" 0 caseload list is:open --fresh
has "lists" "Help with rent"
expect "shows" 0 caseload show 36 --fresh
# ---- login
for n in $(seq 400); do echo "Set-Cookie: c$n=$(printf '%0100d' 0); path=/"; done >"$TMP/cookies"
fresh; mapfile -t many <"$TMP/cookies"; printf 'RT/5.0.3 200 Ok\n\n' | answer /REST/1.0/ "200 OK" text/plain "${many[@]}" "$cookie"
ends "four hundred cookies" caseload list is:open --fresh
fresh; many=("${many[@]}" "${many[@]}"); printf 'RT/5.0.3 200 Ok\n\n' | answer /REST/1.0/ "200 OK" text/plain "${many[@]}" "$cookie"
ends "cookies without measure" caseload list is:open --fresh
fresh; printf 'RT/5.0.3 200 Ok\n\n' | answer /REST/1.0/ "200 OK" text/plain $'Set-Cookie: RT_SID_x=0123456789abcdef\r0123456789; path=/' 'Set-Cookie: RT_SID_a=0123456789abcdef X-Evil: 1'
ends "a cookie with a line end" caseload list is:open --fresh
fresh; rt_world; answer /REST/1.0/ "302 Found" text/html "Location: $other/login" </dev/null
ends "a redirect to another host at login" caseload list is:open --fresh
asked_most "is not followed, and not asked for again and again" 2
fresh; rt_world; answer /REST/2.0/tickets "302 Found" text/html "Location: $url/REST/2.0/tickets" </dev/null
ends "redirects in a circle" caseload list is:open --fresh
asked_most "a few new logins at most" 16
fresh; rt_world; echo '{"message":"Unauthorized"}' | answer /REST/2.0/tickets "401 Unauthorized" application/json
ends "401 forever" caseload list is:open --fresh
asked_most "a login that is good is not made again and again" 16
fresh; rt_world; printf 'RT/5.0.3 401 Credentials required\n' | answer /REST/1.0/ "200 OK" text/plain
ends "401 at login" caseload list is:open --fresh
asked_most "is asked for twice at most" 2
fresh; rt_world; answer /REST/2.0/queues/all "200 OK" application/json <<<'{"items":[{"id":"3","Name":"Benefits"}],"total":1000000000000,"count":1}'
ends "a thousand milliards of queues" caseload list is:open --fresh
asked_most "are not all asked for" 300
# ---- lists
fresh; rt_world; for id in '"../../x"' -5 '"-5"' 99999999999999999999 '"36/../../evil?x=1"' '[1,2]' '{"a":1}' null '""' 1.5; do
	tickets "$id" "number"
	ends "a ticket of the id $id" caseload list is:open --fresh
done
ends "such an id asked for" caseload show '../../x' --fresh
tickets '"36"' "$esc"
ends "a subject that would own the terminal" caseload list is:open --fresh
tickets '"36"' "$(head -c 1000000 /dev/zero | tr '\0' x)"
ends "a subject of a megabyte" caseload list is:open --fresh
for total in 1000000000 -7 '"many"' '[]' 1e308; do
	tickets '"36"' "totals that lie" "$total"
	: >"$fake/asked"
	ends "a total of $total" caseload list is:open --fresh
	ends "with all pages" caseload list is:open --fresh --limit=5000
	asked_most "ends where nothing new comes" 120
done
{ printf '%0.s[' $(seq 100000); } | json /REST/2.0/tickets
ends "a hundred thousand brackets" caseload list is:open --fresh
printf '{"items":{"id":"36"},"total":[]}' | json /REST/2.0/tickets
ends "other types" caseload list is:open --fresh
head -c 3000000 /dev/zero | gzip -9 | answer /REST/2.0/tickets "200 OK" application/json 'Content-Encoding: gzip'
ends "a packed body nobody asked for" caseload list is:open --fresh
answer /REST/2.0/tickets "500 Internal Server Error" text/plain </dev/null
ends "500 without a word" caseload list is:open --fresh
echo "{\"message\":\"no $esc\"}" | answer /REST/2.0/tickets "400 Bad Request" application/json
ends "a refusal that would own the terminal" caseload list is:open --fresh
answer /REST/2.0/tickets "200 OK" application/json "Content-Length: 99999999" <<<'{"items":['
ends "a length that lies" caseload list is:open --fresh
# ---- one case
rt_world
ticket '["a",{"b":1}]'; ends "a list for a subject" caseload show 36 --fresh
ticket "\"$esc\""; ends "a subject in its head" caseload show 36 --fresh
rt_world
for total in 1000000000000 '"x"'; do
	printf '{"items":[{"id":"5","type":"transaction","Type":"Comment","Creator":{"id":"anna"},"Created":"2026-10-01T10:00:00Z"}],"count":1,"page":1,"per_page":100,"total":%s}' "$total" | json /REST/2.0/ticket/36/history
	: >"$fake/asked"
	ends "a history that never ends" caseload show 36 --fresh
	asked_most "is ended" 300
done
# ---- files
rt_world
files() { printf '{"items":[{"id":"%s","Filename":"%s","ContentType":"application/pdf","ContentLength":%s,"Headers":"Content-Length: %s\\nContent-Type: application/pdf\\n","TransactionId":"5","Created":"2026-10-01T10:00:00Z","Creator":{"id":"anna"}}],"count":1,"page":1,"per_page":100,"total":1}' "$1" "$2" "$3" "$3" | json /REST/2.0/ticket/36/attachments; }
announces() { printf '{"items":[{"id":"5","type":"transaction","Type":"Comment","Creator":{"id":"anna"},"Created":"2026-10-01T10:00:00Z","_hyperlinks":[{"ref":"attachment"},{"ref":"attachment","_url":"%s/REST/2.0/attachment/7"}%s]}],"count":1,"page":1,"per_page":100,"total":1}' "$other" "${1:-}" | json /REST/2.0/ticket/36/history; }
announces
printf 'RT/5.0.3 200 Ok\n\n12345' | answer /REST/1.0/attachment/7/content "200 OK" text/plain
mkdir "$TMP/desk" && top=$PWD && case $BUILD in /*) ;; *) PATH=$top/$BUILD:$PATH ;; esac && cd "$TMP/desk"
for name in ../../.bashrc '' "$(printf '%0300d' 0).pdf" 'a\nb' "$esc" .. /etc/passwd -rf; do
	files 7 "$name" 5
	caseload show 36 --fresh >"$OUT" 2>"$ERR"
	ends "a file named ${name:0:20}" caseload file 36 7
done
check "nothing went elsewhere" test -z "$(find "$TMP/home" "$TMP" -maxdepth 1 -name .bashrc)"
check "each has a name of its own that is one" test -z "$(find . -mindepth 1 -name '[.-]*' -o -mindepth 1 -name '*[[:cntrl:]]*')"
ls -A | sed 's/^/# /'
rm -f ./*
# The strings of tests/fake/hostile as names, some to each: listed, told when they are fetched, and on the disk.
H=$(PATH=$top:$PATH && cd "$top" && realpath "$BUILD/tests/fake/hostile")
plain=$(cd "$top" && realpath "${BUILD%/san}/caseload") # as it is installed, which starts faster
many=$("$H" groups) items= links=
for ((i = 0; i < many; i++)); do
	name=$("$H" group "$i" json | sed 's#\\\\##g; s#/##g') # what is before a separator is no part of the name
	items=$items${items:+,}$(printf '{"id":"%d","Filename":"%s","ContentType":"application/pdf","ContentLength":5,"Headers":"Content-Length: 5\\nContent-Type: application/pdf\\n","TransactionId":"5","Created":"2026-10-01T10:00:00Z","Creator":{"id":"anna"}}' $((100 + i)) "$name")
	links=$links,$(printf '{"ref":"attachment","_url":"%s/REST/2.0/attachment/%d"}' "$other" $((100 + i)))
	printf 'RT/5.0.3 200 Ok\n\n12345' | answer /REST/1.0/attachment/$((100 + i))/content "200 OK" text/plain
done
printf '{"items":[%s],"count":%d,"page":1,"per_page":100,"total":%d}' "$items" "$many" "$many" | json /REST/2.0/ticket/36/attachments
announces "$links"
caseload show 36 --fresh >"$OUT" 2>"$ERR"
caseload file 36 >"$TMP/listed" 2>&1
: >"$TMP/told"
for ((i = 0; i < many; i++)); do "$plain" file 36 $((100 + i)) >>"$TMP/told" 2>&1; done
ls -A >"$TMP/names"
for door in listed told names; do
	check "names of files, $door: at least 200, none raw" "$H" look "names of files, $door" "$TMP/$door"
	cat "$OUT"
	check "as many" test "$(sed -nE 's/^## .* ([0-9]+) strings.*/\1/p' "$OUT")" -ge 200
	cp "$TMP/$door" "$OUT"
	if raw_control; then fail "no control at all"; else pass "no control at all"; fi
done
rm -f ./*
announces
files 7 plan.pdf 5; caseload show 36 --fresh >/dev/null 2>&1
printf '<!DOCTYPE html><form>Sign in' | answer /REST/1.0/attachment/7/content "200 OK" text/html
ends "the login page in place of the file" caseload file 36 7
printf 'RT/5.0.3 200 Ok\n\n12345' | answer /REST/1.0/attachment/7/content "200 OK" text/plain "Content-Length: 4000"
ends "a file cut short" caseload file 36 7
printf 'RT/5.0.3 200 Ok\n\n12345678' | answer /REST/1.0/attachment/7/content "200 OK" text/plain
ends "a file longer than told" caseload file 36 7
{ printf 'RT/5.0.3 200 Ok\n\n'; head -c 3000000 /dev/zero; } | answer /REST/1.0/attachment/7/content "200 OK" text/plain
ends "one beyond files.limit" caseload --set=files.limit=1 file 36 7
answer /REST/1.0/attachment/7/content "302 Found" text/plain "Location: $other/x" </dev/null
ends "one at another host" caseload file 36 7
files '../../x' plan.pdf 5; caseload show 36 --fresh >/dev/null 2>&1
ends "one with a path for an id" caseload file 36 plan.pdf
check "nothing is left of them" test -z "$(ls -A)"
cd "$top"
rt_world
answer /REST/2.0/ticket/36/comment "413 Payload Too Large" text/html <<<'<h1>413'
ticket '"x"'; ends "413 for a note" caseload note 36 "a note" --timeout=3

# ---- what goes with a change, and what is kept of it
fresh; rt_world; ticket '"Help with rent"'
caseload show 36 --fresh >/dev/null 2>&1
truncate -s 2G "$TMP/desk/huge.bin"
mkfifo "$TMP/desk/pipe"
head -c 5000000 /dev/urandom >"$TMP/desk/five.bin"
expect "two gigabytes are refused at once" 2 timeout 10 caseload attach 36 "$TMP/desk/huge.bin"
err_has "with the limit" "files.limit"
expect "a pipe is not waited for" 2 timeout 10 caseload attach 36 "$TMP/desk/pipe"
expect "one that is gone" 2 caseload attach 36 "$TMP/desk/none.bin"
ends "a full disk" bash -c 'ulimit -f 4000; exec "$@"' full caseload attach 36 "$TMP/desk/five.bin" --timeout=1
err_has "is said" "nothing was saved"
check "and nothing is left" test -z "$(find "$XDG_DATA_HOME" -path '*/files/*' -type f)"
check "nor waits" test "$(caseload outbox --json | jq length)" = 0
announces; files 7 plan.bin 4000000; caseload show 36 --fresh >/dev/null 2>&1
{ printf 'RT/5.0.3 200 Ok\n\n'; head -c 4000000 /dev/zero; } | answer /REST/1.0/attachment/7/content "200 OK" text/plain
ends "a full disk for a file that comes" bash -c 'cd "$1" && ulimit -f 2000; shift; exec "$@"' full "$TMP/desk" caseload file 36 7
err_has "is said too" "cannot be written"
check "and nothing is left of it" test -z "$(ls -A "$TMP/desk" | grep -vxE 'huge.bin|pipe|five.bin')"
answer /REST/2.0/ticket/36/comment "503 Busy" text/plain </dev/null
expect "a file that waits" 75 caseload attach 36 "$TMP/desk/five.bin" --timeout=1
check "for nobody else to read" test -z "$(find "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR" -mindepth 1 \( -type d ! -perm 0700 -o -type f ! -perm 0600 \))"
check "neither token nor cookie is told or kept where it does not belong" test -z "$(caseload doctor --json 2>&1 | grep -E '0123456789abcdef')$(
	grep -rlE '0123456789abcdef' "$XDG_DATA_HOME" "$TMP/state" "$TMP/cache" 2>/dev/null)"
expect "the purge" 0 caseload logout --purge --yes=1
check "leaves nothing of it, and no session" test -z "$(find "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR" -type f ! -name sender.lock -size +0)"
echo 1-14-0123456789abcdef0123456789abcdef >"$TMP/token"
for address in "http://anna:hunter2@127.0.0.1:$port" "$url/?token=hunter2" "$url/#hunter2"; do
	for type in rt redmine; do
		printf '[service "rt"]\ntype = %s\nurl = %s\nuser = a\ntoken-file = %s\n' $type "$address" "$TMP/token" >"$XDG_CONFIG_HOME/caseload/config"
		ends "$type at ${address/hunter2/...}" timeout 10 caseload list is:open --fresh
		if grep -q hunter2 "$OUT" "$ERR"; then show_last; fail "tells no password"; fi
	done
done

# ---- Redmine
echo 0123456789abcdef0123456789abcdef01234567 >"$TMP/token"
redmine_world() {
	rm -f "$fake"/-* "$fake"/asked "$fake"/foreign "$TMP/rt.conf"
	printf '[service "works"]\ntype = redmine\nurl = %s\nteam = waste\ntoken-file = %s\n' "$url" "$TMP/token" >"$TMP/redmine.conf"
	configure
	echo '{"user":{"id":5,"login":"bram","firstname":"Bram","lastname":"B","api_key":"0123456789abcdef0123456789abcdef01234567","memberships":[{"id":1,"project":{"id":2,"name":"Waste"},"roles":[{"id":3,"name":"Worker"}]}]}}' | json /users/current.json
	cp "$fake/-users-current.json" "$fake/-my-account.json"
	echo '{"issue_statuses":[{"id":1,"name":"New","is_closed":false},{"id":2,"name":"Closed","is_closed":true}]}' | json /issue_statuses.json
	echo '{"issue_priorities":[{"id":1,"name":"Low"},{"id":2,"name":"High"}]}' | json /enumerations/issue_priorities.json
	echo '{"trackers":[{"id":1,"name":"Complaint","default_status":{"id":1,"name":"New"}}],"total_count":1,"offset":0,"limit":100}' | json /trackers.json
	echo '{"projects":[{"id":2,"name":"Waste","identifier":"waste","trackers":[{"id":1,"name":"Complaint"}]}],"total_count":1,"offset":0,"limit":100}' | json /projects.json
	echo '{"custom_fields":[]}' | json /custom_fields.json
	issues 36 'Blue bin'
	printf '{"issue":%s}' "$(issue 36 'Blue bin')" | json /issues/36.json
	answer /issues/36 "200 OK" text/html <<<'<html>'
}
issue() {
	printf '{"id":%s,"project":{"id":2,"name":"Waste"},"tracker":{"id":1,"name":"Complaint"},"status":{"id":1,"name":"New","is_closed":false},"priority":{"id":1,"name":"Low"},"author":{"id":5,"name":"Bram B"},"subject":"%s","description":"","start_date":"2026-10-01","created_on":"2026-10-01T10:00:00Z","updated_on":"2026-11-01T10:00:00Z","custom_fields":[],"journals":[],"attachments":[%s]}' "$1" "$2" "${3:-}"
}
issues() { printf '{"issues":[%s],"total_count":%s,"offset":0,"limit":100}' "$(issue "$1" "$2")" "${3:-1}" | json /issues.json; }
fresh; redmine_world
expect "a good one" 0 caseload list is:open --fresh
has "lists" "Blue bin"
for id in '"../../x"' -5 99999999999999999999 '[1,2]' null '""'; do
	issues "$id" "number"
	ends "an issue of the id $id" caseload list is:open --fresh
done
issues 36 "$esc"; ends "a subject that would own the terminal" caseload list is:open --fresh
issues 36 "$(head -c 1000000 /dev/zero | tr '\0' x)"; ends "a subject of a megabyte" caseload list is:open --fresh
for total in 1000000000 -7 '"many"'; do
	issues 36 "totals that lie" "$total"
	: >"$fake/asked"
	ends "a total of $total, all pages" caseload list is:open --fresh --limit=5000
	asked_most "ends where nothing new comes" 120
done
redmine_world; answer /issues.json "302 Found" text/html "Location: $other/login" </dev/null
ends "a redirect to another host" caseload list is:open --fresh
redmine_world; : >"$fake/asked"; answer /issues.json "401 Unauthorized" application/json </dev/null
ends "401 forever" caseload list is:open --fresh
asked_most "is not asked again and again" 30
fresh; redmine_world; : >"$fake/asked"; answer /users/current.json "401 Unauthorized" application/json </dev/null; cp "$fake/-users-current.json" "$fake/-my-account.json"
ends "401 at login" caseload list is:open --fresh
asked_most "is asked for twice at most" 2
fresh; redmine_world; mkdir -p "$TMP/desk"; cd "$TMP/desk"
for where in "$other/attachments/download/9/x" "//127.0.0.2:$port/x" "$url@127.0.0.2:$port/x" "file:///etc/passwd" "../../../x"; do
	printf '{"issue":%s}' "$(issue 36 "Blue bin" '{"id":9,"filename":"../../.bashrc","filesize":5,"content_type":"text/plain","content_url":"'"$where"'","author":{"id":5,"name":"B"},"created_on":"2026-10-01T10:00:00Z"}')" | json /issues/36.json
	caseload show 36 --fresh >/dev/null 2>&1
	ends "a file said to be at $where" caseload file 36 9
done
check "nothing went elsewhere" test -z "$(find "$TMP/home" "$TMP" -maxdepth 1 -name .bashrc)"
cd "$top"
printf '{"errors":["no %s"]}' "$esc" | answer /issues/36.json "422 Unprocessable Entity" application/json
ends "a refusal that would own the terminal" caseload show 36 --fresh
