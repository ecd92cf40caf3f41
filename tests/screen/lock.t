# The locked screen: nothing of what stood there is left, no key passes, and only a secret opens it.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_LOCK_AFTER=0
service
run caseload
waitrow 2 14 shown of 14
has Okafor

test the first lock asks for a passphrase, twice, and shows neither
keys gl
waitrow 24 Choose a passphrase that unlocks
type short
keys <Enter>
waitrow 24 Not locked: a passphrase has at least 6 characters.
has Okafor
keys <F12>
waitrow 24 Choose a passphrase that unlocks
type correct horse
hasnt horse
keys <Enter>
waitrow 24 The same once more:
type correct hose
keys <Enter>
waitrow 24 Not locked: the two were not the same
keys gl
waitrow 24 Choose a passphrase that unlocks
type correct horse
keys <Enter>
waitrow 24 The same once more:
type correct horse
keys <Enter>
waitrow 1 caseload is locked since

test nothing is left of the screen before
screen
|caseload is locked since ¿¿:¿¿.
|
|Type your passphrase, or the token or password of a service.
|
|What is typed is not shown:
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
cursor 5 29
never correct ho

test the passphrase is on disk as a salted hash, for its owner alone
shell cd $TMP/state/caseload && [ "$(stat -c %a passphrase)" = 600 ] && grep -q '^[$]y[$]' passphrase && ! grep -q horse passphrase

test keys for the screen before do nothing, nor do Ctrl-C, Ctrl-Z, paste, signals, another size
keys Q<Esc>:<C-c><C-c><C-z>jj<F10>
paste close --yes
keys <C-u>
signal INT
signal INT
# The kernel forgets a stop that was not looked at before it is told to go on.
signal TSTP
shell sleep 0.3
signal CONT
resize 120x30
waitrow 1 caseload is locked since
hasnt Okafor
# It gave the terminal back once, when it began, and not for the signal.
transcript $TMP/locked
shell test "$(grep -ao '?1049l' $TMP/locked | wc -l)" = 1
resize 20x5
waitrow 1 caseload is locked
hasnt Okafor
resize 80x24
waitrow 5 What is typed is not shown:
hasnt Okafor

test news go on behind it, and are not shown
shell curl -sf -X POST -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: 0123456789-lock-1" -H 'Content-Type: application/json' -d '{"subject":"Behind the lock","service":"waste","assignee":"s.rossi","text":"x"}' "$URL/cases" >/dev/null
keys <C-l>
hasnt Behind
row 2

test a wrong try waits, and what is typed meanwhile is dropped
type wrong
keys <Enter>
waitrow 5 That was not it; nothing is taken for 1 s.
type correct horse
keys <Enter>
gone That was not it
row 5 What is typed is not shown:
hasnt taken for
row 1 caseload is locked

test the passphrase opens; what was typed ahead goes nowhere
type correct horse
keys <Enter>QQ
waitrow 24 Unlocked. 1 wrong try, at
waitrow 2 15 shown of 15
wait Behind the lock
keys j
waitrow 23 Worklist 2/15

test the token of the service opens too
keys gl
waitrow 1 caseload is locked
type wrong
keys <C-u>
type $TOKEN
keys <Enter>
waitrow 24 Unlocked.
keys Q
exit 0
restored
