/* Landlock by its system calls, which glibc does not wrap. */
#include "model/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER /* headers older than the kernel */
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES                                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                    \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                        \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                      \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |                      \
		LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)
/* What a rule for a file, not a directory, may say. */
#define OF_FILES                                                                                   \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

int confine_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

bool confine_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Rights that this kernel does not know cannot be named to it. */
static uint64_t known(int abi)
{
	uint64_t all = LANDLOCK_ACCESS_FS_EXECUTE | READS | WRITES;

	if (abi < 2)
		all &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
	if (abi < 3)
		all &= ~(uint64_t)LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

static uint64_t rights_of(int rights, mode_t mode)
{
	uint64_t all = 0;

	if (rights & CONFINE_READ)
		all |= READS;
	if (rights & CONFINE_WRITE)
		all |= WRITES;
	if (rights & CONFINE_EXECUTE)
		all |= LANDLOCK_ACCESS_FS_EXECUTE;
	return S_ISDIR(mode) ? all : all & OF_FILES;
}

static bool add(int set, const struct confine_rule *rule, uint64_t handled)
{
	struct landlock_path_beneath_attr one = { .parent_fd = open(rule->path, O_PATH | O_CLOEXEC) };
	struct stat st;

	if (one.parent_fd < 0)
		return true;
	bool good = fstat(one.parent_fd, &st) == 0;

	one.allowed_access = rights_of(rule->rights, st.st_mode) & handled;
	good = good && (!one.allowed_access ||
			       syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &one,
				       0) == 0);
	close(one.parent_fd);
	return good;
}

bool confine_files(const struct confine_rule *rules)
{
	int abi = confine_abi();
	struct landlock_ruleset_attr attr = { .handled_access_fs = known(abi) };
	int set = abi ? (int)syscall(SYS_landlock_create_ruleset, &attr,
				sizeof(attr.handled_access_fs), 0)
		      : -1;
	bool good = set >= 0;

	for (; good && rules->path; rules++)
		good = add(set, rules, attr.handled_access_fs);
	good = good && confine_privileges() && syscall(SYS_landlock_restrict_self, set, 0) == 0;
	if (set >= 0)
		close(set);
	return good;
}
