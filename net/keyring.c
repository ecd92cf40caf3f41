/* The kernel's keyring by its system calls: glibc has none of them, and a library only wraps them. */
#include "net/keyring.h"

#include "model/arena.h"
#include "model/i18n.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	SECRET_MAX = 16 * 1024,
	/* Of the one who holds the keyring: everything; of the same user in another session: to see, read,
	   find and unlink it (linux/keyctl.h has no names for these bits; keyctl_setperm(3)). */
	PERMISSIONS = 0x3f2b0000
};

static const int keyrings[] = { KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING };

static long find(int keyring, const char *description)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, "user", description, 0);
}

/* No key is no fault of the keyring. */
static bool is_missing(int why)
{
	return why == ENOKEY || why == EKEYEXPIRED || why == EKEYREVOKED;
}

static bool unusable(int why, struct error *err)
{
	return error_set(
		err, ERROR_LOCAL, _("The kernel's keyring cannot be used: %s."), strerror(why));
}

char *keyring_get(const char *description, struct error *err)
{
	char room[SECRET_MAX + 1], *secret = NULL;
	long key = -1, size = -1;

	for (size_t i = 0; i < sizeof(keyrings) / sizeof(*keyrings) && size < 0; i++) {
		key = find(keyrings[i], description);
		if (key >= 0)
			size = syscall(SYS_keyctl, KEYCTL_READ, key, room, SECRET_MAX);
	}
	if (size > 0 && size <= SECRET_MAX) {
		room[size] = '\0';
		secret = xstrdup(room);
	} else if (size < 0 && !is_missing(errno)) {
		unusable(errno, err);
	} else {
		error_set(err, ERROR_LOGIN,
			_("There is no key %s in the keyring; caseload login puts it there."),
			description);
	}
	explicit_bzero(room, sizeof(room));
	return secret;
}

bool keyring_put(const char *description, const char *secret, struct error *err)
{
	long key = syscall(SYS_add_key, "user", description, secret, strlen(secret),
		KEY_SPEC_USER_KEYRING);

	/* NOTE: where this is refused only the session that has the keyring can read it, which it told. */
	if (key >= 0)
		syscall(SYS_keyctl, KEYCTL_SETPERM, key, PERMISSIONS);
	return key >= 0 || unusable(errno, err);
}

bool keyring_forget(const char *description, bool *found, struct error *err)
{
	*found = false;
	for (size_t i = 0; i < sizeof(keyrings) / sizeof(*keyrings); i++) {
		long key = find(keyrings[i], description);

		if (key < 0)
			continue;
		/* Found through another keyring that this one links: then it is unlinked at its turn. */
		bool gone = syscall(SYS_keyctl, KEYCTL_UNLINK, key, keyrings[i]) == 0;

		if (!gone && errno != ENOENT)
			return unusable(errno, err);
		*found = *found || gone;
	}
	return true;
}
