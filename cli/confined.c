/* See confined.h. A pager may still be run, by the rights of the command it shows. */
#include "cli/confined.h"

#include "model/buf.h"
#include "model/confine.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_MOST = 192 };

/* Only where every run is counted (gcov): what each counted file calls. What it calls by itself alone may
   not be linked, and then a program that may write nothing lost its counts. */
extern void __gcov_init(void *) __attribute__((weak));

struct rules {
	struct confine_rule list[RULES_MOST + 1];
	int count;
	struct buf places[5];
};

static void allow(struct rules *r, const char *path, int rights)
{
	if (path && *path && r->count < RULES_MOST)
		r->list[r->count++] = (struct confine_rule){ path, rights };
}

/* Libraries, certificates, names of hosts, languages, devices, and ourselves. */
static void allow_system(struct rules *r, int execute)
{
	static const char *const read[] = { "/etc", "/lib/terminfo", "/proc", "/run/systemd/resolve",
		"/run/resolvconf", "/run/NetworkManager", "/run/nscd", "/var/lib/ca-certificates",
		"/sys/devices/system/cpu", "/sys/fs/cgroup", PREFIX "/share", NULL };
	static const char *const run[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", NULL };
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
		"/dev/tty", "/dev/pts", NULL };

	for (int i = 0; read[i]; i++)
		allow(r, read[i], CONFINE_READ);
	for (int i = 0; run[i]; i++)
		allow(r, run[i], CONFINE_READ | execute);
	for (int i = 0; devices[i]; i++)
		allow(r, devices[i], CONFINE_READ | CONFINE_WRITE);
}

static void allow_own(struct rules *r)
{
	static const char *const which[] = { "data", "state", "runtime", "cache", "config" };
	struct error ignored = { 0 };

	for (int i = 0; i < 5; i++) {
		bool writes = strcmp(which[i], "config") != 0;

		if (config_place(&r->places[i], which[i], &ignored))
			allow(r, r->places[i].text,
				CONFINE_READ | (writes ? CONFINE_WRITE : 0));
	}
}

static enum confinement allow_services(struct rules *r, const struct config *c)
{
	static const char *const files[] = { "token-file", "tls-ca", "tls-cert", "tls-key", NULL };
	static const char *const commands[] = { "token-command", "tls-password-command", NULL };
	const char *name, *value;

	for (int i = 0; (name = config_section(c, "service", i)); i++) {
		for (int k = 0; commands[k]; k++)
			if ((value = config_section_get(c, "service", name, commands[k])) && *value)
				return CONFINED_COMMANDS;
		for (int k = 0; files[k]; k++) {
			value = config_section_get(c, "service", name, files[k]);
			if (value && !strncmp(value, "pkcs11:", 7))
				return CONFINED_CARD;
			allow(r, value, CONFINE_READ);
		}
	}
	return CONFINED;
}

enum confinement confined_begin(const struct session *s)
{
	struct rules *r = calloc(1, sizeof(*r));
	enum confinement result = r ? allow_services(r, s->config) : CONFINED_FAILED;
	bool pager = s->print && s->print->terminal && s->print->pager;

	if (result == CONFINED && __gcov_init)
		result = CONFINED_COUNTING;
	if (result == CONFINED && !confine_abi())
		result = CONFINED_NO_KERNEL;
	if (result == CONFINED) {
		allow_system(r, pager ? CONFINE_EXECUTE : 0);
		allow_own(r);
		allow(r, getenv("CREDENTIALS_DIRECTORY"), CONFINE_READ);
		result = confine_files(r->list) ? CONFINED : CONFINED_FAILED;
	}
	for (int i = 0; r && i < 5; i++)
		buf_clear(&r->places[i]);
	free(r);
	return result;
}
