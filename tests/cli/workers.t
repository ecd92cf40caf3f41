# Everybody who works here from one file: whole or not at all, the same again changes nothing, and who has left is
# shut out while the service runs.
. tests/lib.sh
PEOPLE=$TMP/people

# people N: a file of N people in 60 teams.
people() {
	awk -v n="$1" 'BEGIN {
		print "worker,name,mail,team,team-name,skills,languages,roles,login"
		for (i = 0; i < n; i++)
			printf "w%04d,\"Person %d, the\",w%04d@example.org,team-%02d,Team %d,%s,%s,%s,w%04d@EXAMPLE.ORG\n",
				i, i, i, i % 60, i % 60, i % 3 ? "waste;benefits" : "vax", i % 2 ? "en nl" : "en",
				i % 50 ? "caseworker" : "caseworker; supervisor", i
	}'
}
import() { caseloadd worker import "$@" --data "$PEOPLE"; }
# The first value a query of the data gives, through the program that is tested: sqlite3(1) need not be there.
sum() { caseloadd check --data "$PEOPLE" >/dev/null && cksum <"$PEOPLE/casework.db"; }

people 2000 >"$TMP/many.csv"
began=$(date +%s)
check "2,000 people and 60 teams in one command" caseloadd worker import "$TMP/many.csv" --data "$TMP/many"
has "they are all new" "2000 rows: 2000 new, 0 changed, 0 same. 60 teams made."
echo "# $(($(date +%s) - began)) s"
rm -rf "$TMP/many"

people 240 >"$TMP/all.csv"
check "a dry run says what would become of it" import "$TMP/all.csv" --dry-run
has "and how many" "240 rows: 240 new, 0 changed, 0 same. 60 teams made. Nothing was kept"
check "then it is done" import "$TMP/all.csv"
check "the same file again" import "$TMP/all.csv"
has "changes nothing" "240 rows: 0 new, 0 changed, 240 same."
hasnt "and makes no team" "made"
before=$(sum)
check "once more, in another order of rows and columns" sh -c "
	{ echo 'team;name;worker'; sed 1d '$TMP/all.csv' | sort -r | awk -F, '{ print \$5 \";\" \$2 \",\" \$3 \";\" \$1 }' | tr -d '\"'; } >'$TMP/other.csv'
	caseloadd worker import '$TMP/other.csv' --data '$PEOPLE'"
has "the columns it has not stay as they are" "0 new, 0 changed, 240 same"
check "not a byte was written" [ "$(sum)" = "$before" ]

sed '5s/team-03/Team 3/; 7s/caseworker/boss/; 9s/w0007,/w0006,/; 11s/w0009@example.org/w0009/; 13s/Person 11, the//' \
	"$TMP/all.csv" | sed '15s/w0013@EXAMPLE.ORG/w0012@EXAMPLE.ORG/' >"$TMP/bad.csv"
printf 'new.one,New,new@example.org,team-00,,,,,\n' >>"$TMP/bad.csv"
expect "bad rows" 7 import "$TMP/bad.csv"
err_has "told by line, column and reason" "bad.csv:5: team: an identifier is made of"
err_has "roles" "bad.csv:7: roles: the roles are caseworker"
err_has "one person twice" "bad.csv:9: worker: this worker stands in the file twice."
err_has "an address that is none" "bad.csv:11: mail: this is not one mail address."
err_has "nobody's name" "bad.csv:13: name: this must not be empty."
err_has "one name to sign in for two" "bad.csv:15: login: somebody else signs in by this name"
err_has "and how many" "6 lines cannot be taken; nothing was changed."
check "nothing half done" [ "$(sum)" = "$before" ]
printf 'worker,nmae,team\na,A,t\n' >"$TMP/bad.csv"
expect "a column nobody knows" 2 import "$TMP/bad.csv"
err_has "is named" 'a column "nmae"'
printf 'worker,name\na,A\n' >"$TMP/bad.csv"
expect "a column that is missing" 2 import "$TMP/bad.csv"
err_has "is named, too" "no column team"
printf 'worker,name,team\n' >"$TMP/bad.csv"
expect "a file of nobody" 2 import "$TMP/bad.csv" --leavers
printf 'worker,name,team\na,Ev\033[31mil\xc2\x9b,t\n' >"$TMP/bad.csv"
expect "control characters" 7 import "$TMP/bad.csv"
check "are refused, and do not reach the terminal" sh -c "! grep -q '[[:cntrl:]]' '$ERR'"
expect "a file that is not there" 2 import "$TMP/none.csv"

# Names to sign in by may be exchanged.
sed '2s/w0000@EX/w0001@EX/; 3s/w0001@EX/w0000@EX/' "$TMP/all.csv" >"$TMP/swap.csv"
check "two exchange their names to sign in" import "$TMP/swap.csv"
has "two changed" "0 new, 2 changed, 238 same"

head -181 "$TMP/all.csv" >"$TMP/short.csv"
check "a shorter file shuts nobody out by itself" import "$TMP/short.csv"
has "but says so" "60 whom an earlier list named are not in it: --leavers shuts them out."
expect "a quarter of them at once is no accident" 2 import "$TMP/short.csv" --leavers
err_has "the number has to be said" "60 of 240 people would be shut out; nothing was changed. If the list is whole, say --leavers=60."
expect "another number is none" 2 import "$TMP/short.csv" --leavers=59
check "the right one is" import "$TMP/short.csv" --leavers=60
has "they are shut out" "60 shut out"
check "again: nothing" import "$TMP/short.csv" --leavers
hasnt "nobody is shut out twice" "shut out"
expect "who is gone gets no token" 8 caseloadd token add w0239 --data "$PEOPLE"
check "they come back" import "$TMP/all.csv"
has "as those they were" "0 new, 60 changed, 180 same"
check "and get a token" caseloadd token add w0239 --data "$PEOPLE"

# ---- while the service runs
start_service
DATA=$TMP/service
head -1 "$TMP/all.csv" >"$TMP/staff.csv"
for w in ada ben cem; do echo "$w,Dr. $w,$w@example.org,refuse,,,,caseworker supervisor,"; done >>"$TMP/staff.csv"
check "three come while it runs" caseloadd worker import "$TMP/staff.csv" --data "$DATA"
ADA=$(caseloadd token add ada --data "$DATA") BEN=$(caseloadd token add ben --role reader --data "$DATA")
as_ada() { TOKEN=$ADA api "$@"; }
check "one can ask at once" as_ada GET /me
has "with the roles of the file" '"roles":["caseworker","supervisor"]'
check "the other with those of the token" sh -c "TOKEN=$BEN; $(declare -f api); api GET /me"
has "which are fewer" '"roles":["reader"]'
for i in 1 2 3; do
	as_ada POST /cases -d "{\"subject\":\"Case $i of ada\",\"service\":\"waste\",\"team\":\"refuse\",\"assignee\":\"ada\"}" >"$TMP/case$i"
done
check "they have work" grep -q '"assignee":"ada"' "$TMP/case3"
case3=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$TMP/case3")
curl -sS -N -H "Authorization: Bearer $ADA" "$URL/events" >"$TMP/stream" 2>&1 &
stream=$!
for _ in $(seq 300); do grep -q hello "$TMP/stream" && break; sleep 0.1; done
check "and listen" grep -q hello "$TMP/stream"

grep -v '^ada,' "$TMP/staff.csv" >"$TMP/staff2.csv"
check "one has left" caseloadd worker import "$TMP/staff2.csv" --leavers --data "$DATA"
has "told with what they had" "1 shut out, their cases given back to their teams: 3."
began=$(date +%s)
check "their token has ended" sh -c "[ \$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer $ADA' $URL/me) = 401 ]"
check "their stream ends by itself" wait "$stream"
echo "# $(($(date +%s) - began)) s until the stream had ended"
check "the others go on" sh -c "[ \$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer $BEN' $URL/me) = 200 ]"
check "what they had is the team's" api GET "/cases/$case3"
has "nobody has it" '"assignee":null'
has "its version grew by one" '"version":2'
check "its timeline says so" api GET "/cases/$case3/events"
has "in words" "Dr. ada does not work here any more: the case is the team's again."
has "and in what changed" '"assignee":["ada",null]'
check "they are offered to nobody" api GET "/workers?limit=200"
hasnt "not among the workers" '"ada"'
version=$(api GET "/cases/$case3" -o /dev/null -D - | tr -d '\r' | sed -n 's/^etag: //ip')
check "nor can they be given a case" api PATCH "/cases/$case3" -H "If-Match: $version" -d '{"assignee":"ada"}'
has "there is no such worker" "There is no such worker."
check "by hand, one alone" caseloadd worker leave ben --data "$DATA"
expect "who is not there" 3 caseloadd worker leave ben --data "$DATA"
check "the data is whole" caseloadd check --data "$DATA"
stop_service
