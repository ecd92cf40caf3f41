# Logging in with a name and a password, as Request Tracker wants it: by the first start, by `login`, at the screen.
. tests/lib.sh
live rt
rm -f "$XDG_CONFIG_HOME/caseload/config" "$TMP"/rt-*.token

cat >"$TMP/connect.t" <<-T
	size 80x24
	test the first start takes a name and a password, and keeps the login alone
	run caseload
	wait Which?
	type 2
	keys <Enter>
	wait Address of the service
	type $RT_URL
	keys <Enter>
	wait What is it?
	type 2
	keys <Enter>
	wait Your name there
	type anna
	keys <Enter>
	wait Password (is not shown):
	type wrong-pass
	keys <Enter>
	wait Keep the password
	keys <Enter>
	wait Nothing was kept
	waitrow 13 Your name there
	type anna
	keys <Enter>
	waitrow 14 Password (is not shown):
	type anna-pass
	keys <Enter>
	waitrow 15 Keep the password
	type n
	keys <Enter>
	waitrow 16 Which of these is your team
	keys <Enter>
	wait 4 shown of 4
	keys Q
	exit 0
	hasnt anna-pass
	shell ! grep -rq anna-pass \$XDG_CONFIG_HOME \$XDG_RUNTIME_DIR \$XDG_DATA_HOME
	shell test "\$(ls \$XDG_CONFIG_HOME/caseload)" = config
	test the next start needs no password
	run caseload
	wait 4 shown of 4
	keys Q
	exit 0
	shell test "\$(stat -c %a \$XDG_RUNTIME_DIR/caseload/session-*)" = 600
	shell caseload list is:open --limit=1 --json | grep -q number
	test logout ends that; without a terminal nobody is asked
	shell caseload logout
	shell test -z "\$(ls \$XDG_RUNTIME_DIR/caseload/session-* 2>/dev/null)"
	shell caseload list --fresh </dev/null; test \$? = 4
	test login asks for the password again
	run caseload login
	wait Password for anna
	type anna-pass
	keys <Enter>
	wait You are logged in
	exit 0
	shell caseload list is:open --limit=1 --json --fresh </dev/null | grep -q number
	test login with a wrong one says so
	run caseload login
	wait Password for anna
	type wrong-again
	keys <Enter>
	wait does not accept
	waitrow 3 Password for anna
	keys <Enter>
	exit 4
T
BUILD=$BUILD "$BUILD/tests/pty" "$TMP/connect.t" >"$OUT" 2>&1 || bad=1
cat "$OUT"
