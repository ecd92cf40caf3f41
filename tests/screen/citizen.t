# Finding a citizen, all round, masked until asked for with a reason.
size 80x24
service
run caseload
wait Okafor
test four letters and Enter open a citizen
keys f
wait Find a citizen
type mull
wait Müller, Jürgen
row 4 >  Müller
row 24 find: mull
keys <Enter>
waitrow 1 Müller, Jürgen  #p2
waitrow 3 [1 Cases
wait Bulky waste
test without diacritics and with a typing mistake
keys q
wait Find a citizen
keys f
keys <C-u>
type okaofr
wait ~ Okafor
keys <Tab>
waitrow 24 a near match
keys <Tab>
waitrow 24 find: okaofr
keys <Tab>
waitrow 24 a near match
keys <Enter>
waitrow 1 Okafor, Jane  #p1
test reference and day of birth are masked until asked for with a reason
keys 2
wait Reference
has ******
row 1 -**
hasnt 1948-01
keys v
waitrow 24 Why do you need to see this?
keys <Esc>
waitrow 24 Nothing is shown without a reason.
has ******
keys v
waitrow 24 Why do you need to see this?
type identity check
keys <Enter>
waitrow 24 on the access log
gone ******
shell curl -s -H "Authorization: Bearer $TOKEN" $URL/citizens/p1/access | grep -q 'identity check'
keys 4
wait identity check
test details are corrected in a form, and the service has them
keys e
waitrow 1 Correct the details of Okafor, Jane
keys <Down><Down><Down><Down>
waitrow 24 Telephone
keys <C-u>
type +44 7700 900123
keys <F2>
waitrow 3 Who looked
until curl -s -H "Authorization: Bearer $TOKEN" $URL/citizens/p1 | grep -q '900123'
test a person outside one's own work is opened only for a reason
keys q
wait Find a citizen
keys f
keys <C-u>
type van 't hof daan
wait van 't Hof, Daan
keys <Enter>
waitrow 24 Why do you open this person?
hasnt born
type a visit is planned
keys <Enter>
waitrow 1 born
keys 4
wait a visit is planned
test what an earlier reason has brought here is closed again, until there is a reason
keys q
wait Find a citizen
keys <Enter>
waitrow 24 Why do you open this person?
hasnt born
keys <Esc>
waitrow 24 Without a reason
hasnt born
test somebody new is registered
keys q
wait Find a citizen
keys +
waitrow 1 Register a citizen
keys <F2>
waitrow 24 A citizen needs a name
type Zoë
keys <Enter>
type Testperson
keys <F2>
waitrow 1 Testperson, Zoë
waitrow 1 #
shell curl -s -H "Authorization: Bearer $TOKEN" "$URL/citizens?q=zoe+testperson" | grep -q Testperson
keys Q
exit 0

test what was shown is masked again by itself
env CASELOAD_MASK_AFTER=1
run caseload
waitrow 2 14 shown of 14
keys gc
waitrow 3 [1 Cases
keys 2
wait ******
keys v
waitrow 24 Why do you need to see this?
type a letter comes back
keys <Enter>
gone ******
wait Masked again.
wait ******
row 1 -**

test the form shows what is masked neither without nor with the focus; typing replaces it
keys e
waitrow 1 Correct the details
keys <Down><Down>
waitrow 24 Born: masked; typing replaces it
hasnt -01-
type 1977
wait 1977
keys <C-u>
type 1980
waitrow 24 Born: 1980
keys <F8>
waitrow 24 The form is as it was
keys <Up><Down>
waitrow 24 Born: masked; typing replaces it
keys <Esc>
gone Correct the details
keys Q
exit 0
