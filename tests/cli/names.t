# Real names of every script stand in their column: what follows them is in the same cell in each row.
. tests/lib.sh
names=$CASELOAD_SHARED/data/names/cldr-person-names.tsv persons=$CASELOAD_SHARED/data/nl-persons/persons.csv
if [ ! -r "$names" ] || [ ! -r "$persons" ]; then
	skip "800 real names" "$names or $persons is not here"
	exit
fi
if [ ! -x "$BUILD/tests/pty" ]; then
	skip "800 real names" "$BUILD/tests/pty is not built"
	exit
fi
start_service
{
	sed 1d "$names" | awk -F '\t' '{ n = ""; for (i = 3; i <= NF; i++) if ($i != "") n = n (n == "" ? "" : " ") $i; print n }'
	sed 1d "$persons" | cut -d, -f2-5 | tr ',' ' ' | tr -s ' "' ' ' | head -60
} | sort -u | grep . >"$TMP/names"
count=$(wc -l <"$TMP/names")
check "at least 800 names" test "$count" -ge 800
locales=$(sed 1d "$names" | cut -f1 | sort -u | wc -l)
{
	echo 'Id;Name'
	awk '{ gsub(/"/, "\"\""); printf "%04d;\"%s\"\n", NR, $0 }' "$TMP/names"
} >"$TMP/names.csv"
printf '%s\n' '[map]' 'about = cases' 'source = names' 'reference = {Id}' 'separator = semicolon' 'encoding = utf-8' '' \
	'[fields]' 'number = N-{Id}' 'subject = {Name}' 'service = names' 'status = open' >"$TMP/names.map"
expect "they are imported as cases" 0 caseloadd import "$TMP/names.map" "$TMP/names.csv" --data "$TMP/service"
printf '\n[view "Names"]\nquery = queue:names sort:number\ncolumns = number,subject,state\n' >>"$XDG_CONFIG_HOME/caseload/config"

# A hundred at a time: each row must have its state in the same cell, and the name before it as it is.
pages=$((count / 100))
{
	cat <<-T
		size 100x106
		env CASELOAD_UI_CLOCK=no
		env CASELOAD_UI_HINTS=no
		test $count names of $locales locales are drawn, and what follows them stands in the same cell
		run caseload --config=$XDG_CONFIG_HOME/caseload/config
		waitrow 2 shown of $count
	T
	for ((p = 0; p <= pages; p++)); do
		here=$((p == 0 ? 99 : p == pages ? count - p * 100 + 1 : 100))
		cat <<-T
			keys /
			waitrow 106 /
			keys <C-u>
			type N-$(printf %02d "$p")
			keys <Enter>
			waitrow 2 $here shown of $here
			row 3 SUBJECT
			cells 4 $((3 + here)) 93 open
			cells 4 $((3 + here)) 5 N-$(printf %02d "$p")
			save $TMP/page$p
		T
	done
	printf '%s\n' 'keys Q' 'exit 0'
} >"$TMP/names.t"
"$BUILD/tests/pty" "$TMP/names.t" || bad=$((bad + 1))
cat "$TMP"/page* >"$TMP/drawn" 2>/dev/null
# Each as it is, or cut for its width; joiners where nothing is joined are marked, as they should be.
awk 'NR == FNR { name[NR] = $0; next } / open *$/ && match($0, / N-[0-9][0-9][0-9][0-9]/) {
	n = substr($0, RSTART + 3, 4) + 0; rows++
	if (/<U\+|<[89A-F][0-9A-F]>|◌/) { marked++; print "# marked: " $0 }
	else if (index($0, name[n])) whole++
	else if (/\.\.\. *open/) cut++
	else print "# not as it is: " $0 " <- " name[n] }
	END { printf "%d %d %d %d\n", rows, whole, cut, marked }' "$TMP/names" "$TMP/drawn" >"$TMP/told"
grep '^#' "$TMP/told"
read -r rows whole cut marked < <(tail -1 "$TMP/told")
echo "## $count names of $locales locales: $rows rows aligned, $whole names as they are, $cut cut for their width, $marked with a mark"
check "all of them stand there" test "$rows" = "$count"
check "each as it is, or cut for its width" test $((whole + cut + marked)) = "$count"
check "a mark is in no more than one" test "$marked" -le 1
