/* Loaded before caseload (LD_PRELOAD), it makes one call fail: the Nth allocation of the program's
   own code or of a library, the Nth write, pwrite, fsync, fdatasync, ftruncate, rename, open,
   connect or send. The program is started once and stands before its main(); for every order that
   comes by the pipe it is forked, which is a fifth of the time of starting it anew. See failing.c,
   which gives the orders. */
#include "tests/torture/fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fail_shared *shared;
static bool counting;
static uintptr_t own_from, own_to; /* the program's own code */
static _Thread_local bool for_json; /* a library that takes its memory by a function of the program */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static bool due(enum fail_class class)
{
	if (!counting)
		return false;
	uint64_t n = __atomic_add_fetch(&shared->counts[class], 1, __ATOMIC_RELAXED);
	if ((int)class != shared->class || n != shared->at)
		return false;
	shared->hit = 1;
	return true;
}

#define REAL(type, name, ...)                                                                      \
	static type (*real)(__VA_ARGS__);                                                          \
	if (!real)                                                                                 \
	*(void **)(&real) = dlsym(RTLD_NEXT, name)

/* ---- memory */

static bool own(const void *caller)
{
	return (uintptr_t)caller >= own_from && (uintptr_t)caller < own_to;
}

static bool no_memory(const void *caller)
{
	if (!counting || !due(own(caller) && !for_json ? FAIL_OWN : FAIL_LIBRARY))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t align, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	if (no_memory(__builtin_return_address(0)))
		return ENOMEM;
	*out = __libc_memalign(align, size);
	return *out ? 0 : ENOMEM;
}

/* libjansson takes its memory by the function it is given: the call comes from the program's own code, and is
   the library's all the same. */
static void *(*json_memory)(size_t);

static void *json_malloc(size_t size)
{
	for_json = true;
	void *p = json_memory(size);
	for_json = false;
	return p;
}

void json_set_alloc_funcs(void *(*take)(size_t), void (*give)(void *));
void json_set_alloc_funcs(void *(*take)(size_t), void (*give)(void *))
{
	REAL(void, "json_set_alloc_funcs", void *(*)(size_t), void (*)(void *));
	json_memory = take;
	real(json_malloc, give);
}

/* ---- files and sockets */

static bool fails(enum fail_class class)
{
	if (!due(class) || shared->error == FAIL_SHORT)
		return false;
	errno = shared->error;
	return true;
}

/* How much of it is written, where a part of it is to be; -1: it fails. */
static ssize_t share(enum fail_class class, size_t size)
{
	if (!due(class))
		return (ssize_t)size;
	if (shared->error == FAIL_SHORT)
		return size > 1 ? (ssize_t)(size / 2) : (ssize_t)size;
	errno = shared->error;
	return -1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	ssize_t part = share(FAIL_WRITE, size);

	return part < 0 ? -1 : real(fd, bytes, (size_t)part);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
	ssize_t part = share(FAIL_PWRITE, size);

	return part < 0 ? -1 : real(fd, bytes, (size_t)part, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	ssize_t part = share(FAIL_PWRITE, size);

	return part < 0 ? -1 : real(fd, bytes, (size_t)part, at);
}

int fsync(int fd)
{
	REAL(int, "fsync", int);
	return fails(FAIL_FSYNC) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return fails(FAIL_FDATASYNC) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size)
{
	REAL(int, "ftruncate", int, off_t);
	return fails(FAIL_FTRUNCATE) ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	REAL(int, "ftruncate64", int, off64_t);
	return fails(FAIL_FTRUNCATE) ? -1 : real(fd, size);
}

int rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	return fails(FAIL_RENAME) ? -1 : real(from, to);
}

static int mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
}

int open(const char *path, int flags, ...)
{
	REAL(int, "open", const char *, int, ...);
	va_list args;

	va_start(args, flags);
	int mode = mode_of(flags, args);
	va_end(args);
	return fails(FAIL_OPEN) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	REAL(int, "open64", const char *, int, ...);
	va_list args;

	va_start(args, flags);
	int mode = mode_of(flags, args);
	va_end(args);
	return fails(FAIL_OPEN) ? -1 : real(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	REAL(int, "openat", int, const char *, int, ...);
	va_list args;

	va_start(args, flags);
	int mode = mode_of(flags, args);
	va_end(args);
	return fails(FAIL_OPEN) ? -1 : real(dir, path, flags, mode);
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
	REAL(int, "connect", int, const struct sockaddr *, socklen_t);
	return fails(FAIL_CONNECT) ? -1 : real(fd, to, size);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	REAL(ssize_t, "send", int, const void *, size_t, int);
	ssize_t part = share(FAIL_SEND, size);

	return part < 0 ? -1 : real(fd, bytes, (size_t)part, flags);
}

/* ---- before main() */

static void not_counted(void)
{
	counting = false; /* an editor, the demo's service: programs of their own */
}

static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X)) {
			own_from = info->dlpi_addr + p->p_vaddr;
			own_to = own_from + p->p_memsz;
		}
	}
	return 1; /* the first is the program */
}

static void surroundings(const struct fail_order *o)
{
	static const char *const names[][2] = { { "HOME", "home" }, { "XDG_CONFIG_HOME", "config" },
		{ "XDG_DATA_HOME", "data" }, { "XDG_STATE_HOME", "state" },
		{ "XDG_CACHE_HOME", "cache" }, { "XDG_RUNTIME_DIR", "run" },
		{ "XDG_CONFIG_DIRS", "etc" } };
	char path[500];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", o->home, names[i][1]);
		setenv(names[i][0], path, 1);
	}
	if (chdir(o->home))
		_exit(126);
}

static int file(const char *home, const char *name, int flags)
{
	char path[500];

	snprintf(path, sizeof path, "%s/%s", home, name);
	return open(path, flags, 0600);
}

static void stand_for(const struct fail_order *o)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	surroundings(o);
	if (o->terminal[0]) {
		setsid();
		int fd = open(o->terminal, O_RDWR);
		ioctl(fd, TIOCSCTTY, 0);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		close(fd);
	} else {
		int fds[] = { open("/dev/null", O_RDONLY),
			file(o->home, "out", O_WRONLY | O_CREAT | O_TRUNC),
			file(o->home, "err", O_WRONLY | O_CREAT | O_TRUNC) };
		for (int i = 0; i < 3; i++) {
			dup2(fds[i], i);
			close(fds[i]);
		}
	}
	memset(shared->counts, 0, sizeof shared->counts);
	shared->hit = 0;
	shared->class = o->class;
	shared->at = o->at;
	shared->error = o->error;
	counting = true;
}

static int (*real_main)(int, char **, char **);

/* What of the command is of the order: the mark and the number of the case. */
static void fill_in(int argc, char **argv, struct fail_order *o)
{
	static char text[100];

	for (int i = 1; i < argc; i++) {
		const char *at = strstr(argv[i], "@MARK");

		if (!strcmp(argv[i], "@NUMBER")) {
			argv[i] = o->number;
		} else if (at) {
			snprintf(
				text, sizeof text, "%.*s%s", (int)(at - argv[i]), argv[i], o->mark);
			argv[i] = text;
		}
	}
}

static int wait_for_orders(int argc, char **argv, char **env)
{
	const char *ends = getenv("FAIL_SERVER");
	static struct fail_order order;
	int in, out, number;

	(void)env;
	if (!ends || sscanf(ends, "%d,%d,%d", &in, &out, &number) != 3)
		return real_main(argc, argv, env);
	unsetenv("FAIL_SERVER");
	unsetenv("LD_PRELOAD");
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0);
	dl_iterate_phdr(find_program, NULL);
	pthread_atfork(NULL, NULL, not_counted);
	while (read(in, &order, sizeof order) == (ssize_t)sizeof order) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			close(in);
			close(out);
			close(number);
			fill_in(argc, argv, &order);
			stand_for(&order);
			return real_main(argc, argv, environ);
		}
		if (write(out, &pid, sizeof pid) < 0)
			break;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (write(out, &status, sizeof status) < 0)
			break;
	}
	_exit(0);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	REAL(int, "__libc_start_main", int (*)(int, char **, char **), int, char **, void (*)(void),
		void (*)(void), void (*)(void), void *);
	real_main = main;
	return real(wait_for_orders, argc, argv, init, fini, rtld_fini, stack_end);
}
