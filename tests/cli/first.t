# The first start, in a terminal of its own: an address that is wrong, then the right one; and the demo.
. tests/lib.sh
start_service

if [ ! -x "$BUILD/tests/pty" ]; then
	skip "the first start" "$BUILD/tests/pty is not built"
	exit
fi
cat >"$TMP/connect.t" <<-T
	size 80x24
	test without a configuration it asks, and connects to a service that answers
	run caseload
	wait Which?
	type 2
	keys <Enter>
	wait Address of the service
	type $URL
	keys <Enter>
	wait What is it?
	keys <Enter>
	wait Token
	type wrong-token-of-somebody
	keys <Enter>
	wait Nothing was kept
	shell test -z "\$(ls \$XDG_CONFIG_HOME/caseload)"
	waitrow 11 Token (is not shown):
	type $TOKEN
	keys <Enter>
	wait as: s.rossi
	keys Q
	exit 0
	hasnt $TOKEN
	shell test "\$(stat -c %a \$XDG_CONFIG_HOME/caseload/config)" = 600
	shell test "\$(stat -c %a \$XDG_CONFIG_HOME/caseload/service.token)" = 600
	shell ! grep -q $TOKEN \$XDG_CONFIG_HOME/caseload/config
	shell caseload list --json | grep -q number
	shell test -z "\$(ls -A \$HOME)"
T
cat >"$TMP/demo.t" <<-'T'
	size 80x24
	test the demo is offered, keeps to itself, and ends with the client
	run caseload
	wait Which? [1]
	keys <Enter>
	wait as: s.rossi
	shell pgrep -f "[c]aseloadd serve.*$XDG_DATA_HOME/caseload-demo" >/dev/null
	keys Q
	exit 0
	shell ! pgrep -f "[c]aseloadd serve.*$XDG_DATA_HOME/caseload-demo" >/dev/null
	shell test ! -e $XDG_CONFIG_HOME/caseload/config
	shell test ! -e $XDG_DATA_HOME/caseload
	shell test "$(stat -c %a $XDG_DATA_HOME/caseload-demo)" = 700
	test its data is there the next time, and it ends with a client that is killed
	shell caseload --demo note $(caseload --demo list --plain --no-header | head -1 | cut -f1) "kept for the next time" | grep accepted
	run caseload --demo
	wait as: s.rossi
	signal KILL
	shell for i in $(seq 100); do pgrep -f "[c]aseloadd serve.*$XDG_DATA_HOME/caseload-demo" >/dev/null || exit 0; sleep 0.1; done; exit 1
	shell caseload --demo show $(caseload --demo list --plain --no-header | head -1 | cut -f1) | grep "kept for the next time"
	shell test -z "$(ls -A $HOME)"
T
for t in connect demo; do
	"$BUILD/tests/pty" "$TMP/$t.t" >"$TMP/pty" 2>&1 || bad=$((bad + 1))
	cat "$TMP/pty"
done
