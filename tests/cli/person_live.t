# One person in our own service and in a real Request Tracker: one row, one page; and either of them gone.
. tests/lib.sh
start_service
live rt sofia

caseload list source:rt --limit=20 >"$OUT" 2>"$ERR" # what a person who works there has on the screen
expect "one search finds the person known to both" 0 caseload citizens 'ref:100490656' --purpose=test --json
check "one row, of both, with the cases of both" jq -e \
	'length == 1 and ([.[0].records[].source] | sort) == ["rt","test"] and .[0].cases.open >= 2' "$OUT"
caseload citizen test/p1 --purpose=test --json >"$TMP/json" 2>"$ERR"
check "one page: joined by the reference" jq -e \
	'[.records[] | [.source, .place, .why]] == [["test","joined",null],["rt","joined","reference"]]' "$TMP/json"
check "cases of both" jq -e '[.cases[].source] | unique == ["rt","test"]' "$TMP/json"
expect "the same from the other side" 0 caseload citizen rt/p1.home@example.net --purpose=test --json
check "both" jq -e '[.records[] | .source] == ["rt","test"]' "$OUT"
expect "for people" 0 caseload citizen test/p1 --purpose=test
has "the mailbox is the Request Tracker's" "p1.home@example.net"
has "why they are one" "same reference"

kill -STOP $service_pid
expect "our own service is gone: the other's record is read" 0 caseload citizen rt/p1.home@example.net \
	--purpose=test --timeout=2
has "its cases" "Missed bin collection"
err_has "and who is away is said" "test: "
kill -CONT $service_pid
