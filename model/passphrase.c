/* The passphrase of the lock. */
#include "model/passphrase.h"

#include "model/arena.h"
#include "model/buf.h"
#include "model/config.h"
#include "model/file.h"
#include "model/i18n.h"

#include <crypt.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool place(struct buf *out, struct error *err)
{
	if (!config_dir(out, "state", err))
		return false;
	buf_text(out, "/passphrase");
	return true;
}

static bool ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 077);
}

/* The hash as it is kept; false: there is none. */
static bool kept(char room[CRYPT_OUTPUT_SIZE])
{
	struct buf path = { 0 };
	struct error err;
	int fd = place(&path, &err) ? open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
				    : -1;
	ssize_t size = fd >= 0 && ours(fd) ? read(fd, room, CRYPT_OUTPUT_SIZE - 1) : -1;

	if (fd >= 0)
		close(fd);
	buf_clear(&path);
	room[size > 0 ? size : 0] = '\0';
	room[strcspn(room, "\n")] = '\0';
	return *room;
}

/* Into out; false: libcrypt does not know this setting. */
static bool hash(const char *text, const char *setting, char out[CRYPT_OUTPUT_SIZE])
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = crypt_rn(text, setting, data, sizeof(*data));

	snprintf(out, CRYPT_OUTPUT_SIZE, "%s", made ? made : "");
	explicit_bzero(data, sizeof(*data));
	free(data);
	return *out;
}

bool passphrase_known(void)
{
	char before[CRYPT_OUTPUT_SIZE];

	return kept(before);
}

bool passphrase_keep(const char *text, struct error *err)
{
	struct buf path = { 0 };
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], made[CRYPT_OUTPUT_SIZE];
	size_t size = strlen(text);

	if (size < PASSPHRASE_LEAST || size > PASSPHRASE_MOST)
		return error_set(err, ERROR_USAGE, _("A passphrase has %d to %d bytes."),
			PASSPHRASE_LEAST, PASSPHRASE_MOST);
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)) ||
		!hash(text, setting, made))
		return error_set(err, ERROR_LOCAL, _("libcrypt cannot make a hash here."));
	bool good = place(&path, err) && file_replace(path.text, made, strlen(made), err);
	buf_clear(&path);
	return good;
}

bool passphrase_is(const char *text)
{
	char before[CRYPT_OUTPUT_SIZE] = "", now[CRYPT_OUTPUT_SIZE] = "";
	unsigned char differs = 0;

	if (strlen(text) > PASSPHRASE_MOST || !kept(before) || !hash(text, before, now))
		return false;
	for (size_t i = 0; i < sizeof(before); i++)
		differs |= (unsigned char)(i < strlen(before) ? before[i] ^ now[i] : 0);
	return !differs && strlen(before) == strlen(now);
}
