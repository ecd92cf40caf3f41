#!/bin/bash
# People and requests of other bodies are taken in while the service runs, and found as one types them.
. tests/lib.sh
start_service
DATA="--data $TMP/service"

expect "persons are imported while the service runs" 7 \
	caseloadd import nl-persons tests/data/nl-persons.csv $DATA
has "the counts add up" "9 rows: 7 new, 0 changed, 0 same, 2 bad."
err_has "a bad row has file, line and reason" 'tests/data/nl-persons.csv:8: born: "19751399" is not a date'
for file in alessandria la311 la311-seed la311-requests nyc311 nyc311-day boston311; do
	caseloadd import $file tests/data/$file.csv $DATA >>"$TMP/all" 2>&1
done
check "all maps took something" test "$(grep -c ' [1-9][0-9]* new' "$TMP/all")" -eq 7

found() { # found NAME PATH TEXT
	api GET "$2" >"$OUT" 2>"$ERR"
	has "$1" "$3"
}
found "a citizen by the name with its accents" '/citizens?q=Zo%C3%AB%20B%C3%A9rg' '"ref":"999900001"'
found "and without" '/citizens?q=zoe%20berg' '"ref":"999900001"'
found "letters that are not one letter and an accent" '/citizens?q=zailen%20delta' '"ref":"999900006"'
found "somebody with one name" '/citizens?q=wongsodimedjo' '"family":"Wongsodimedjo"'
hasnt "and no other" '"given"'
found "a partial date of birth" '/citizens?q=wongsodimedjo' '"born":"1966"'
found "by reference" '/citizens?q=ref:999900003' 'IJsselstein'
curl -sS -H "Authorization: Bearer $TOKEN" "$URL/citizens?q=ref:999900003" >"$OUT"
has "a guarded address" '"guarded":true'
hasnt "stays away from who says no purpose" 'Voorbeeldweg'
found "a request by the number its source gave it" '/cases?q=900002' '"number":"AL-900002"'
found "by a number with dashes" '/cases?q=9-100000002' '"number":"LA-9-100000002"'
found "a street with its tilde" '/cases?q=ni%C3%B1o' '"number":"LA-9-100000002"'
found "and without" '/cases?q=nino' '"number":"LA-9-100000002"'
found "words of the text" '/cases?q=accessibilita' '"number":"AL-900002"'
found "words of the closing note" '/cases?q=dead%20rat' '"number":"BOS-990000000002"'

expect "the same again changes nothing" 7 caseloadd import nl-persons tests/data/nl-persons.csv $DATA
has "as the counts say" "9 rows: 0 new, 0 changed, 7 same, 2 bad."
expect "a dry run says so" 0 caseloadd import nyc311 tests/data/nyc311.csv $DATA --dry-run
has "in words" "Nothing was kept (--dry-run)."
expect "a file that is not there" 2 caseloadd import nyc311 "$TMP/none.csv" $DATA
err_has "is named" "none.csv cannot be read: No such file or directory."
expect "a map that is not there" 2 caseloadd import nyc tests/data/nyc311.csv $DATA
err_has "is named too" "There is no map nyc"
expect "a file the map does not fit" 2 caseloadd import nyc311 tests/data/boston311.csv $DATA
err_has "says which column" 'There is no column "Unique Key"'
expect "import alone lists the maps" 0 caseloadd import
has "with what they are for" "nl-gba           Dutch persons"
