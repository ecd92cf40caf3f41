/* The passphrase of the lock: what is kept, who may read it, what is right. */
#include "model/passphrase.h"
#include "tests/lib.h"

#include <sys/stat.h>
#include <unistd.h>

static char path[200];

static bool read_kept(char *room, size_t size)
{
	FILE *f = fopen(path, "r");
	bool good = f && fgets(room, (int)size, f);

	if (f)
		fclose(f);
	return good;
}

int main(void)
{
	char dir[] = "/tmp/caseload-phrase-XXXXXX", before[400], after[400], longest[600];
	struct error err;
	struct stat st;

	if (!mkdtemp(dir))
		return 1;
	setenv("XDG_STATE_HOME", dir, 1);
	unsetenv("CASELOAD_PROFILE");
	snprintf(path, sizeof(path), "%s/caseload/passphrase", dir);
	test("none is known, and nothing is right") {
		ok(!passphrase_known());
		ok(!passphrase_is(""));
		ok(!passphrase_is("anything"));
	}
	test("one is chosen, and it alone is right") {
		ok(passphrase_keep("s\xc3\xa9same 1", &err));
		ok(passphrase_known());
		ok(passphrase_is("s\xc3\xa9same 1"));
		ok(!passphrase_is("s\xc3\xa9same 2"));
		ok(!passphrase_is("s\xc3\xa9same 1 "));
		ok(!passphrase_is("s\xc3\xa9same "));
		ok(!passphrase_is(""));
	}
	test("what is kept is a salted hash, 0600") {
		ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
		ok(read_kept(before, sizeof(before)) && before[0] == '$' && !strstr(before, "same"));
		ok(passphrase_keep("s\xc3\xa9same 1", &err));
		ok(read_kept(after, sizeof(after)) && strcmp(before, after) != 0);
	}
	test("the hash itself is not the passphrase, nor is one too long") {
		memset(longest, 'x', sizeof(longest) - 1);
		longest[sizeof(longest) - 1] = '\0';
		ok(!passphrase_is(after));
		ok(!passphrase_is(longest));
		ok(!passphrase_keep(longest, &err) && err.kind == ERROR_USAGE);
		ok(!passphrase_keep("short", &err) && err.kind == ERROR_USAGE);
		ok(passphrase_is("s\xc3\xa9same 1"));
	}
	test("a file that others may read, and a link, count as none") {
		char other[220];

		ok(chmod(path, 0644) == 0 && !passphrase_known());
		ok(chmod(path, 0600) == 0 && passphrase_known());
		snprintf(other, sizeof(other), "%s/elsewhere", dir);
		ok(rename(path, other) == 0 && symlink(other, path) == 0);
		ok(!passphrase_known() && !passphrase_is("s\xc3\xa9same 1"));
		unlink(path);
		unlink(other);
	}
	snprintf(path, sizeof(path), "%s/caseload", dir);
	rmdir(path);
	rmdir(dir);
	return test_result();
}
