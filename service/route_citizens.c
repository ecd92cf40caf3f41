/* Citizens: search, read, register, correct, and who looked at them. Every read is on the access
   log, in the same transaction or before the answer goes out. */
#include "service/find.h"
#include "service/look.h"

#include "model/i18n.h"
#include "model/text.h"

#include <string.h>

enum {
	AGAIN_MS = 60 * 1000,
	ACCESS_DAYS = 30,
	CANDIDATES = 5,
	WORDS_MOST = 50,
	CONSENT_MOST = 4000
};

static const char citizen_members[] =
	"given family born ref phone email address language guarded contact consents flags";
static const char citizen_members_new[] = "given family born ref phone email address language "
					  "guarded contact consents flags allow_duplicate";

/* ---- what the caller may see */

static void hide_address(struct call *call, struct citizen *c)
{
	if (c->guarded && !call->purpose)
		c->street = c->postcode = c->town = c->country = NULL;
}

/* The sums leave restricted cases out; those the caller may read are added here. */
static void add_restricted(struct call *call, struct citizen *c)
{
	struct buf sql = { 0 };
	char key[24], tenant[24];
	const char *values[] = { tenant, call->who.worker, call->who.team, key };
	snprintf(tenant, sizeof tenant, "%lld", (long long)base_tenant(call->keep.base));
	snprintf(key, sizeof key, "%lld", (long long)c->key);
	buf_printf(&sql,
		"SELECT c.status FROM casefile c WHERE c.tenant = CAST($1 AS BIGINT)"
		" AND c.citizen = CAST($4 AS BIGINT) AND c.restricted = 1 AND %s",
		find_visible);
	struct rows *rows = base_ask_texts(call->keep.base, sql.text, values, 4);
	while (rows_next(rows)) {
		enum stage stage = STAGE_NEW;
		stage_of_status(rows_text(rows, 0), &stage);
		c->all_cases++;
		c->open_cases += stage_is_open(stage);
	}
	rows_done(rows);
	buf_clear(&sql);
}

/* A list says who somebody is and where they are at home; how they are reached, and what they agreed to, is
   opening them. */
static void show_little(struct call *call, struct citizen *c)
{
	if (!call->purpose && !look_is_own_work(call, c->key))
		c->street = c->phone = c->mail = c->consents = c->reach = NULL;
}

static bool may_open(struct call *call, const struct citizen *c)
{
	return look_allowed(call, c->key);
}

static struct citizen *citizen_of(struct call *call)
{
	struct citizen *citizen = keep_citizen(&call->keep, call->id, &call->page);
	if (!citizen)
		call_refuse(call, NOT_FOUND, _("There is no such person here."));
	return citizen;
}

/* ---- search and read */

/* While somebody types the same people are found again and again: one line a minute says it. But
   nothing is taken away from the log: who was shown was shown, whatever is searched for next. */
static bool found_before(struct call *call, int64_t citizen, const char *purpose)
{
	return base_number(call->keep.base, 0,
		       "SELECT 1 FROM access WHERE tenant = $1 AND worker = $2 AND action = 'found'"
		       " AND at_ms > $3 AND citizen = $4 AND coalesce(purpose, '') = $5 LIMIT 1",
		       "itiit", base_tenant(call->keep.base), call->who.worker,
		       call->keep.now_ms - AGAIN_MS, citizen, purpose ? purpose : "") == 1;
}

static void log_found(struct call *call)
{
	const char *purpose = look_purpose(call);
	for (int i = 0; i < call->page.citizen_count; i++) {
		int64_t citizen = call->page.citizens[i].key;
		if (!found_before(call, citizen, purpose))
			keep_access(&call->keep, citizen, "found", purpose);
	}
}

static void get_citizens(struct call *call)
{
	int limit = call_limit(call);
	if (!limit || !find_citizens(call, limit))
		return;
	struct json_out out = call_json(call, 200);
	json_open(&out, NULL, '{');
	json_open(&out, "items", '[');
	for (int i = 0; i < call->page.citizen_count; i++) {
		struct citizen *c = &call->page.citizens[i];
		hide_address(call, c);
		show_little(call, c);
		add_restricted(call, c);
		json_write_citizen(&out, NULL, c, call_arg(call, "fields"));
	}
	json_close(&out, ']');
	json_put_text(&out, "next", call->page.next);
	json_close(&out, '}');
	call->then = log_found;
}

static void put_citizen(struct call *call, int status, struct citizen *c)
{
	hide_address(call, c);
	add_restricted(call, c);
	struct json_out out = call_json(call, status);
	json_write_citizen(&out, NULL, c, status == 200 ? call_arg(call, "fields") : NULL);
	call_etag(call, c->version);
}

/* A job of the writer, since reading leaves a line on the access log. */
static void get_citizen(struct call *call)
{
	struct citizen *c = citizen_of(call);
	if (!c || !may_open(call, c))
		return;
	keep_access(&call->keep, c->key, "read", look_purpose(call));
	put_citizen(call, 200, c);
	call_unchanged(call);
}

/* ---- changing */

static const char *text_of_list(struct call *call, const char *name, const struct json *list)
{
	const char *words = "";
	for (size_t i = 0; i < json_count(list); i++) {
		const char *word = json_text(json_at(list, i));
		if (i >= WORDS_MOST || !word || !*word || strchr(word, ' ')) {
			call_error(
				call, name, _("This has to be a list of at most 50 single words."));
			return NULL;
		}
		words = words_add(words, word, &call->arena);
	}
	return words;
}

static bool consents_good(const struct json *list)
{
	bool good = json_type(list) == JSON_LIST || json_type(list) == JSON_NULL_VALUE;
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_at(list, i);
		good = good && json_get_text(one, "what") && json_get_text(one, "at") &&
		       json_type(json_get(one, "given")) == JSON_BOOL;
	}
	return good;
}

static void set_consents(struct call *call, struct citizen *c, const struct json *list)
{
	if (!consents_good(list)) {
		call_error(call, "consents", _("A consent says what, given and at."));
		return;
	}
	struct buf text = { 0 };
	json_print(&text, list);
	if (text.size > CONSENT_MOST)
		call_error(call, "consents", _("These are more consents than can be kept."));
	c->consents = json_count(list) ? arena_copy(&call->arena, text.text) : NULL;
	buf_clear(&text);
}

/* One member of the body that is a text, a flag or a list of words. */
static void set_member(
	struct call *call, struct citizen *c, const char *name, const struct json *value)
{
	struct error err = { 0 };
	const char *text = json_text(value);
	enum json_type type = json_type(value);
	bool is_flag = strcmp(name, "guarded") == 0, is_list = strcmp(name, "flags") == 0;
	if (is_flag && type == JSON_BOOL)
		text = json_bool(value, false) ? "yes" : "no";
	else if (is_list && type == JSON_LIST)
		text = text_of_list(call, name, value);
	else if (is_flag || is_list || (!text && type != JSON_NULL_VALUE))
		call_error(call, name,
			is_flag	  ? _("This has to be true or false.")
			: is_list ? _("This has to be a list of texts.")
				  : _("This has to be a text."));
	else if (text && strlen(text) > 1200)
		call_error(call, name, _("This is longer than 300 characters."));
	if (!call_refused(call) && !citizen_set(c, name, text, &call->arena, &err))
		call_error(call, name, err.text);
}

static void set_address(struct call *call, struct citizen *c, const struct json *address)
{
	static const char *const parts[] = { "street", "postcode", "town", "country", NULL };
	const struct json *value;
	if (json_type(address) == JSON_NULL_VALUE)
		c->street = c->postcode = c->town = c->country = NULL;
	else if (json_type(address) != JSON_OBJECT)
		call_error(call, "address", _("An address is an object."));
	for (size_t i = 0; json_type(address) == JSON_OBJECT && i < json_count(address); i++) {
		const char *name = json_name_at(address, i, &value);
		bool known = false;
		for (int k = 0; parts[k]; k++)
			known = known || strcmp(parts[k], name) == 0;
		if (known)
			set_member(call, c, name, value);
		else
			call_error(call, name,
				_("An address has street, postcode, town and country."));
	}
}

static bool read_citizen(struct call *call, struct citizen *c)
{
	const struct json *value;
	for (size_t i = 0; i < json_count(call->json); i++) {
		const char *name = json_name_at(call->json, i, &value);
		if (strcmp(name, "address") == 0)
			set_address(call, c, value);
		else if (strcmp(name, "consents") == 0)
			set_consents(call, c, value);
		else if (strcmp(name, "allow_duplicate") != 0)
			set_member(call, c, name, value);
	}
	if (text_blank(c->given) && text_blank(c->family))
		call_error(call, "family", _("A person has a given name or a family name."));
	return !call_refused(call);
}

/* Who may be the same person: the same reference, or the same name and date of birth, or name and
 * phone. */
static bool find_duplicates(struct call *call, const struct citizen *c, struct json_out *out)
{
	struct buf family = { 0 }, given = { 0 }, ref = { 0 }, phone = { 0 }, sql = { 0 };
	int count = 0;
	query_words(&family, c->family ? c->family : "");
	query_words(&given, c->given ? c->given : "");
	query_tight(&ref, c->ref ? c->ref : "");
	keep_fold_phone(&phone, c->phone ? c->phone : "");
	buf_printf(&sql,
		"SELECT %s FROM citizen p WHERE p.tenant = $1 AND ((p.f_ref = $2 AND $2 <> '') OR"
		" (coalesce(p.f_family, '') = $3 AND coalesce(p.f_given, '') = $4 AND ((p.born = "
		"$5 AND"
		" $5 <> '') OR (p.f_tail = $6 AND $6 <> '')))) ORDER BY p.key LIMIT $7",
		keep_citizen_columns);
	struct rows *rows = base_ask(call->keep.base, sql.text, "ittttti",
		base_tenant(call->keep.base), buf_str(&ref), buf_str(&family), buf_str(&given),
		c->born ? c->born : "", buf_str(&phone), (int64_t)CANDIDATES);
	for (; rows_next(rows); count++) {
		struct citizen *other = keep_citizen_row(rows, &call->page);
		json_open(out, NULL, '{');
		json_put_text(out, "id", other->id);
		json_put_text(out, "name",
			other->given && other->family
				? arena_printf(&call->arena, "%s %s", other->given, other->family)
			: other->given ? other->given
				       : other->family);
		json_put_text(out, "born", other->born);
		json_put_text(out, "town", other->guarded ? NULL : other->town);
		json_close(out, '}');
	}
	rows_done(rows);
	buf_clear(&sql);
	buf_clear(&family);
	buf_clear(&given);
	buf_clear(&ref);
	buf_clear(&phone);
	return count > 0;
}

static bool is_new_person(struct call *call, const struct citizen *c)
{
	struct buf list = { 0 };
	struct json_out out = { .buf = &list };
	if (json_get_bool(call->json, "allow_duplicate", false))
		return true;
	json_open(&out, NULL, '[');
	bool found = find_duplicates(call, c, &out);
	json_close(&out, ']');
	if (found) {
		call_refuse(call, DUPLICATE,
			_("This may be somebody who is registered already: look at the candidates, "
			  "or say that it "
			  "is another person."));
		call_refuse_with(call, "candidates", list.text);
		for (int i = 0; i < call->page.citizen_count; i++)
			keep_access(
				&call->keep, call->page.citizens[i].key, "found", look_purpose(call));
		call->traced = true;
	}
	buf_clear(&list);
	return !found;
}

static void post_citizen(struct call *call)
{
	struct citizen c = { 0 };
	if (!call_body(call, citizen_members_new) || !read_citizen(call, &c) ||
		!is_new_person(call, &c))
		return;
	keep_citizen_add(&call->keep, &c, &call->arena);
	keep_access(&call->keep, c.key, "changed", look_purpose(call));
	/* Whoever registers a person has just typed the address. */
	struct json_out out = call_json(call, 201);
	json_write_citizen(&out, NULL, &c, NULL);
	call_etag(call, c.version);
	call->location = arena_printf(&call->arena, "/v1/citizens/%s", c.id);
}

static void refuse_stale(struct call *call, struct citizen *c)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	hide_address(call, c);
	json_write_citizen(&out, NULL, c, NULL);
	call_refuse(call, STALE,
		_("Somebody changed this person's details meanwhile: look at them as they are now "
		  "and change "
		  "them again."));
	call_refuse_with(call, "current", json.text);
	keep_access(&call->keep, c->key, "read", look_purpose(call));
	call->traced = true;
	buf_clear(&json);
}

/* Names of what was changed, not the values: a timeline is read by more people than an address. */
static const char *changed_words(
	struct call *call, const struct citizen *a, const struct citizen *b)
{
	const char *words = "";
	for (const char *const *field = citizen_fields; *field; field++) {
		const char *before = citizen_get(a, *field), *after = citizen_get(b, *field);
		if (before != after && (!before || !after || strcmp(before, after) != 0))
			words = words_add(words, *field, &call->arena);
	}
	if (strcmp(a->consents ? a->consents : "", b->consents ? b->consents : "") != 0)
		words = words_add(words, "consents", &call->arena);
	return words;
}

/* Their open cases say so: whoever has one hears of it. A new name is a new name there too. */
static void tell_cases(struct call *call, const struct citizen *c, const char *words)
{
	struct page page;
	struct buf sql = { 0 };
	page_init(&page);
	buf_printf(&sql, "SELECT %s FROM %s WHERE c.tenant = $1 AND c.citizen = $2",
		keep_case_columns, keep_case_from);
	struct rows *rows =
		base_ask(call->keep.base, sql.text, "ii", base_tenant(call->keep.base), c->key);
	while (rows_next(rows))
		keep_case_row(rows, &page);
	rows_done(rows);
	for (int i = 0; i < page.case_count; i++) {
		struct event event = { .casefile = page.cases[i].key,
			.wire = "changed",
			.team = call->who.team,
			.text = arena_printf(&call->arena,
				_("The person's details were corrected: %s."), words) };
		keep_case_words(&call->keep, &page.cases[i], &call->arena);
		if (stage_is_open(page.cases[i].stage))
			keep_event_add(&call->keep, &event);
	}
	page_clear(&page);
	buf_clear(&sql);
}

static void patch_citizen(struct call *call)
{
	struct citizen *c = citizen_of(call);
	if (!c || !call_precondition(call) || !may_open(call, c))
		return;
	if (!call_matches(call, c->version)) {
		refuse_stale(call, c);
		return;
	}
	struct citizen before = *c;
	if (!call_body(call, citizen_members) || !read_citizen(call, c))
		return;
	const char *words = changed_words(call, &before, c);
	if (*words) {
		keep_citizen_save(&call->keep, c, &call->arena);
		keep_access(&call->keep, c->key, "changed", look_purpose(call));
		tell_cases(call, c, words);
	} else {
		keep_access(&call->keep, c->key, "read", look_purpose(call));
	}
	put_citizen(call, 200, c);
}

/* ---- the access log */

static void put_accesses(struct call *call, struct rows *rows, int limit)
{
	struct json_out out = call_json(call, 200);
	const char *last = NULL;
	int count = 0;
	bool more = false;
	json_open(&out, NULL, '{');
	json_open(&out, "items", '[');
	for (; !more && rows_next(rows); count++) {
		more = count == limit;
		if (more)
			break;
		struct access access = { .at = (time_t)(rows_int(rows, 1) / 1000),
			.worker = rows_text(rows, 2),
			.team = rows_text(rows, 3),
			.action = rows_text(rows, 4),
			.purpose = rows_text(rows, 5) };
		json_write_access(&out, NULL, &access);
		last = arena_copy(&call->arena, rows_text(rows, 0));
	}
	json_close(&out, ']');
	json_put_text(&out, "next", more ? call_cursor(call, "access", &last, 1) : NULL);
	json_close(&out, '}');
}

static void get_access(struct call *call)
{
	const char *before = "9223372036854775807";
	int limit = call_limit(call);
	struct citizen *c = limit ? citizen_of(call) : NULL;
	if (!c || call_cursor_read(call, "access", &before, 1) < 0)
		return;
	bool all = call_role(call, "auditor") || call_role(call, "supervisor");
	/* Who looked, and why, is told of the person as well. */
	if (!all && !look_was_lately(call, c->key) && !may_open(call, c))
		return;
	int64_t since = all ? 0 : call->keep.now_ms - (int64_t)ACCESS_DAYS * 86400 * 1000;
	struct rows *rows = base_ask(call->keep.base,
		"SELECT key, at_ms, worker, team, action, purpose FROM access WHERE tenant = $1"
		" AND citizen = $2 AND key < $3 AND at_ms >= $4 ORDER BY key DESC LIMIT $5",
		"iiiii", base_tenant(call->keep.base), c->key, (int64_t)strtoll(before, NULL, 10),
		since, (int64_t)limit + 1);
	put_accesses(call, rows, limit);
	rows_done(rows);
}

static const struct operation operations[] = {
	{ "GET", "/citizens", OPERATION_READ, get_citizens },
	{ "POST", "/citizens", OPERATION_WRITE, post_citizen },
	{ "GET", "/citizens/{id}", OPERATION_WRITE, get_citizen },
	{ "PATCH", "/citizens/{id}", OPERATION_WRITE, patch_citizen },
	{ "GET", "/citizens/{id}/access", OPERATION_READ, get_access },
	{ NULL },
};

const struct route route_citizens = { operations };
