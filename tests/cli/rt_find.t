# Lists and searches of a real Request Tracker: whole, in order, of what one may see, and told when they cannot be.
. tests/lib.sh
live rt anna

is() { if [ "$2" = "$3" ]; then pass "$1"; else echo "# got $2, want $3"; show_last; fail "$1"; fi; }
numbers() { caseload list "$@" --plain --no-header --columns=number 2>"$ERR" | tee "$OUT"; }

# RT gives a hundred rows of a page at most, and twenty unless it is asked.
is "all pages, each ticket once" "$(numbers team:Surge --limit=1000 | sort -u | wc -l)" 383
is "no row twice" "$(numbers team:Surge --limit=1000 | wc -l)" 383
is "so many as were asked for" "$(numbers team:Surge --limit=150 | wc -l)" 150
caseload list is:open sort:priority --limit=1000 --json=priority >"$OUT" 2>"$ERR"
is "most urgent first" "$(jq -c 'map(.priority) | . == sort' "$OUT")" true
is "and whole, though most of its pages were known" "$(jq length "$OUT")" \
	"$(sql rt "SELECT COUNT(*) FROM Tickets t JOIN Queues q ON q.id = t.Queue WHERE q.Name IN ('Benefits', 'Surge') AND t.Status IN ('new', 'open', 'stalled')")"
is "a word in capitals" "$(numbers REQUESTS)" 1
is "what is deleted is not listed" "$(as bram caseload list status:any deleted --plain --no-header 2>&1 | grep -c mistake)" 0
is "what was merged is listed once" "$(as bram caseload list grofvuil --plain --no-header --columns=number 2>/dev/null)" 3

# A queue without rights is simply not there.
is "nothing of another department" "$(numbers missed)" ""
is "nor by its queue" "$(numbers team:Waste)" ""
is "the supervisor sees all" "$(as sofia caseload list missed --plain --no-header --columns=number 2>/dev/null)" 2

# What would be TicketSQL stays a word.
for word in "O'Brien" 'back\slash' '"two words"' "x' OR id > 0 OR Subject LIKE 'y" '100%' '__Active__'; do
	expect "quoted: $word" 0 caseload list "subject:\"${word//\"/}\"" --fresh
	hasnt "and nothing more is found: $word" "Demande"
done
expect "a field that RT does not have: exit 2 or 8" 2 caseload list nofield:x --fresh

# Words of the subject, the citizen's address, the reference.
is "by the citizen's address" "$(as bram caseload list citizen:p1.home@example.net is:open --limit=1000 --plain --no-header --columns=number 2>/dev/null | sort -n | tr '\n' ' ')" \
	"$(sql rt "SELECT group_concat(id, ' ') FROM (SELECT t.id FROM Tickets t JOIN Groups g ON g.Domain = 'RT::Ticket-Role' AND g.Name = 'Requestor' AND g.Instance = t.id JOIN CachedGroupMembers m ON m.GroupId = g.id JOIN Users u ON u.id = m.MemberId JOIN Queues q ON q.id = t.Queue WHERE u.Name = 'p1.home@example.net' AND q.Name IN ('Waste', 'Surge') AND t.Status NOT IN ('resolved', 'rejected', 'deleted') ORDER BY t.id)") "

# The parent of a surge shows its children without reading each of them.
expect "the surge's parent" 0 caseload show 1 --fresh
has "is shown" "SURGE"

# Nothing of a subject steers the terminal.
expect "a hostile subject" 0 caseload list number:14 --fresh
check "no escape comes through" sh -c "! grep -q '$(printf '\033')' '$OUT'"
hasnt "no override" "$(printf '\u202e')"

# Names in all scripts come as they are.
expect "Arabic" 0 as chidi caseload list number:6
has "as RT has it" "طلب سكن اجتماعي"
expect "Chinese, of whoever is in another time zone and language" 0 as sofia caseload list number:7
has "as RT has it" "申请公共住房"

# Times are RT's, not those of the person's zone.
opened=$(sql rt "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', Created) FROM Tickets WHERE id = 7")
is "a time in Tokyo" "$(as chidi caseload list number:7 --json=opened_at | jq -r '.[0].opened_at')" "$opened"
