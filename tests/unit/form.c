/* A form: keys in, values and errors out. */
#include "tui/form.h"
#include "tests/lib.h"
#include "tui/input.h"

enum { NOW = 1793606400 }; /* Monday 2026-11-02T08:00:00Z */

static const char *const bins[] = { "refuse", "recycling", "glass", NULL };

static const struct kind_field asked[] = {
	{ .name = "subject", .label = "Subject", .type = KIND_TEXT, .required = true },
	{ .name = "bin", .label = "Bin", .type = KIND_CHOICE, .required = true, .values = bins },
	{ .name = "also", .label = "Also", .type = KIND_CHOICES, .values = bins },
	{ .name = "missed", .label = "Missed", .type = KIND_DATE },
	{ .name = "often", .label = "Often", .type = KIND_YES_NO },
};

static void begin(struct form *f)
{
	form_init(f, "Save");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		form_add(f, &asked[i], NULL);
	f->now = NOW;
}

static void type(struct form *f, const char *text)
{
	for (; *text; text++)
		form_key(f, (unsigned char)*text);
}

static const char *value(struct form *f, const char *name)
{
	return form_find(f, name)->value;
}

static void check_typing(void)
{
	struct form f;

	begin(&f);
	type(&f, "Bin x");
	form_key(&f, KEY_BACKSPACE_);
	form_key(&f, 0xe9);
	form_key(&f, KEY_HOME_);
	type(&f, "A ");
	same(value(&f, "subject"), "A Bin \xc3\xa9");
	form_key(&f, KEY_END_);
	form_key(&f, KEY_BACKSPACE_);
	same(value(&f, "subject"), "A Bin ");
	form_key(&f, KEY_CTRL_('W'));
	same(value(&f, "subject"), "A ");
	form_paste(&f, "two\nlines");
	same(value(&f, "subject"), "A two lines");
	form_key(&f, KEY_CTRL_('U'));
	same(value(&f, "subject"), "");
	form_clear(&f);
}

static void check_choices(void)
{
	struct form f;

	begin(&f);
	form_focus(&f, "bin");
	form_key(&f, KEY_RIGHT_);
	same(value(&f, "bin"), "refuse");
	form_key(&f, 'g');
	same(value(&f, "bin"), "glass");
	form_key(&f, KEY_RIGHT_);
	same(value(&f, "bin"), "refuse");
	form_focus(&f, "also");
	form_key(&f, ' ');
	form_key(&f, KEY_RIGHT_);
	form_key(&f, KEY_RIGHT_);
	form_key(&f, ' ');
	same(value(&f, "also"), "refuse glass");
	form_key(&f, ' ');
	same(value(&f, "also"), "refuse");
	form_focus(&f, "often");
	form_key(&f, ' ');
	same(value(&f, "often"), "yes");
	form_key(&f, 'n');
	same(value(&f, "often"), "no");
	form_clear(&f);
}

static void check_errors(void)
{
	struct form f;
	struct error err = { 0 };

	begin(&f);
	f.focus = f.count;
	ok(!form_check(&f, &err));
	same_int(f.focus, 0);
	ok(form_find(&f, "subject")->error && form_find(&f, "bin")->error);
	ok(!form_find(&f, "missed")->error);
	type(&f, "A bin");
	ok(!form_find(&f, "subject")->error);
	form_focus(&f, "missed");
	type(&f, "someday");
	ok(!form_check(&f, &err));
	same_int(f.focus, 1);
	same(value(&f, "missed"), "someday");
	form_key(&f, KEY_RIGHT_);
	form_focus(&f, "missed");
	form_key(&f, KEY_CTRL_('U'));
	type(&f, "tomorrow");
	form_key(&f, KEY_ENTER_);
	same(value(&f, "missed"), "2026-11-03");
	ok(form_check(&f, &err));
	form_clear(&f);
}

static void check_going(void)
{
	struct form f;

	begin(&f);
	for (int i = 0; i < f.count; i++)
		same_int(form_key(&f, KEY_ENTER_), FORM_TAKEN);
	same_int(f.focus, f.count);
	same_int(form_key(&f, 'q'), FORM_TAKEN);
	same_int(form_key(&f, KEY_ENTER_), FORM_END);
	form_key(&f, KEY_UP_);
	same_int(f.focus, f.count - 1);
	same_int(form_key(&f, KEY_ESC_), FORM_NOT_MINE);
	form_clear(&f);
}

static void check_drafts(void)
{
	struct form f, g;
	struct buf json = { 0 };

	begin(&f);
	begin(&g);
	ok(!form_changed(&f));
	form_paste(&f, "Ä \"quoted\" one");
	form_keep(&f, &json);
	form_restore(&g, buf_str(&json));
	ok(form_changed(&g));
	same(value(&g, "subject"), value(&f, "subject"));
	form_restore(&g, "no JSON");
	same(value(&g, "subject"), value(&f, "subject"));
	buf_clear(&json);
	form_clear(&f);
	form_clear(&g);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test("text is typed, edited and pasted, whole characters at a time")
		check_typing();
	test("values are chosen by arrow, letter and space")
		check_choices();
	test("errors stand at their fields, the focus goes to the first, what was typed stays")
		check_errors();
	test("Enter goes on, and ends the form only on its last row")
		check_going();
	test("a draft brings back what was typed")
		check_drafts();
	return test_result();
}
