/* caseloadd serve: from the command line to a service that listens, and its end. */
#include "model/i18n.h"
#include "model/ident.h"
#include "service/cmd.h"
#include "service/deliver.h"
#include "service/http.h"
#include "service/sample.h"
#include "service/token.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* More than any client of ours sends, whose bulk is the most of all (tests/cli/rate.t). */
enum { RATE_DEFAULT = 300 };

static int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum { STOP_S = 10 }; /* how long commands that are sending are waited for */

struct serve {
	struct buf dir;
	const char *listen, *proxy, *proxy_user_header, *cert, *key, *client_ca;
	bool sample, with_parent, log_requests;
	int rate, lease_s;
	struct buf cert_text, key_text, client_ca_text;
	struct channels channels;
};

/* ---- what was asked for */

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}

/* Tokens and personal data never go over a network in the clear. */
static bool serve_check(const struct serve *serve, struct error *err)
{
	if (!serve->cert != !serve->key)
		return error_set(err, ERROR_USAGE, _("--tls-cert and --tls-key go together."));
	if (serve->client_ca && !serve->cert)
		return error_set(err, ERROR_USAGE,
			_("--tls-client-ca asks clients for a certificate: that takes --tls-cert and "
			  "--tls-key."));
	if (!service_address_good(serve->listen, err))
		return false;
	if (is_loopback(serve->listen) || serve->cert || serve->proxy)
		return true;
	return error_set(err, ERROR_USAGE,
		_("%s can be reached from outside, and without TLS anybody on the way could read "
		  "tokens and "
		  "personal data: give --tls-cert and --tls-key, or name the proxy with TLS before "
		  "it by "
		  "--proxy ADDR."),
		serve->listen);
}

/* From 1 s, for trials, to an hour; NULL: as long as ever. */
static bool read_lease(struct serve *serve, const char *text, struct error *err)
{
	char *end = NULL;
	long seconds = text ? strtol(text, &end, 10) : 0;
	serve->lease_s = (int)seconds;
	if (!text || (end != text && !*end && seconds >= 1 && seconds <= 3600))
		return true;
	return error_set(err, ERROR_USAGE, _("--lease takes a number of seconds from 1 to 3600."));
}

static bool read_pem(struct buf *out, const char *path, struct error *err)
{
	char block[4096];
	size_t size;
	FILE *file = path ? fopen(path, "r") : NULL;
	if (!path)
		return true;
	while (file && (size = fread(block, 1, sizeof block, file)) > 0)
		buf_add(out, block, size);
	bool good = file && !ferror(file) && out->size;
	if (!good)
		error_set(err, ERROR_CONFIG, _("The file %s cannot be read: %s."), path,
			strerror(errno));
	if (file)
		fclose(file);
	return good;
}

/* 0: no limit. */
static bool rate_read(struct serve *serve, const char *rate, struct error *err)
{
	serve->rate = rate ? atoi(rate) : RATE_DEFAULT;
	return !rate || (*rate && strspn(rate, "0123456789") == strlen(rate) && strlen(rate) <= 5) ||
	       error_set(err, ERROR_USAGE,
		       _("--rate is how many requests a second each token may send, such as %d; 0 is no limit."),
		       RATE_DEFAULT);
}

static bool serve_read(struct serve *serve, int argc, char **argv, struct error *err)
{
	const char *dir = cmd_option(&argc, argv, "--data");
	serve->listen = cmd_option(&argc, argv, "--listen");
	serve->proxy = cmd_option(&argc, argv, "--proxy");
	serve->proxy_user_header = cmd_option(&argc, argv, "--proxy-user-header");
	serve->log_requests = cmd_flag(&argc, argv, "--log-requests");
	const char *rate = cmd_option(&argc, argv, "--rate");
	serve->cert = cmd_option(&argc, argv, "--tls-cert");
	serve->key = cmd_option(&argc, argv, "--tls-key");
	serve->client_ca = cmd_option(&argc, argv, "--tls-client-ca");
	const char *lease = cmd_option(&argc, argv, "--lease");
	serve->sample = cmd_flag(&argc, argv, "--sample");
	serve->with_parent = cmd_flag(&argc, argv, "--with-parent");
	if (!serve->listen)
		serve->listen = "127.0.0.1:8640";
	if (argc > 1)
		return error_set(err, ERROR_USAGE,
			_("%s is not an option; caseloadd serve --help lists them."), argv[1]);
	return rate_read(serve, rate, err) && serve_check(serve, err) && read_lease(serve, lease, err) &&
	       cmd_data_dir(&serve->dir, dir, err) &&
	       read_pem(&serve->cert_text, serve->cert, err) &&
	       read_pem(&serve->key_text, serve->key, err) &&
	       read_pem(&serve->client_ca_text, serve->client_ca, err);
}

/* ---- the data, before anybody asks for it */

/* Whole or not at all: a start that was cut short leaves no file that looks like one. */
static bool write_token(const char *path, const char *token, struct error *err)
{
	struct buf part = { 0 };
	buf_printf(&part, "%s.part", path);
	unlink(part.text);
	int fd = open(part.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0 && dprintf(fd, "%s\n", token) == TOKEN_SIZE;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	good = good && rename(part.text, path) == 0;
	if (!good)
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path,
			strerror(errno));
	buf_clear(&part);
	return good;
}

/* The first worker's token, for whoever started this program: a file only they can read. */
static bool first_token(struct keep *keep, const char *dir, struct error *err)
{
	char token[TOKEN_SIZE];
	struct buf path = { 0 };
	bool good = true;
	buf_printf(&path, "%s/first-token", dir);
	if (access(path.text, F_OK) != 0 && keep_has_worker(keep, "s.rossi"))
		good = token_add(
			       keep, "s.rossi", "caseworker supervisor", "first", 0, token, err) &&
		       write_token(path.text, token, err);
	buf_clear(&path);
	return good;
}

static bool fill_sample(struct base *base, const char *dir, struct error *err)
{
	struct buf old = { 0 };
	struct keep keep = {
		.base = base, .now_ms = clock_ms(), .ident = ident_uuid, .worker = "system"
	};
	bool empty = base_number(base, 0, "SELECT 1 FROM worker LIMIT 1", "") == 0;
	if (base_error(base, err) || (empty && !sample_fill(&keep, 1, err)))
		return false;
	buf_printf(&old, "%s/first-token", dir);
	if (empty)
		unlink(old.text); /* of data that is not there any more */
	buf_clear(&old);
	return first_token(&keep, dir, err) && !base_error(base, err);
}

/* Made-up people are not written to: unless the operator says how, their mail stays in a directory. */
static bool read_channels(struct serve *serve, struct base *base, struct error *err)
{
	struct arena arena = { 0 };
	struct keep keep = { .base = base };
	char self[4096];
	if (!channels_read(&serve->channels, serve->dir.text, err))
		return false;
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
	if (!serve->channels.count && size > 0 && keep_setting(&keep, "sample", &arena)) {
		self[size] = '\0';
		channels_sample(&serve->channels, serve->dir.text, self);
	}
	arena_clear(&arena);
	return !base_error(base, err);
}

static bool prepare_data(struct serve *serve, struct error *err)
{
	struct base *base = base_open(serve->dir.text, BASE_WRITE, err);
	if (!base)
		return false;
	bool good = !serve->sample || fill_sample(base, serve->dir.text, err);
	good = good && read_channels(serve, base, err);
	base_close(base);
	return good;
}

/* ---- serving */

/* Ends with the program that started this one, even when that is killed. */
static bool watch_parent(struct error *err)
{
	pid_t parent = getppid();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return error_set(
			err, ERROR_LOCAL, _("The parent cannot be watched: %s."), strerror(errno));
	if (getppid() != parent)
		return error_set(
			err, ERROR_CANCELLED, _("The program that started this one is gone."));
	return true;
}

static void say_ready(const struct serve *serve, const struct service *service)
{
	const char *colon = strrchr(serve->listen, ':');
	printf("caseloadd: ready %s://%.*s:%d/v1\n", serve->cert ? "https" : "http",
		(int)(colon - serve->listen), serve->listen, service_port(service));
	fflush(stdout);
}

static bool serve_run(const struct serve *serve, struct error *err)
{
	struct service_options options = { .dir = serve->dir.text,
		.address = serve->listen,
		.tls_cert = serve->cert ? serve->cert_text.text : NULL,
		.tls_key = serve->key ? serve->key_text.text : NULL,
		.tls_client_ca = serve->client_ca ? serve->client_ca_text.text : NULL,
		.now_ms = clock_ms,
		.ident = ident_uuid,
		.lease_s = serve->lease_s,
		.proxy = serve->proxy,
		.proxy_user_header = serve->proxy_user_header,
		.rate = serve->rate,
		.log_requests = serve->log_requests };
	sigset_t stop;
	int signal_number;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGHUP);
	/* Blocked before any thread begins, so that they all inherit it and sigwait() below hears
	 * it. */
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (serve->with_parent && !watch_parent(err))
		return false;
	struct deliver deliver = { .dir = serve->dir.text, .channels = &serve->channels, .now_ms = clock_ms,
		.ident = ident_uuid };
	if (!deliver_start(&deliver, err)) /* it forks: before there are threads */
		return false;
	struct service *service = service_start(&options, err);
	if (service) {
		say_ready(serve, service);
		sigwait(&stop, &signal_number);
		service_stop(service);
	}
	deliver_stop(&deliver, STOP_S);
	return service != NULL;
}

int cmd_serve(int argc, char **argv)
{
	struct error err = { 0 };
	struct serve serve = { 0 };
	struct rlimit none = { 0 };
	/* A core would hold tokens and personal data; so does the memory that a debugger of the same user reads. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	bool good = serve_read(&serve, argc, argv, &err) && prepare_data(&serve, &err) &&
		    serve_run(&serve, &err);
	buf_clear(&serve.dir);
	buf_clear(&serve.cert_text);
	buf_clear(&serve.key_text);
	channels_clear(&serve.channels);
	buf_clear(&serve.client_ca_text);
	return good ? 0 : cmd_fail(&err);
}
