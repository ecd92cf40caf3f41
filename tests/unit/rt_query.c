/* Our search grammar as TicketSQL: every filter, its opposite, and values that try to be more than a
   value. What a real server makes of it stands in rt_read.c. */
#include "net/rt.h"
#include "tests/lib.h"

#include <ctype.h>

static struct rt rt;
static struct service service = { .name = "council", .own = &rt, .profile.my_team = "Waste" };

/* What it says; "REFUSED: ..." when it cannot. Good until the next call. */
static const char *sql_about(enum query_about about, const char *text)
{
	static char said[4000];
	struct query q = { 0 };
	struct buf out = { 0 };
	struct error err = { 0 };
	bool good = query_parse(&q, about, text, NULL, &err);

	if (!ok(good))
		printf("# %s: %s\n", text, err.text);
	if (good && about == QUERY_CASES)
		good = rt_query(&service, &q, &out, &err);
	else if (good)
		good = rt_query_citizens(&service, &q, &out, &err);
	snprintf(said, sizeof(said), "%s%s", good ? "" : "REFUSED: ", good ? buf_str(&out) : err.text);
	if (!good)
		ok(err.kind == ERROR_REFUSED);
	buf_clear(&out);
	query_clear(&q);
	return said;
}

static const char *sql(const char *text)
{
	return sql_about(QUERY_CASES, text);
}

static bool refused(const char *text, const char *word)
{
	const char *said = sql(text);

	return !strncmp(said, "REFUSED", 7) && strstr(said, word);
}

/* Outside quotes only what we wrote ourselves: names, signs, numbers, parentheses; and every quote
   is closed. */
static bool only_ours(const char *text)
{
	bool inside = false;

	for (const char *c = text; *c; c++) {
		if (inside && *c == '\\' && c[1])
			c++;
		else if (*c == '\'')
			inside = !inside;
		else if (!inside && !isalnum((unsigned char)*c) && !strchr(" .()=!<>_{}-", *c))
			return false;
		else if ((unsigned char)*c < 0x20)
			return false;
	}
	return !inside;
}

static void filters(void)
{
	static const char *const same_as[][2] = {
		{ "", "id > 0" },
		{ "number:12", "((id = 12))" },
		{ "-number:12,13", "((id != 12 AND id != 13))" },
		{ "number:C-1", "((id = 0))" },
		{ "number>12", "((id > 12))" },
		{ "-number<=12", "((id > 12))" },
		{ "number>=12 number<20", "((id >= 12) AND (id < 20))" },
		{ "-number:C-1", "((id > 0))" },
		{ "is:open", "((Status = '__Active__'))" },
		{ "-is:open", "((Status = '__Inactive__'))" },
		{ "is:late", "(((Status = '__Active__' AND Due < 'now')))" },
		{ "-is:late", "(((Status = '__Inactive__' OR Due >= 'now' OR Due IS NULL)))" },
		{ "status:new", "((Status = 'new'))" },
		{ "-status:new", "((Status != 'new'))" },
		{ "status:in-progress", "((Status = 'in-progress'))" },
		{ "step:stalled", "((Status = 'stalled'))" },
		{ "owner:me", "((Owner = '__CurrentUser__'))" },
		{ "-owner:me", "((Owner != '__CurrentUser__'))" },
		{ "owner:none", "((Owner = 'Nobody'))" },
		{ "assignee:bram,sofia", "((Owner = 'bram' OR Owner = 'sofia'))" },
		{ "owner:so*", "((Owner.Name STARTSWITH 'so'))" },
		{ "team:me", "((Queue = 'Waste'))" },
		{ "-team:Benefits", "((Queue != 'Benefits'))" },
		{ "queue:Benefits,\"Street works\"", "((Queue = 'Benefits' OR Queue = 'Street works'))" },
		{ "queue:Ben*", "(((Queue = 'Benefits')))" },
		{ "-queue:Ben*", "(((Queue != 'Benefits')))" },
		{ "queue:fits*", "(((id = 0)))" },
		{ "kind:3", "((Queue = '3'))" },
		{ "citizen:jane@example.net", "((Requestor.EmailAddress = 'jane@example.net'))" },
		{ "citizen:jane", "((Requestor.Name = 'jane'))" },
		{ "citizen:none", "((Requestor.EmailAddress IS NULL))" },
		{ "due:none", "((Due IS NULL))" },
		{ "-due:none", "((Due IS NOT NULL))" },
		{ "due<now", "(((Due < '+0 seconds')))" },
		{ "opened>-3h", "(((Created >= '-10799 seconds')))" },
		{ "updated>=-3h", "(((LastUpdated >= '-10800 seconds')))" },
		{ "-updated>=-3h", "(((LastUpdated < '-10800 seconds' OR LastUpdated IS NULL)))" },
		{ "due<+2d", "(((Due < '+176400 seconds')))" }, /* an hour to spare */
		{ "opened>=-2d", "(((Created >= '-176400 seconds')))" },
		{ "priority:1", "(((Priority >= 88 AND Priority < 1000)))" },
		{ "priority:5", "(((Priority >= -1000 AND Priority < 13)))" },
		{ "-priority:3", "(((Priority < 38 OR Priority >= 63)))" },
		{ "priority<3", "((Priority >= 63))" },
		{ "priority<=3", "((Priority >= 38))" },
		{ "priority>3", "((Priority < 38))" },
		{ "priority>=3", "((Priority < 63))" },
		{ "-priority<3", "((Priority < 63))" },
		{ "priority:none", "((id = 0))" },
		{ "tag:storm", "((CF.{Tags} = 'storm'))" },
		{ "-tag:storm", "((CF.{Tags} != 'storm'))" },
		{ "tag:none", "((CF.{Tags} IS NULL))" },
		{ "fields.citizen_id:123", "((CF.{Citizen ID} = '123'))" },
		{ "fields.citizen_id:12*", "((CF.{Citizen ID} STARTSWITH '12'))" },
		{ "subject:\"bin lorry\"", "(((Subject LIKE 'bin' AND Subject LIKE 'lorry')))" },
		{ "-subject:\"bin lorry\"",
			"(((Subject NOT LIKE 'bin' OR Subject NOT LIKE 'lorry')))" },
	};

	test("each filter as TicketSQL, and its opposite") {
		for (size_t i = 0; i < sizeof(same_as) / sizeof(*same_as); i++)
			if (!same(sql(same_as[i][0]), same_as[i][1]))
				printf("# of: %s\n", same_as[i][0]);
	}
}

static void tree(void)
{
	test("words look at subject, name, mail and number") {
		same(sql("bin"),
			"((Subject LIKE 'bin' OR Requestor.RealName LIKE 'bin' OR "
			"Requestor.EmailAddress LIKE 'bin'))");
		ok(strstr(sql("12"), " OR id = 12))"));
		ok(strstr(sql("-12 bin"),
			"(Subject NOT LIKE '12' AND Requestor.RealName NOT LIKE '12' AND "
			"Requestor.EmailAddress NOT LIKE '12' AND id != 12)"));
		ok(strstr(sql("\"missed bin\""), "Subject LIKE 'missed bin'"));
		ok(!strstr(sql("123456789012"), "id ="));
	}
	test("groups, and a minus before one: there is no NOT in TicketSQL") {
		same(sql("(number:1 OR number:2) is:open"),
			"(((id = 1) OR (id = 2)) AND (Status = '__Active__'))");
		same(sql("-(number:1 OR -number:2)"), "(((id != 1) AND (id = 2)))");
		same(sql("-(number:1 is:open)"), "(((id != 1) OR (Status = '__Inactive__')))");
		same(sql("-(-(number:1))"), "((id = 1))");
		ok(!strstr(sql("-(a OR -(b -(c d)))"), "NOT ("));
		ok(!strchr(sql("-(number:1 OR status:open)"), '!') ||
			!strstr(sql("-(number:1 OR status:open)"), "!("));
	}
	test("open, waiting, resolved and closed take every status apart") {
		static const char *const words[] = { "new", "open", "waiting", "resolved", "closed" };

		for (int i = 0; i < 5; i++) {
			char text[40];

			snprintf(text, sizeof(text), "status:%s", words[i]);
			ok(strstr(sql(text), "Status"));
		}
		ok(strstr(sql("status:waiting"), "Status = 'stalled'"));
		ok(strstr(sql("status:open"), "Status != 'stalled'"));
		ok(strstr(sql("status:closed"), "Status = 'rejected'"));
		ok(strstr(sql("status:resolved"), "Status != 'rejected'"));
	}
	test("what it cannot say is refused with the word that it is about") {
		ok(refused("language:nl", "language"));
		ok(refused("skill:sign", "skill"));
		ok(refused("leased:me", "leased"));
		ok(refused("surge:1", "surge"));
		ok(refused("outcome:done", "outcome"));
		ok(refused("channel:phone", "channel"));
		ok(refused("subject~bin", "subject"));
		ok(refused("subject>5", "subject"));
		ok(refused("fields.nowhere:x", "nowhere"));
		ok(refused("fields.citizen_id>5", "fields.citizen_id"));
		ok(refused("(number:1 OR -(language:nl))", "language"));
	}
}

static void hostile(void)
{
	static const char *const values[] = { "x' OR id > 0 OR Subject='", "\\' OR 1=1 --", "\\",
		"''", "x\\\\' OR '", "__CurrentUser__", "a\tb", "a\nb", "%", "_", "}' OR id>0 OR '{",
		"\xe2\x80\xae'", "'; DROP TABLE Tickets; --" };
	static const char *const fields[] = { "subject", "citizen", "owner", "team", "tag", "step",
		"status", "number", "fields.citizen_id", "kind", NULL };

	test("no value is more than a value") {
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			char text[200];

			for (int f = 0; fields[f]; f++) {
				snprintf(text, sizeof(text), "%s:\"%s\" -%s:\"%s\"", fields[f],
					values[i], fields[f], values[i]);
				if (!ok(only_ours(sql(text))))
					printf("# %s\n# %s\n", text, sql(text));
			}
			snprintf(text, sizeof(text), "\"%s\" -\"%s\"", values[i], values[i]);
			ok(only_ours(sql(text)));
			snprintf(text, sizeof(text), "\"%s\" ref:\"%s\" email:\"%s\" name:\"%s\"",
				values[i], values[i], values[i], values[i]);
			ok(only_ours(sql_about(QUERY_CITIZENS, text)));
		}
	}
	test("quotes and backslashes are escaped, controls become spaces") {
		struct buf out = { 0 };

		rt_quote(&out, "it's \\ a\tb\x01");
		same(out.text, "'it\\'s \\\\ a b '");
		buf_clear(&out);
	}
	test("the name of a custom field cannot leave its braces") {
		char text[200];

		snprintf(text, sizeof(text), "fields.%s:1",
			rt_know_field(&rt, "9", "x} = 'a' OR id > 0 OR CF.{y"));
		same(sql(text), "((CF.{x  =  a  OR id > 0 OR CF. y} = '1'))");
	}
}

static void order(void)
{
	struct query q = { 0 };
	bool down = false;

	test("orders are of those the server knows; urgent ones first is theirs upside down") {
		query_parse(&q, QUERY_CASES, "sort:priority,-due,number", NULL, NULL);
		same(rt_order(&q, 0, &down), "Priority");
		ok(down);
		same(rt_order(&q, 1, &down), "Due");
		ok(down);
		same(rt_order(&q, 2, &down), "id");
		ok(!down);
		ok(rt_order(&q, 3, &down) == NULL);
		query_clear(&q);
		query_parse(&q, QUERY_CASES, "", NULL, NULL);
		same(rt_order(&q, 0, &down), "LastUpdated");
		ok(down);
		query_clear(&q);
	}
	test("a query that names an unknown field asks which there are, once") {
		query_parse(&q, QUERY_CASES, "(is:open OR -(fields.unheard:x))", NULL, NULL);
		ok(rt_query_wants_fields(&rt, &q));
		ok(rt_query_fields(&q));
		rt.fields_known = true;
		ok(!rt_query_wants_fields(&rt, &q));
		query_clear(&q);
		query_parse(&q, QUERY_CASES, "is:open bin", NULL, NULL);
		ok(!rt_query_fields(&q));
		query_clear(&q);
	}
}

static void citizens(void)
{
	test("citizens are looked for by what their tickets say") {
		same(sql_about(QUERY_CITIZENS, "okafor"),
			"((Requestor.RealName LIKE 'okafor' OR Requestor.EmailAddress LIKE 'okafor' OR "
			"CF.{Citizen ID} = 'okafor'))");
		same(sql_about(QUERY_CITIZENS, "email:jane@example.net"),
			"((Requestor.EmailAddress LIKE 'jane@example.net'))");
		same(sql_about(QUERY_CITIZENS, "ref:123"), "((CF.{Citizen ID} = '123'))");
		same(sql_about(QUERY_CITIZENS, "given:jane family:okafor"),
			"(((Requestor.RealName LIKE 'jane')) AND ((Requestor.RealName LIKE 'okafor')))");
		ok(strstr(sql_about(QUERY_CITIZENS, "born:1966"), "REFUSED"));
		ok(strstr(sql_about(QUERY_CITIZENS, "town:Cork"), "REFUSED"));
	}
}

static void words(void)
{
	test("times, priorities and statuses, there and back") {
		struct buf out = { 0 };

		rt_time_wire(&out, 1793700000);
		same_int(rt_time(out.text), 1793700000);
		same_int(rt_time("2026-11-03T10:00:00Z"), rt_time("2026-11-03 10:00:00"));
		same_int(rt_time("1970-01-01T00:00:00Z"), 0);
		same_int(rt_time("not a date at all !"), 0);
		same_int(rt_time(NULL), 0);
		for (int i = 1; i <= 5; i++)
			same_int(rt_priority(rt_priority_wire(i)), i);
		same_int(rt_priority(26), 4);
		same_int(rt_priority(-7), 5);
		same_int(rt_priority(1000), 1);
		same(rt_status("stalled", false), "waiting");
		same(rt_status("Rejected", true), "closed");
		same(rt_status("under review", false), "open");
		same(rt_status("granted", true), "resolved");
		same(rt_status(NULL, false), "open");
		buf_clear(&out);
	}
	test("HTML becomes text one can read, and nothing else") {
		struct buf out = { 0 };

		rt_html_text(&out, "<html><head><title>no</title><style>b{}</style></head><p>Dear "
				   "<b>Ivan</b>,<br/>it is &amp; done &#8364;5 &lt;ok&gt;</p>"
				   "<script>alert('x</p>')</script><!-- no --> end &nosuch; &#27;[31m");
		same(out.text, "Dear Ivan,\nit is & done \u20ac5 <ok>\nend &nosuch;  [31m");
		buf_reset(&out);
		rt_html_text(&out, "a < b <unclosed");
		same(buf_str(&out), "a < b");
		buf_reset(&out);
		rt_html_text(&out, "<script>never closed");
		same(buf_str(&out), "");
		buf_reset(&out);
		rt_html_text(&out, "&#xD800;&#0;&#x9b;&#x1F600;");
		same(buf_str(&out), "   \U0001F600");
		buf_clear(&out);
	}
}

int main(void)
{
	rt_know_field(&rt, "2", "Citizen ID");
	rt_know_queue(&rt, "3", "Benefits", NULL);
	rt_know_queue(&rt, "4", "Waste", NULL);
	filters();
	tree();
	hostile();
	order();
	citizens();
	words();
	return test_result();
}
