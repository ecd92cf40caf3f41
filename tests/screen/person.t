# One person in two services: one row, one page, each fact with its origin; joined, kept apart, taken back; one service killed.
size 80x24
env CASELOAD_UI_CLOCK=no
service
shell printf '%s/caseloadd serve --listen 127.0.0.1:0 --data $2 --sample >$2.out 2>/dev/null &\necho $! >$2.pid\nwhile kill -0 $1 && kill -0 $!; do sleep 1; done\nkill $!\n' ${BUILD:-build/san} >$TMP/town.sh
shell cut -d' ' -f4 /proc/$$/stat >$TMP/driver
shell sh $TMP/town.sh $(cat $TMP/driver) $TMP/town >/dev/null 2>&1 &
until grep -q ready $TMP/town.out
shell printf '[service "town"]\ntype = native\nurl = %s\ntoken-file = %s\n' "$(sed -n 's/^caseloadd: ready //p' $TMP/town.out)" $TMP/town/first-token >>$XDG_CONFIG_HOME/caseload/config
shell printf 'curl -sS --fail-with-body -o $2.put -H "Authorization: Bearer $3" -H "Purpose: test" -H "Idempotency-Key: person-test-$1-0001" -H "Content-Type: application/json" -d "$6" "$4/$5" || exit 1\nsed -n "s/.*\\"id\\":\\"\\([^\\"]*\\)\\".*/\\1/p" $2.put >$2\n' >$TMP/post
shell sh $TMP/post a $TMP/a $TOKEN $URL citizens '{"given":"Wilma","family":"Dubbelman","born":"1971-05-09","ref":"NL-555 12345","phone":"+31 6 5550 0001","address":{"street":"Kade 1","postcode":"3521 AB","town":"Havenport"}}'
shell sh $TMP/post b $TMP/b $(cat $TMP/town/first-token) $(sed -n 's/^caseloadd: ready //p' $TMP/town.out) citizens '{"given":"Wilma","family":"Dubbelman","ref":"nl55512345","phone":"06-55500001","email":"wilma@example.org"}'
shell sh $TMP/post c $TMP/c $(cat $TMP/town/first-token) $(sed -n 's/^caseloadd: ready //p' $TMP/town.out) citizens '{"given":"Wilma","family":"Dubbelman","born":"1971-05-09"}'
shell sh $TMP/post d $TMP/d $(cat $TMP/town/first-token) $(sed -n 's/^caseloadd: ready //p' $TMP/town.out) citizens '{"given":"Wilma","family":"Dubbelman","born":"1938-01-30","ref":"NL55599999"}'
shell sh $TMP/post e $TMP/e $TOKEN $URL cases '{"subject":"Wilma here","service":"waste","team":"refuse","citizen":"'$(cat $TMP/a)'"}'
shell sh $TMP/post f $TMP/f $(cat $TMP/town/first-token) $(sed -n 's/^caseloadd: ready //p' $TMP/town.out) cases '{"subject":"Wilma there","service":"waste","team":"refuse","citizen":"'$(cat $TMP/b)'"}'

test one row for the two, with their services; the likely one and the stranger for themselves
run caseload
waitrow 23 sync live
keys f
type dubbelman
wait test+town
wait 2 open of 2
waitrow 1 3 found

test one page: cases of both, the fact that both know once, what one knows with its name
keys <C-u>
type nl-555 12345
waitrow 1 1 found
keys <Enter>
wait test+town
waitrow 1 Dubbelman, Wilma
wait CASES 2 (2 open)
wait test   Wilma h
wait town   Wilma t
has 5 Records 3
keys 2
waitrow 5 Given name
wait wilma@example.org
has test, town
has ******
hasnt NL-555
wait Kade 1

test a case of the one: its head names both services, its links the case of the other
keys 1
keys gg
wait CASES 2 (2 open)
keys <Enter>
waitrow 2 Wilma  #¿¿¿¿¿¿¿¿ t¿¿¿+t¿¿¿
keys 4
wait t¿¿¿     Wilma 
wait [4 Links 1
keys q
wait CASES 2 (2 open)

test the likely one is named with the reason, and the stranger is not there
keys 5
wait same reference
wait likely: same name and day of b
hasnt 1938
waitrow 4 may be theirs

test = joins, u takes it back, - keeps apart, 0 withdraws
keys G
waitrow 24 = joins, - keeps apart
keys =
waitrow 24 Joined:
wait joined by
gone likely:
keys u
waitrow 24 Taken back: joined
wait likely: same name and day of b
keys -
waitrow 24 Kept apart:
wait kept apart by
keys U
wait DONE, NEWEST FIRST
wait kept apart
keys q
wait kept apart by
keys 0
waitrow 24 Withdrawn:
wait likely: same name and day of b

test a service that is killed leaves what it said, with its age
shell kill -9 $(cat $TMP/town.pid)
wait town is away, read
keys 2
wait wilma@example.org
has test, town
keys 1
wait town   Wilma t
keys Q
exit 0
