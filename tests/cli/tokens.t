# Where a token comes from: the kernel's keyring, a credential of systemd, a command that asks on the terminal.
. tests/lib.sh
caseload() { command caseload "$@" --timeout=60; } # the machine may be busy
[ -x "$BUILD/tests/pty" ] || { skip "tokens" "$BUILD/tests/pty is not built"; exit; }
start_service
config() {
	{
		printf '[service "test"]\ntype = native\nurl = %s\n' "$URL"
		printf '%s\n' "$@"
	} >"$XDG_CONFIG_HOME/caseload/config"
}
token=$(cat "$TMP/service/first-token")
# terminal NAME LINES...: a script of tests/pty with the directories of this test.
terminal() {
	{
		printf 'size 80x24\ntest %s\n' "$1"
		for v in HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR; do printf 'env %s=%s\n' $v "${!v}"; done
		shift
		printf '%s\n' "$@"
	} >"$TMP/terminal.t"
	"$BUILD/tests/pty" "$TMP/terminal.t" || bad=$((bad + 1))
}

# ---- a credential of systemd
config "token-credential = city"
expect "no credentials directory: exit 4" 4 caseload list is:open --limit=1
err_has "is said" "LoadCredential="
mkdir -m 700 "$TMP/credentials"
install -m 440 "$TMP/service/first-token" "$TMP/credentials/city"
export CREDENTIALS_DIRECTORY=$TMP/credentials
expect "a credential" 0 caseload list is:open --limit=1 --fresh
chmod 444 "$TMP/credentials/city"
expect "one that anybody may read is refused" 2 caseload list is:open --limit=1 --fresh
config "token-credential = ../service/first-token"
expect "a name with a slash is none" 4 caseload list is:open --limit=1 --fresh
unset CREDENTIALS_DIRECTORY

# ---- a command that asks
cat >"$TMP/ask" <<-'C'
	#!/bin/bash
	exec 3>&1
	[ "$1" != tty ] || exec </dev/tty 2>/dev/tty
	stty -echo
	printf 'Passphrase, please: ' >&2
	read -r word || exit 3
	echo "$GPG_TTY $(tty)" >"${0%/*}/asked"
	[ "$word" = sesame ] && cat "${0%/*}/service/first-token" >&3
C
chmod 700 "$TMP/ask"
config "token-command = $TMP/ask"
terminal "a command that asks has the terminal" "run caseload list is:open --limit=1 --fresh" "wait Passphrase, please" \
	"type sesame" "keys <Enter>" "exit 0" "restored" "never sesame"
check "and is told its name, for gpg's agent" sh -c "read -r gpg tty <'$TMP/asked' && [ \"\$gpg\" = \"\$tty\" ] && [ \"\${gpg#/dev/}\" != \"\$gpg\" ]"
terminal "Ctrl-C there ends the command, and says so" "run caseload list is:open --limit=1 --fresh" "wait Passphrase, please" \
	"keys <C-c>" "wait failed" "exit 4" "restored"
expect "without a terminal it cannot ask: exit 4" 4 caseload list is:open --limit=1 --fresh
config "token-command = $TMP/ask tty" "token-terminal = yes"
terminal "the screen steps aside for one that is said to ask" "run caseload" "wait Passphrase, please" \
	"type sesame" "keys <Enter>" "wait sync live" "keys Q" "exit 0" "restored" "never sesame"
config "token-command = $TMP/ask tty"
terminal "and for no other" "run caseload" "wait shown" "wait sign-in needed" "hasnt Passphrase" "keys Q" "exit 0"

# ---- the kernel's keyring
key=caseload:test-$$
config "token-keyring = $key"
caseload list is:open --limit=1 --fresh >"$OUT" 2>"$ERR"
if grep -q "keyring cannot be used" "$ERR"; then
	skip "the kernel's keyring" "it is not allowed here"
	exit
fi
err_has "no key yet: what to do" "caseload login puts it there"
for sent in TERM:143 HUP:129; do
	terminal "ended by SIG${sent%:*} at the question, the terminal shows again what is typed" "run caseload login" \
		"wait Token (is not shown)" "signal ${sent%:*}" "exit ${sent#*:}" restored
done
terminal "login puts it there" "run caseload login" "wait Token (is not shown)" "type $token" "keys <Enter>" \
	"wait it is the key $key of the keyring" "exit 0" "never $token"
expect "and it is used" 0 caseload list is:open --limit=1 --fresh
expect "doctor" 0 caseload doctor --plain
has "says where it comes from" "keyring: $key"
check "it is in no file" sh -c "! grep -rlaF '$token' '$XDG_CONFIG_HOME' '$XDG_DATA_HOME' '$XDG_STATE_HOME' '$XDG_RUNTIME_DIR'"
expect "logout" 0 caseload logout
has "takes it out" "the key $key of the keyring is forgotten"
expect "and it is gone: exit 4" 4 caseload list is:open --limit=1 --fresh
expect "again: there is none" 0 caseload logout
has "is said" "there is no key"
