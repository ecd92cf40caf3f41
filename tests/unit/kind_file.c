/* Kind files: the six of the sample are good, and a slip is shown with file, line and the nearest word. */
#include "tests/lib.h"
#include "service/embedded.h"
#include "service/kind_file.h"

static bool parse(struct kind_file *file, const char *text, struct buf *problems)
{
	buf_reset(problems);
	return kind_file_parse(file, "x.kind", text, strlen(text), problems);
}

/* That text has exactly these problems. */
static void wrong(const char *text, const char *want)
{
	struct kind_file file;
	struct buf problems = { 0 };

	ok(!parse(&file, text, &problems));
	same(buf_str(&problems), want);
	kind_file_clear(&file);
	buf_clear(&problems);
}

static const char permit[] =
	"# a permit\n"
	"[kind]\n"
	"id = permit\n"
	"name = Street permit\n"
	"service = streets\n"
	"due = 48 hours\n"
	"\n"
	"[field colour]\n"
	"label = Colour\n"
	"type = choice\n"
	"values = dark red, blue\n"
	"required = yes\n"
	"\n"
	"[field plate]\n"
	"label = Plate\n"
	"type = reference\n"
	"pattern = ^[A-Z]+$\n"
	"sensitive = yes\n"
	"\n"
	"[step asked]\n"
	"name = Asked\n"
	"status = new\n"
	"next = given\n"
	"\n"
	"[step given]\n"
	"name = Given\n"
	"status = resolved\n"
	"role = supervisor\n"
	"other-person = yes\n"
	"\n"
	"[template permit-yes]\n"
	"name = Yes\n"
	"language = en\n"
	"outcome = given\n"
	"text =\n"
	"\tDear {{citizen.name}},\n"
	"\n"
	"\t# {{fields.colour}} until {{when}}.\n"
	"\tBye\n";

static void check_permit(const struct kind_file *file)
{
	const struct kind *k = &file->kind;

	same(k->id, "permit");
	same(k->name, "Street permit");
	same(k->queue, "streets");
	same_int(k->due_hours, 48);
	same_int(k->due_working_days, 0);
	same_int(k->field_count, 2);
	same(k->fields[0].values[0], "dark red");
	same(k->fields[0].values[1], "blue");
	ok(!k->fields[0].values[2]);
	ok(k->fields[0].required && !k->fields[0].sensitive);
	same_int(k->fields[1].type, KIND_REFERENCE);
	same(k->fields[1].pattern, "^[A-Z]+$");
	ok(k->fields[1].sensitive);
	same_int(k->step_count, 2);
	same(k->steps[0].next[0], "given");
	same(k->steps[1].role, "supervisor");
	ok(k->steps[1].other_person);
	same_int(file->template_count, 1);
	same(k->templates[0], "permit-yes");
	same(file->templates[0].queue, "streets");
	same(file->templates[0].text,
		"Dear {{citizen.name}},\n\n# {{fields.colour}} until {{when}}.\nBye");
}

static void reads(void)
{
	struct kind_file file, again;
	struct buf problems = { 0 }, text = { 0 };

	ok(parse(&file, permit, &problems));
	same(buf_str(&problems), "");
	check_permit(&file);
	kind_file_write(&text, &file.kind, file.templates, file.template_count);
	ok(parse(&again, buf_str(&text), &problems));
	check_permit(&again);
	kind_file_clear(&file);
	kind_file_clear(&again);
	buf_clear(&problems);
	buf_clear(&text);
}

static void sample_kinds(void)
{
	int kinds = 0;
	struct buf problems = { 0 };

	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		struct kind_file file;
		if (strncmp(f->name, "kinds/", 6) != 0)
			continue;
		kinds++;
		ok(kind_file_parse(&file, f->name, (const char *)f->bytes, f->size, &problems));
		same(buf_str(&problems), "");
		ok(file.template_count >= 3);
		if (strcmp(file.kind.id, "vaccination") == 0) {
			same_int(file.kind.repeat_after_days, 28);
			same_int(file.kind.repeat_times, 2);
		}
		kind_file_clear(&file);
	}
	same_int(kinds, 6);
	buf_clear(&problems);
}

#define KIND "[kind]\nid = a\nname = A\nservice = s\n" /* four lines */

static void slips(void)
{
	wrong("", "x.kind:1: There is no section [kind].\n");
	wrong("id = a\n", "x.kind:1: \"id\" stands before the first [section].\n");
	wrong("[kind]\nid = a\nname = A\n", "x.kind:1: [kind] says no \"service\".\n");
	wrong("[kind]\nid = A b\nname = A\nservice = s\n",
		"x.kind:2: The id \"A b\" may hold small letters, digits and - only.\n");
	wrong(KIND "serivce = t\n", "x.kind:5: [kind] knows no \"serivce\"; the nearest is \"service\".\n");
	wrong(KIND "due = soon\n",
		"x.kind:5: \"due\" is like 5 working days or 48 hours, not \"soon\".\n");
	wrong(KIND "due = 5 workdays\n",
		"x.kind:5: \"due\" is like 5 working days or 48 hours, not \"5 workdays\".\n");
	wrong(KIND "repeat = twice\n",
		"x.kind:5: \"repeat\" is like 2 times after 28 days, not \"twice\".\n");
	wrong(KIND "id = b\n", "x.kind:5: \"id\" is here a second time; the first is on line 2.\n");
	wrong(KIND "[filed x]\n", "x.kind:5: There is no section [filed]; the nearest is [field].\n");
	wrong(KIND "[field x]\nlabel = X\ntype = chioce\n",
		"x.kind:7: The type \"chioce\" is not known; the nearest is \"choice\".\n");
	wrong(KIND "[field x]\nlabel = X\ntype = choice\n",
		"x.kind:5: The field x is a choice and needs \"values\".\n");
	wrong(KIND "[field x]\nlabel = X\ntype = text\nvalues = a, b\n",
		"x.kind:8: Only a field of type choice or choices has \"values\".\n");
	wrong(KIND "[field X]\nlabel = X\ntype = text\n",
		"x.kind:5: A field's name begins with a small letter and holds small letters, digits and "
		"_: not \"X\".\n");
	wrong(KIND "[field x]\nlabel = X\ntype = text\n[field x]\nlabel = Y\ntype = text\n",
		"x.kind:8: [field x] is here a second time; the first is on line 5.\n");
	wrong(KIND "[field x]\nlabel = X\ntype = text\nrequired = maybe\n",
		"x.kind:8: \"required\" is yes or no, not \"maybe\".\n");
	wrong(KIND "[step a]\nname = A\nstatus = new\nnext = bb\n[step b]\nname = B\nstatus = resolved\n",
		"x.kind:8: The step \"bb\" is not known; the nearest is \"b\".\n");
	wrong(KIND "[step a]\nname = A\nstatus = opne\n",
		"x.kind:7: The status \"opne\" is not known; the nearest is \"open\".\n");
	wrong(KIND "[step a]\nname = A\nstatus = open\n",
		"x.kind:5: No step has the status resolved; a case could never end.\n");
	wrong(KIND "[step a]\nname = A\nstatus = resolved\n",
		"x.kind:5: The first step is where a case begins; its status cannot be \"resolved\".\n");
	wrong(KIND "[step a]\nname = A\nstatus = new\nrole = superviser\n",
		"x.kind:8: The role \"superviser\" is not known; the nearest is \"supervisor\".\n");
	wrong(KIND "[template t]\nname = T\ntext = Dear {{citizen.gvien}}\n",
		"x.kind:7: {{citizen.gvien}} is not known; the nearest is {{citizen.given}}.\n");
	wrong(KIND "[template t]\nname = T\ntext = Dear {{citizen.given\n",
		"x.kind:7: A {{ in the text has no }}.\n");
	wrong(KIND "[template t]\nname = T\ntext = {{fields.colour}}\n",
		"x.kind:7: {{fields.colour}}: this kind has no field \"colour\".\n");
	wrong(KIND "what is this\n", "x.kind:5: Here a line is [section] or key = value.\n");
	wrong(KIND "[step a]\nname = A\nstatus = new\nnext = b\n[step b]\nname = B\nstatus = waiting\n"
	      "[step c]\nname = C\nstatus = resolved\n",
		"x.kind:5: A case cannot go from a to b: that is from new to waiting, and new leads to open "
		"resolved only.\n");
	wrong("\xff\xfe", "x.kind:1: The file is not text in UTF-8; save it as UTF-8.\n");
}

static void no_file(void)
{
	struct kind_file file;
	struct buf problems = { 0 };

	ok(!kind_file_read(&file, "/nonexistent/x.kind", &problems));
	same(buf_str(&problems), "/nonexistent/x.kind cannot be read: No such file or directory.\n");
	kind_file_clear(&file);
	buf_clear(&problems);
}

int main(void)
{
	test("a kind file is read whole, written and read again")
		reads();
	test("the six kinds of the sample are good")
		sample_kinds();
	test("a slip is one line with file, line and the nearest word")
		slips();
	test("a kind file that is not there")
		no_file();
	return test_result();
}
