# Every string of tests/fake/hostile through every door of the commands: what comes out is marked, nothing is raw.
# Each door says how many strings were seen at it.
. tests/lib.sh
H=$PWD/$BUILD/tests/fake/hostile
# What is run for each argument is run as it is installed, which starts ten times as fast; one of them with sanitizers.
plain=${BUILD%/san}
[ -x "$plain/caseload" ] && [ -x "$plain/caseloadd" ] || plain=$BUILD
plain=$PWD/$plain
start_service
groups=$("$H" groups)
echo "## $("$H" count) hostile strings in $groups arguments"
check "at least 200 of them" test "$("$H" count)" -ge 200

look() { # look DOOR FILE...
	if LEAST=200 "$H" look "$@" >"$TMP/looked"; then cat "$TMP/looked"; pass "$1"; else
		cat "$TMP/looked"
		head -c 300 "$2" | cat -v | sed 's/^/# /'
		echo
		fail "$1"
	fi
}
: >"$TMP/all"
each() { # each COMMAND...: with each group as one more argument; what it says is gathered
	local i
	: >"$TMP/gathered"
	for ((i = 0; i < groups; i++)); do
		PATH=$plain:$PATH "$@" "$("$H" group "$i")" >>"$TMP/gathered" 2>&1 </dev/null
	done
}

# What the service keeps: subjects, tags and a first text that holds them all, a line each.
check "the service takes cases of them" tests/hostile-cases "$TMP"
number=$(jq -r .number "$TMP/made0")

terminal() { script -qec "$*" /dev/null </dev/null; }
terminal "env COLUMNS=4000 caseload list exits --limit=60 --no-pager" >"$TMP/1" 2>&1
look "list on a terminal" "$TMP/1"
caseload list exits --limit=60 >"$TMP/1" 2>&1
look "list on standard output" "$TMP/1"
caseload list exits --limit=60 --plain >"$TMP/1" 2>&1
look "list --plain" "$TMP/1"
terminal "caseload list exits --limit=60 --json --no-pager" >"$TMP/1" 2>&1
look "list --json on a terminal" "$TMP/1"
terminal "caseload show $number --no-pager" >"$TMP/1" 2>&1
look "show on a terminal" "$TMP/1"
caseload show "$number" >"$TMP/1" 2>&1
look "show on standard output" "$TMP/1"
caseload show "$number" --plain >"$TMP/1" 2>&1
look "show --plain" "$TMP/1"
terminal "caseload show $number --json --no-pager" >"$TMP/1" 2>&1
look "show --json on a terminal" "$TMP/1"
printf '#!/bin/sh\ncat >%s\n' "$TMP/paged" >"$TMP/pager"
chmod 700 "$TMP/pager"
terminal "env PAGER=$TMP/pager caseload show $number" >"$TMP/1" 2>&1
look "the pager" "$TMP/1" "$TMP/paged"
caseload edit --where exits 'subject=y' --dry-run >"$TMP/1" 2>&1
look "a dry run" "$TMP/1"
terminal "caseload edit --where exits subject=y --dry-run --json --no-pager" >"$TMP/1" 2>&1
look "a dry run --json on a terminal" "$TMP/1"

# Arguments come back in what standard error says of them.
each "$PWD/$BUILD/caseload"
look "standard error: a command" "$TMP/gathered"
each caseload show --no-input
look "standard error: a case" "$TMP/gathered"
each caseload due "$number" --no-input
look "standard error: a date" "$TMP/gathered"
each caseload help
look "help" "$TMP/gathered"
each caseloadd
look "the service: a command" "$TMP/gathered"
each caseloadd kind check
look "the service: a file's name" "$TMP/gathered"
: >"$TMP/gathered"
for ((i = 0; i < groups; i++)); do
	env "CASELOAD_$("$H" group "$i" | tr -d =)=1" "$plain/caseload" config check >>"$TMP/gathered" 2>&1 </dev/null
done
look "standard error: the environment" "$TMP/gathered"

# A configuration somebody else wrote.
letters=abcdefghijklmnopqrstuvwxyz
{
	for ((i = 0; i < groups; i++)); do printf '%s = 1\n' "$("$H" group "$i" | tr -d '\r')"; done
	# Without what is no UTF-8, for which a line is refused as a whole.
	for ((i = 0; i < groups; i++)); do printf '%s = 1\n' "$("$H" group "$i" json | sed 's/.*/"&"/' | jq -j . | tr -d '\r')"; done
	printf '[key]\n'
	for ((i = 0; i < groups; i++)); do printf 'g%s = %s\n' "${letters:i:1}" "$("$H" group "$i" | tr -d '\r')"; done
	printf '[view "x"]\n'
} >"$TMP/bad.conf"
caseload config check --config="$TMP/bad.conf" >"$TMP/1" 2>&1
look "config check" "$TMP/1"
: >"$TMP/gathered"
for ((i = 1; i <= groups; i += 3)); do # it tells three of them at a time
	sed -n "$((groups + i)),$((groups + i + 2))p" "$TMP/bad.conf" >"$TMP/three.conf"
	"$plain/caseload" keys --config="$TMP/three.conf" >>"$TMP/gathered" 2>&1
done
look "keys" "$TMP/gathered"
for ((i = 0; i < groups; i++)); do
	printf '[service "s%s"]\nurl = http://127.0.0.1:1/\ntoken-file = /none/%s\n' "$("$H" group "$i" | tr -d '\r"]')" \
		"$("$H" group "$i" | tr -d "\r")"
done >"$TMP/bad.conf"
timeout 60 caseload doctor --config="$TMP/bad.conf" >"$TMP/1" 2>&1
look "doctor" "$TMP/1"
: >"$TMP/gathered"
for ((i = 0; i < groups; i++)); do
	sed -n "$((3 * i + 1)),$((3 * i + 3))p" "$TMP/bad.conf" >"$TMP/one.conf"
	timeout 60 "$plain/caseload" list --config="$TMP/one.conf" >>"$TMP/gathered" 2>&1
done
look "standard error: a service" "$TMP/gathered"
