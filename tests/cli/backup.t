# All data in one file while people work, back again, and looked through; a directory that is not ours alone.
. tests/lib.sh
start_service
DATA=$TMP/service
case=$(api GET '/cases?limit=1' | jq -r '.items[0].id')

# Notes one after the other until the file $TMP/enough is there; how many were answered, in $TMP/answered.
work() {
	n=0
	while [ ! -e "$TMP/enough" ]; do
		code=$(api POST "/cases/$case/events" -o /dev/null -w '%{http_code}' \
			-H "Idempotency-Key: backup-test-$(printf %08d $n)" -d "{\"kind\":\"note\",\"text\":\"n$n\"}")
		[ "$code" = 201 ] || { echo "note $n: $code" >>"$TMP/trouble"; break; }
		n=$((n + 1))
		echo "$n" >"$TMP/answered.new" && mv "$TMP/answered.new" "$TMP/answered"
	done
}
answered() { cat "$TMP/answered" 2>/dev/null || echo 0; }
work &
worker=$!
until [ "$(answered)" -ge 5 ]; do sleep 0.05; done
before=$(answered)
check "a backup while somebody works" caseloadd backup "$TMP/one.backup" --data "$DATA"
has "it is counted" "2000 people, 5000 cases, "
after=$(answered)
until [ "$(answered)" -ge $((after + 3)) ]; do sleep 0.05; done
touch "$TMP/enough"
wait "$worker"
check "whose work went on" [ ! -e "$TMP/trouble" ]
check "the file is ours alone" [ "$(stat -c %a "$TMP/one.backup")" = 600 ]
check "and the only one" [ "$(ls -d "$TMP"/one.backup* | wc -l)" = 1 ]
expect "it is not taken the place of" 2 caseloadd backup "$TMP/one.backup" --data "$DATA"
err_has "which is said" "There is a file"
expect "where no file can be" 1 caseloadd backup "$TMP/none/one.backup" --data "$DATA"
expect "of what is not there" 2 caseloadd backup "$TMP/two.backup" --data "$TMP/nowhere"
check "what runs is whole" caseloadd check --data "$DATA"
has "it says of what" "2000 people, 5000 cases"

expect "not into data that is in use" 75 caseloadd restore "$TMP/one.backup" --force --data "$DATA"
err_has "stop it first" "stop the service first"
check "the service did not notice" api GET "/cases/$case"
stop_service
expect "nor over data, unasked" 2 caseloadd restore "$TMP/one.backup" --data "$DATA"
err_has "it says what would become of it" "casework.db.before"
check "into another directory" caseloadd restore "$TMP/one.backup" --data "$TMP/again"
has "with what to do next" "revoke again"
check "whose files are ours alone" [ -z "$(find "$TMP/again" -type f ! -perm 600)" ]
check "and itself" [ "$(stat -c %a "$TMP/again")" = 700 ]
check "nothing is left of the way there" [ ! -e "$TMP/again/restoring" ]

cp "$DATA/first-token" "$TMP/again/first-token"
DATA=$TMP/again start_service
api GET "/cases/$case/events?limit=200" | jq -r '.items[].text // empty' | grep -c '^n[0-9]*$' >"$TMP/there"
check "all that was answered before it is in it" [ "$(cat "$TMP/there")" -ge "$before" ]
check "nothing that came after" [ "$(cat "$TMP/there")" -le $((after + 1)) ]
echo "# answered before $before, after $after, in the backup $(cat "$TMP/there")"
check "one works on" api POST "/cases/$case/events" -d '{"kind":"note","text":"after"}'
has "on the old record" '"kind":"note"'
stop_service

# ---- damage, of less data
D=$TMP/small
check "a small one" caseloadd team add first --data "$D"
check "and its backup" caseloadd backup "$TMP/small.backup" --data "$D"
check "over an older one, when told" caseloadd backup "$TMP/small.backup" --force --data "$D"
check "a backup can be looked through" caseloadd check "$TMP/small.backup"
cp "$TMP/small.backup" "$TMP/bad.backup"
head -c 4096 /dev/zero | tr '\0' '\377' | dd of="$TMP/bad.backup" bs=4096 seek=2 conv=notrunc 2>/dev/null
expect "a damaged backup is known" 1 caseloadd check "$TMP/bad.backup"
err_has "it says what to do" "Take an older backup."
expect "and is not restored" 1 caseloadd restore "$TMP/bad.backup" --data "$TMP/third"
check "nothing of it" [ ! -e "$TMP/third/casework.db" ]
head -c 5000 /dev/urandom >"$TMP/junk"
expect "what is no backup, neither" 1 caseloadd restore "$TMP/junk" --force --data "$D"
check "what was there is still there" caseloadd check --data "$D"
check "a damaged database is given up for a backup" sh -c "
	cp '$TMP/bad.backup' '$D/casework.db' && caseloadd restore '$TMP/small.backup' --force --data '$D'"
check "which is whole" caseloadd check --data "$D"
check "the damaged one is beside it" [ -s "$D/casework.db.before" ]

# ---- whose directory it is
D=$TMP/own
check "a directory of one's own" caseloadd team add first --data "$D"
check "is closed to others" [ "$(stat -c %a "$D")" = 700 ]
chmod 755 "$D"
chmod 644 "$D/casework.db"
check "one that others can read" caseloadd check --data "$D"
check "is closed" [ "$(stat -c %a "$D")" = 700 ]
check "so is the file, when it is opened to write" caseloadd team add second --data "$D"
check "closed" [ "$(stat -c %a "$D/casework.db")" = 600 ]
for mode in 770 702; do
	chmod $mode "$D"
	expect "one that others may write ($mode)" 1 caseloadd serve --listen 127.0.0.1:0 --data "$D"
	err_has "is refused with what to do" "may be written by others: if nobody has meddled with it, chmod go-rwx it"
done
chmod 700 "$D"
chmod 620 "$D/casework.db"
expect "a database that others may write" 1 caseloadd serve --listen 127.0.0.1:0 --data "$D"
chmod 600 "$D/casework.db"
ln -s "$D" "$TMP/link"
expect "a link to it" 1 caseloadd serve --listen 127.0.0.1:0 --data "$TMP/link"
err_has "is refused" "not a directory but a link"
expect "with a slash, too" 1 caseloadd team add third --data "$TMP/link/"
mv "$D/casework.db" "$TMP/elsewhere"
ln -s "$TMP/elsewhere" "$D/casework.db"
expect "a link to a database" 1 caseloadd serve --listen 127.0.0.1:0 --data "$D"
if [ "$(id -u)" = 0 ]; then
	mkdir -m 700 "$TMP/foreign" && chown 65534 "$TMP/foreign" && foreign=$TMP/foreign
else
	foreign=/usr
fi
expect "another user's" 1 caseloadd serve --listen 127.0.0.1:0 --data "$foreign"
err_has "is refused, and who may" "belongs to another user: run caseloadd as that user"

# ---- nothing of it in a core dump
ASAN_OPTIONS=detect_leaks=0 strace -f -o "$TMP/trace" -e trace=prctl,prlimit64,setrlimit \
	caseloadd serve --no-such-option >/dev/null 2>&1
check "no core is written" grep -q 'RLIMIT_CORE, {rlim_cur=0, rlim_max=0}' "$TMP/trace"
check "and nobody traces it" grep -q 'PR_SET_DUMPABLE, SUID_DUMP_DISABLE' "$TMP/trace"
