# A peer that answers rubbish: one sentence on the screen and on standard error, an exit code that tells a
# script which sort it is, keys answered, the terminal safe, nothing sent elsewhere.
size 80x24
env CASELOAD_UI_CLOCK=no
env CASELOAD_NET_TIMEOUT=2
service
proxy

test rubbish: html
fault html
run caseload
wait The service answered with text/html where application/json was expected
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'The service answered with text/html where application/json was expected' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: cut
fault cut
run caseload
wait was cut off
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 6 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'was cut off' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: cut-head
fault cut=30
run caseload
wait was cut off
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 6 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'was cut off' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: types
fault types
run caseload
wait There is no Casework REST service of version 1 at
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'There is no Casework REST service of version 1 at' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: array
fault array
run caseload
wait The answer of the service was not understood
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'The answer of the service was not understood' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: 500
fault 500
run caseload
wait The service has no time now; it will be asked again.
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 75 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'The service has no time now; it will be asked again.' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: busy
fault 503=999999999999
run caseload
wait The service has no time now; it will be asked again.
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 75 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'The service has no time now; it will be asked again.' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: redirect
fault redirect
run caseload
wait which is never
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'which is never' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: garbage
fault garbage
run caseload
wait did not answer as a web service does
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'did not answer as a web service does' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: silent
fault before
run caseload
wait ended the connection without an answer
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 6 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'ended the connection without an answer' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: rude
fault rude
run caseload
wait Go
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 8 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'Go' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: endless
fault endless
run caseload
wait beyond any measure
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'beyond any measure' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: endless-head
fault endless-head
run caseload
wait beyond any measure
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 1 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'beyond any measure' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test rubbish: never
fault mute
run caseload
wait did not answer
waitrow 23 offline since
keys ?
wait Keys in: Worklist
keys <Esc>
gone Keys in
keys Q
exit 0
never \e]0;
never \x9b
never \xe2\x80\xae
shell caseload list is:open >$TMP/out 2>$TMP/err; test $? = 6 || { cat $TMP/err; false; }
shell test ! -s $TMP/out && test $(wc -l <$TMP/err) = 1 && grep -q 'did not answer' $TMP/err && ! grep -q "$(printf '\033')" $TMP/err
fault calm
shell rm -rf $TMP/run/caseload $TMP/data/caseload

test nothing went where a redirect pointed
shell test ! -e $TMP/proxy/foreign
