/* caseloadd sample: made-up data for trying, in a directory that holds nothing yet. */
#include "model/i18n.h"
#include "service/cmd.h"
#include "service/sample.h"
#include <stdio.h>
#include <stdlib.h>

static bool fill(struct base *base, unsigned seed, struct error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	struct keep keep = { .base = base,
		.now_ms = (int64_t)now.tv_sec * 1000,
		.ident = ident_uuid,
		.worker = "system" };
	int64_t tenant = base_tenant(base);
	if (base_number(base, 0, "SELECT 1 FROM casefile WHERE tenant = $1 LIMIT 1", "i", tenant) ||
		base_number(
			base, 0, "SELECT 1 FROM citizen WHERE tenant = $1 LIMIT 1", "i", tenant))
		return error_set(err, ERROR_USAGE,
			_("There are cases or citizens in this directory already; a sample goes "
			  "into an empty "
			  "one: --data DIR."));
	if (!sample_fill(&keep, seed, err))
		return false;
	printf(_("%lld citizens, %lld cases, %lld entries, made up with seed %u.\n"),
		(long long)base_number(
			base, 0, "SELECT count(*) FROM citizen WHERE tenant = $1", "i", tenant),
		(long long)base_number(
			base, 0, "SELECT count(*) FROM casefile WHERE tenant = $1", "i", tenant),
		(long long)base_number(
			base, 0, "SELECT count(*) FROM event WHERE tenant = $1", "i", tenant),
		seed);
	return true;
}

int cmd_sample(int argc, char **argv)
{
	const char *data = cmd_option(&argc, argv, "--data");
	const char *seed = cmd_option(&argc, argv, "--seed");
	struct error err = { 0 };
	struct buf dir = { 0 };
	char *end = NULL;
	unsigned long number = seed ? strtoul(seed, &end, 10) : 1;

	if (argc > 1 || (seed && (*end || !*seed))) {
		error_set(&err, ERROR_USAGE, _("Say caseloadd sample [--data DIR] [--seed N]."));
		return cmd_fail(&err);
	}
	struct base *base =
		cmd_data_dir(&dir, data, &err) ? base_open(buf_str(&dir), BASE_WRITE, &err) : NULL;
	buf_clear(&dir);
	bool good = base && fill(base, (unsigned)number, &err);
	if (base)
		base_close(base);
	return good ? 0 : cmd_fail(&err);
}
