/* Where the service listens, what it refuses to, TLS, and who it lets in. */
#include "tests/service.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static char dir[] = "/tmp/caseload-test-XXXXXX";

/* Runs caseloadd with these arguments (NULL at the end) until it ends or says ready; its exit code,
   -1: ready. What it said is in out; *pid and *port are of one that is ready. */
static int run(struct buf *out, pid_t *pid, int *port, const char *const *argv)
{
	int ends[2], status;
	struct buf line = { 0 };
	char byte;
	buf_reset(out);
	if (pipe(ends) != 0)
		return -2;
	*pid = fork();
	if (*pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		execv(server_program(), (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	while (read(ends[0], &byte, 1) == 1) {
		buf_char(out, byte);
		const char *colon = strstr(out->text, ": ready") ? strrchr(out->text, ':') : NULL;
		if (byte == '\n' && colon && sscanf(colon, ":%d/v1", port) == 1) {
			close(ends[0]);
			return -1;
		}
	}
	close(ends[0]);
	buf_clear(&line);
	waitpid(*pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -3;
}

static void stop(pid_t pid)
{
	int status;
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_refusals(void)
{
	static const struct {
		const char *address, *said;
		int code;
	} cases[] = {
		{ "0.0.0.0:0", "without TLS", 2 },
		{ "[::]:0", "without TLS", 2 },
		{ "192.0.2.1:8640", "without TLS", 2 },
		{ "nonsense", "not an address", 2 },
		{ "127.0.0.1", "not an address", 2 },
		{ "127.0.0.1:99999", "not an address", 2 },
		{ "127.0.0.1:", "not an address", 2 },
		{ ":8640", "not an address", 2 },
	};
	struct buf out = { 0 };
	pid_t pid;
	int port = 0;
	test("an address others can reach is refused without TLS or a proxy, and nonsense always") {
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			const char *argv[] = { "caseloadd", "serve", "--listen", cases[i].address,
				"--data", dir, NULL };
			same_int(run(&out, &pid, &port, argv), cases[i].code);
			if (!ok(strstr(buf_str(&out), cases[i].said) != NULL))
				printf("# %s: %s\n", cases[i].address, out.text);
		}
	}
	test("an unknown option and a port in use are said") {
		const char *odd[] = { "caseloadd", "serve", "--lisen", "x", NULL };
		same_int(run(&out, &pid, &port, odd), 2);
		ok(strstr(buf_str(&out), "--lisen is not an option") != NULL);
		const char *first[] = { "caseloadd", "serve", "--listen", "127.0.0.1:0", "--data",
			dir, NULL };
		same_int(run(&out, &pid, &port, first), -1);
		pid_t running = pid;
		char address[40];
		snprintf(address, sizeof address, "127.0.0.1:%d", port);
		const char *again[] = { "caseloadd", "serve", "--listen", address, "--data", dir,
			NULL };
		same_int(run(&out, &pid, &port, again), 1);
		ok(strstr(buf_str(&out), "not possible") != NULL);
		stop(running);
	}
	test("with a proxy named it may listen anywhere, and this machine may still come in") {
		const char *argv[] = { "caseloadd", "serve", "--listen", "0.0.0.0:0", "--proxy",
			"192.0.2.7", "--data", dir, NULL };
		same_int(run(&out, &pid, &port, argv), -1);
		struct server server = { .port = port };
		struct reply r = { 0 };
		ask(&r, &server, NULL, "GET", "/status", NULL, NULL);
		same_int(r.status, 200);
		reply_clear(&r);
		stop(pid);
		const char *wrong[] = { "caseloadd", "serve", "--listen", "0.0.0.0:0", "--proxy",
			"somewhere", "--data", dir, NULL };
		same_int(run(&out, &pid, &port, wrong), 2);
	}
	buf_clear(&out);
}

static void write_file(const char *name, const gnutls_datum_t *data, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	fwrite(data->data, 1, data->size, file);
	fclose(file);
}

/* A certificate of our own for a day, and its key. */
static void make_certificate(char cert_path[128], char key_path[128])
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
	gnutls_datum_t text;
	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(
		key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, "\1", 1);
	gnutls_x509_crt_set_activation_time(cert, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 86400);
	gnutls_x509_crt_set_dn(cert, "CN=localhost", NULL);
	gnutls_x509_crt_set_key(cert, key);
	gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text);
	write_file("cert.pem", &text, cert_path);
	gnutls_free(text.data);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text);
	write_file("key.pem", &text, key_path);
	gnutls_free(text.data);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
}

/* GET /v1/status over TLS of these versions; false: no handshake. */
static bool ask_tls(int port, const char *priority, char answer[512])
{
	static const char request[] =
		"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct server server = { .port = port };
	gnutls_certificate_credentials_t nobody;
	gnutls_session_t session;
	int fd = server_connect(&server);
	ssize_t size = 0;
	gnutls_certificate_allocate_credentials(&nobody);
	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_priority_set_direct(session, priority, NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody);
	gnutls_transport_set_int(session, fd);
	int code;
	do
		code = gnutls_handshake(session);
	while (code < 0 && !gnutls_error_is_fatal(code));
	if (code == 0) {
		gnutls_record_send(session, request, sizeof request - 1);
		do
			size = gnutls_record_recv(session, answer, 511);
		while (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED);
	}
	answer[size > 0 ? size : 0] = '\0';
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(nobody);
	close(fd);
	return code == 0;
}

static void test_tls(void)
{
	char cert[128], key[128], answer[512];
	struct buf out = { 0 };
	pid_t pid;
	int port = 0;
	make_certificate(cert, key);
	test("TLS from 1.2 on, and not before") {
		const char *argv[] = { "caseloadd", "serve", "--listen", "0.0.0.0:0", "--data", dir,
			"--tls-cert", cert, "--tls-key", key, NULL };
		same_int(run(&out, &pid, &port, argv), -1);
		ok(strstr(buf_str(&out), "ready https://") != NULL);
		ok(ask_tls(port, "NORMAL", answer) && strncmp(answer, "HTTP/1.1 200", 12) == 0);
		ok(!ask_tls(port, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", answer));
		stop(pid);
	}
	test("a certificate without its key, or none, is said") {
		const char *half[] = { "caseloadd", "serve", "--tls-cert", cert, "--data", dir,
			NULL };
		same_int(run(&out, &pid, &port, half), 2);
		const char *none[] = { "caseloadd", "serve", "--tls-cert", "/nowhere", "--tls-key",
			key, "--data", dir, NULL };
		same_int(run(&out, &pid, &port, none), 2);
		ok(strstr(buf_str(&out), "/nowhere") != NULL);
		const char *wrong[] = { "caseloadd", "serve", "--listen", "127.0.0.1:0",
			"--tls-cert", key, "--tls-key", cert, "--data", dir, NULL };
		same_int(run(&out, &pid, &port, wrong), 1);
	}
	buf_clear(&out);
}

/* The modes of everything the service made. */
static int check_mode(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	ok((st->st_mode & 0777) == (flag == FTW_D ? 0700u : 0600u) || strstr(path, ".pem"));
	return 0;
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	umask(0);
	test_refusals();
	test_tls();
	test("what it made is for its owner alone, whatever the umask")
		nftw(dir, check_mode, 16, FTW_PHYS);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return test_result();
}
