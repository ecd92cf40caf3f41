/* From the tree to SQL that SQLite and PostgreSQL both read. Every condition is true or false,
   never NULL alone: a minus before it must find the rows without a value too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/i18n.h"
#include "model/query_field.h"
#include "model/when.h"

/* What one filter is translated with. */
struct filter {
	struct query_sql *sql;
	const struct query_field *field;
	const struct query_column *column;
	const struct term *term;
	struct error *err;
};

static const char *const op_sql[] = {
	[OP_IS] = "=",
	[OP_LESS] = "<",
	[OP_LESS_IS] = "<=",
	[OP_MORE] = ">",
	[OP_MORE_IS] = ">=",
	[OP_NEAR] = "=",
};

const char *query_sql_bind(struct query_sql *sql, const char *value)
{
	int room = sql->value_count;

	/* Grown at powers of two: the arena keeps the old ones until the end. */
	if ((room & (room - 1)) == 0) {
		const char **more =
			arena_alloc(&sql->arena, (size_t)(room ? 2 * room : 1) * sizeof(*more));

		if (room)
			memcpy(more, sql->values, (size_t)room * sizeof(*more));
		sql->values = more;
	}
	sql->values[sql->value_count++] = arena_copy(&sql->arena, value);
	return arena_printf(&sql->arena, "$%d", (sql->first ? sql->first : 1) + room);
}

static const char *bind_int(struct query_sql *sql, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return query_sql_bind(sql, text);
}

static const struct query_column *column_of(const struct query_sql *sql, const char *field)
{
	for (const struct query_column *c = sql->columns; c->field; c++) {
		if (!strcmp(c->field, field))
			return c;
		if (c->type == QUERY_JSON && !strncmp(field, c->field, strlen(c->field)))
			return c;
	}
	return NULL;
}

static void put_empty(struct filter *f, const char *expr)
{
	bool number = f->column->type == QUERY_NUMBER || f->column->type == QUERY_TIME_S ||
		      f->column->type == QUERY_TIME_MS;

	buf_printf(&f->sql->where, "(%s IS NULL OR %s = %s)", expr, expr, number ? "0" : "''");
}

static void put_number(struct filter *f, const char *value)
{
	const char *expr = f->column->sql;

	buf_printf(&f->sql->where, "(%s <> 0 AND %s %s CAST(%s AS BIGINT))", expr, expr,
		op_sql[f->term->op], query_sql_bind(f->sql, value));
}

static const char *bind_time(struct filter *f, time_t at)
{
	bool ms = f->column->type == QUERY_TIME_MS;

	return bind_int(f->sql, ms ? (int64_t)at * 1000 : (int64_t)at);
}

static void put_time(struct filter *f, const char *value)
{
	static const char *const ops[] = {
		[OP_LESS] = "<", [OP_LESS_IS] = "<", [OP_MORE] = ">=", [OP_MORE_IS] = ">="
	};
	const char *expr = f->column->sql;
	enum term_op op = f->term->op;
	time_t from = 0, to = 0;

	if (!query_span(value, f->sql->now.now, &from, &to)) {
		buf_text(&f->sql->where, "1=0");
		return;
	}
	if (op == OP_IS || op == OP_NEAR) {
		/* `due:now` is said of a day, never of a second. */
		when_value("today", from, &from);
		when_value("tomorrow", from, &to);
		buf_printf(&f->sql->where,
			"(%s <> 0 AND %s >= CAST(%s AS BIGINT) AND %s < CAST(%s AS BIGINT))", expr,
			expr, bind_time(f, from), expr, bind_time(f, to));
		return;
	}
	time_t edge = op == OP_LESS_IS || op == OP_MORE ? to : from;
	buf_printf(&f->sql->where, "(%s <> 0 AND %s %s CAST(%s AS BIGINT))", expr, expr, ops[op],
		bind_time(f, edge));
}

static void put_near(struct filter *f, const char *expr, const char *value)
{
	buf_printf(&f->sql->where, "query_near(%s, %s)", expr, query_sql_bind(f->sql, value));
}

/* Where the column begins with this text. substr() needs no escaping, LIKE would. */
static void put_start(struct filter *f, const char *expr, const char *text)
{
	const char *n = query_sql_bind(f->sql, text);

	buf_printf(&f->sql->where, "substr(%s, 1, length(%s)) = %s", expr, n, n);
}

static void put_text(struct filter *f, const char *value)
{
	const char *expr = f->column->sql;
	size_t size = 0;

	if (f->term->op == OP_NEAR) {
		put_near(f, expr, value);
	} else if (f->term->op == OP_IS && query_star(value, &size)) {
		put_start(f, expr, arena_copy_n(&f->sql->arena, value, size));
	} else if (f->term->op == OP_IS) {
		buf_printf(&f->sql->where, "%s = %s", expr, query_sql_bind(f->sql, value));
	} else if (query_digits(value)) { /* 9 is before 10 */
		const char *than = query_sql_bind(f->sql, value);

		buf_printf(&f->sql->where, "(%s <> '' AND (length(%s), %s) %s (length(%s), %s))",
			expr, expr, expr, op_sql[f->term->op], than, than);
	} else {
		buf_printf(&f->sql->where, "(%s <> '' AND %s %s %s)", expr, expr,
			op_sql[f->term->op], query_sql_bind(f->sql, value));
	}
}

static void put_folded(struct filter *f, const char *value)
{
	const char *expr = f->column->sql;
	struct buf words = { 0 };

	query_words(&words, value);
	if (f->term->op == OP_NEAR)
		put_near(f, expr, value);
	else if (f->term->op != OP_IS)
		buf_printf(&f->sql->where, "(%s <> '' AND %s %s %s)", expr, expr,
			op_sql[f->term->op], query_sql_bind(f->sql, buf_str(&words)));
	else if (!words.size)
		buf_text(&f->sql->where, "1=0");
	else if (f->sql->match_column)
		f->sql->match_column(f->sql, f->column, buf_str(&words));
	else
		/* query_words() leaves nothing that LIKE takes for a sign. */
		buf_printf(&f->sql->where, "' ' || %s LIKE '%% ' || %s || '%%'", expr,
			query_sql_bind(f->sql, buf_str(&words)));
	buf_clear(&words);
}

static void put_tight(struct filter *f, const char *value)
{
	struct buf tight = { 0 };

	query_tight(&tight, value);
	if (tight.size)
		put_start(f, f->column->sql, buf_str(&tight));
	else
		buf_text(&f->sql->where, "1=0");
	buf_clear(&tight);
}

static void put_part(struct filter *f, const char *value)
{
	const char *expr = f->column->sql;

	if (f->term->op == OP_NEAR) {
		put_near(f, expr, value);
		return;
	}
	const char *n = query_sql_bind(f->sql, value);
	buf_printf(&f->sql->where, "(%s <> '' AND substr(%s, 1, length(%s)) %s %s)", expr, expr, n,
		op_sql[f->term->op], n);
}

static void put_words(struct filter *f, const char *value)
{
	/* Not LIKE: % and _ may stand in a tag, and LIKE knows no capitals. */
	buf_printf(&f->sql->where,
		"replace(' ' || %s || ' ', ' ' || %s || ' ', '') <> ' ' || %s || ' '",
		f->column->sql, query_sql_bind(f->sql, value), f->column->sql);
}

static void put_flag(struct filter *f, const char *value)
{
	bool yes = query_flag_read(value) == 1;

	buf_printf(&f->sql->where, yes ? "%s <> 0" : "(%s IS NULL OR %s = 0)", f->column->sql,
		f->column->sql);
}

/* One of the kind's fields: see match_own() in query_match.c for what is compared how. */
static const char *own_expression(struct filter *f)
{
	const char *name = f->term->field + strlen(f->column->field);
	struct buf out = { 0 };
	const char *gap = strstr(f->column->sql, "%s");

	buf_add(&out, f->column->sql, (size_t)(gap - f->column->sql));
	buf_text(&out, name);
	buf_text(&out, gap + 2);
	const char *expr = arena_printf(&f->sql->arena, "CAST(%s AS TEXT)", buf_str(&out));
	buf_clear(&out);
	return expr;
}

static void put_own_is(struct filter *f, const char *expr, const char *value)
{
	struct buf *where = &f->sql->where;

	if (query_flag_read(value) >= 0) {
		buf_printf(where, "(%s IN (%s))", expr,
			query_flag_read(value) ? "'yes', 'true', '1'" : "'no', 'false', '0'");
		return;
	}
	/* A list is JSON text here: ["north","south"]. */
	const char *whole = query_sql_bind(f->sql, value);
	const char *quoted = query_sql_bind(f->sql, arena_printf(&f->sql->arena, "\"%s\"", value));
	buf_printf(where,
		"(lower(%s) = lower(%s) OR replace(lower(%s), lower(%s), '') <> lower(%s))", expr,
		whole, expr, quoted, expr);
}

static void put_own(struct filter *f, const char *value)
{
	const char *expr = own_expression(f);
	const char *op = op_sql[f->term->op];
	char *end = NULL;

	if (!strcmp(value, "none")) {
		put_empty(f, expr);
		return;
	}
	if (f->term->op == OP_NEAR) {
		put_near(f, expr, value);
		return;
	}
	if (f->term->op == OP_IS) {
		put_own_is(f, expr, value);
		return;
	}
	strtod(value, &end);
	const char *n = query_sql_bind(f->sql, value);
	if (end != value && !*end)
		buf_printf(&f->sql->where, "(%s <> '' AND CAST(%s AS REAL) %s CAST(%s AS REAL))",
			expr, expr, op, n);
	else
		buf_printf(&f->sql->where, "(%s <> '' AND %s %s %s)", expr, expr, op, n);
}

static bool lacks(struct query_sql *sql, const char *field, struct error *err)
{
	buf_text(&sql->where, "1=0");
	return error_set(err, ERROR_REFUSED, _("Searching by %s is not possible here."), field);
}

static bool put_is(struct filter *f, const char *value)
{
	const struct query_column *is = column_of(f->sql, "is");
	const struct query_column *status = column_of(f->sql, "status");
	const struct query_column *due = column_of(f->sql, "due");
	bool late = !strcmp(value, "late");

	if (!(is || status) || (late && !due))
		return lacks(f->sql, f->term->field, f->err);
	buf_char(&f->sql->where, '(');
	if (is)
		buf_printf(&f->sql->where, "%s = 1", is->sql);
	else
		buf_printf(&f->sql->where, "%s IN ('new', 'open', 'waiting')", status->sql);
	if (late) {
		struct filter d = *f;

		d.column = due;
		buf_printf(&f->sql->where, " AND %s <> 0 AND %s < CAST(%s AS BIGINT)", due->sql,
			due->sql, bind_time(&d, f->sql->now.now));
	}
	buf_char(&f->sql->where, ')');
	return true;
}

static void put_value(struct filter *f, const char *value)
{
	static void (*const puts_[])(struct filter *, const char *) = {
		[QUERY_TEXT] = put_text,
		[QUERY_FOLDED] = put_folded,
		[QUERY_NUMBER] = put_number,
		[QUERY_TIME_MS] = put_time,
		[QUERY_TIME_S] = put_time,
		[QUERY_WORDS] = put_words,
		[QUERY_FLAG] = put_flag,
		[QUERY_TIGHT] = put_tight,
		[QUERY_PART] = put_part,
		[QUERY_JSON] = put_own,
	};

	if (!strcmp(value, "none") && f->column->type != QUERY_JSON)
		put_empty(f, f->column->sql);
	else
		puts_[f->column->type](f, value);
}

/* A status in a service's own words. */
static void put_step(struct filter *f, const char *value)
{
	const struct query_column *step = column_of(f->sql, "step");
	struct filter of_step = *f;

	if (!step) {
		put_value(f, value);
		return;
	}
	struct query_column column = *step;
	column.sql = arena_printf(&f->sql->arena, "lower(%s)", step->sql);
	of_step.column = &column;
	put_value(&of_step, value);
}

static bool put_filter(struct query_sql *sql, const struct term *t, const struct query_field *field,
	struct error *err)
{
	struct filter f = { .sql = sql, .field = field, .term = t, .err = err };
	bool good = true;

	f.column = field->type == QUERY_IS ? NULL : column_of(sql, t->field);
	if (!f.column && field->type != QUERY_IS)
		return lacks(sql, t->field, err);
	buf_char(&sql->where, '(');
	for (int i = 0; t->values[i]; i++) {
		const char *value = query_value(field, t->values[i], &sql->now);

		if (i)
			buf_text(&sql->where, " OR ");
		if (!value)
			buf_text(&sql->where, "1=0"); /* `me` of nobody */
		else if (field->type == QUERY_IS)
			good = put_is(&f, value) && good;
		else if (query_own_status(field, value))
			put_step(&f, value);
		else
			put_value(&f, value);
	}
	buf_char(&sql->where, ')');
	return good;
}

static void put_bare(struct query_sql *sql, const struct term *t)
{
	struct buf words = { 0 };

	query_words(&words, t->text);
	if (words.size)
		sql->match(sql, t, buf_str(&words));
	else
		buf_text(&sql->where, "1=1");
	buf_clear(&words);
}

static bool put_term(struct query_sql *sql, enum query_about, const struct term *, struct error *);

static bool put_parts(
	struct query_sql *sql, enum query_about about, const struct term *t, struct error *err)
{
	bool all = t->kind == TERM_ALL, good = true;

	buf_char(&sql->where, '(');
	if (!t->first)
		buf_text(&sql->where, "1=1");
	for (const struct term *part = t->first; part; part = part->next) {
		if (part != t->first)
			buf_text(&sql->where, all ? " AND " : " OR ");
		good = put_term(sql, about, part, err) && good;
	}
	buf_char(&sql->where, ')');
	return good;
}

static bool put_term(
	struct query_sql *sql, enum query_about about, const struct term *t, struct error *err)
{
	bool good = true;

	if (t->negated)
		buf_char(&sql->where, '(');
	if (t->kind == TERM_ALL || t->kind == TERM_ANY)
		good = put_parts(sql, about, t, err);
	else if (t->kind == TERM_FILTER)
		good = put_filter(sql, t, query_field_find(about, t->field), err);
	else
		put_bare(sql, t);
	if (t->negated)
		buf_text(&sql->where, " IS NOT TRUE)");
	return good;
}

bool query_to_sql(const struct query *query, struct query_sql *sql, struct error *err)
{
	buf_reset(&sql->where);
	sql->value_count = 0;
	sql->values = NULL;
	if (!query->root->first) {
		buf_char(&sql->where, '1');
		return true;
	}
	return put_term(sql, query->about, query->root, err);
}

void query_sql_clear(struct query_sql *sql)
{
	buf_clear(&sql->where);
	arena_clear(&sql->arena);
	sql->values = NULL;
	sql->value_count = 0;
}
