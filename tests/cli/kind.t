#!/bin/bash
# A new kind of case is one file, open for business while the service runs.
. tests/lib.sh
start_service
DATA="--data $TMP/service"

cat >"$TMP/dog.kind" <<-K
	[kind]
	id = dog-licence
	name = Dog licence
	service = animals
	due = 5 working days

	[field chip]
	label = Number of the chip
	type = reference
	pattern = ^[0-9]{15}\$
	required = yes

	[step asked]
	name = Asked for
	status = new

	[step given]
	name = Given
	status = resolved
	role = supervisor
K
sed 's/required/requierd/' "$TMP/dog.kind" >"$TMP/bad.kind"

expect "a slip is found" 2 caseloadd kind check "$TMP/bad.kind"
err_has "with its line and the nearest word" 'bad.kind:11: [field] knows no "requierd"; the nearest is "required".'
expect "and not loaded" 2 caseloadd kind load "$TMP/bad.kind" $DATA
expect "the good one is good" 0 caseloadd kind check "$TMP/dog.kind"
expect "and loaded while the service runs" 0 caseloadd kind load "$TMP/dog.kind" $DATA
has "it says so" "the kind dog-licence is open for business (version 1)"
for _ in $(seq 40); do
	api GET '/kinds?limit=200' >"$OUT" 2>"$ERR"
	grep -q dog-licence "$OUT" && break
	sleep 0.05
done
has "the service notices" '"id":"dog-licence"'

open_case() {
	api POST /cases -H 'Content-Type: application/json' -H "Idempotency-Key: 0123456789-$1" \
		-d "{\"subject\":\"Rex\",\"service\":\"animals\",\"kind\":\"dog-licence\",\"fields\":$2}" >"$OUT"
}
open_case wrong '{"chip":"12"}'
has "a case of it is checked" '"status":422'
open_case right '{"chip":"900012345678901"}'
has "and opened, with its team" '"team":"parks"'
has "and its due date" '"due":"20'
api GET '/cases?q=kind:dog-licence' >"$OUT"
expect "loaded again it is the next version" 0 caseloadd kind load "$TMP/dog.kind" $DATA
has "which is told" "(version 2)"
expect "it can be shown as a file" 0 caseloadd kind show dog-licence $DATA
cp "$OUT" "$TMP/shown.kind"
expect "which is good itself" 0 caseloadd kind check "$TMP/shown.kind"
sed 's/^id = .*/id = other/' service/kinds/bin-missed.kind >"$TMP/other.kind"
expect "a template of another kind is not taken over" 2 caseloadd kind load "$TMP/other.kind" $DATA
err_has "and whose it is, is said" "The template bin-sorry belongs to the kind bin-missed"
expect "a kind that is not there" 3 caseloadd kind show nothing $DATA
expect "the sample does not go into a full directory" 2 caseloadd sample $DATA

expect "a directory without a service: exit 2" 2 caseloadd kind load "$TMP/dog.kind" --data "$TMP/wrong"
err_has "it is named" "$TMP/wrong"
for command in "token add s.rossi" "token list" "worker add x.y --name X --team refuse" "kind list"; do
	expect "caseloadd $command there: exit 2" 2 caseloadd $command --data "$TMP/wrong"
done
check "and nothing is made" test ! -e "$TMP/wrong"
