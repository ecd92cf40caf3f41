/* What must never reach a route, byte for byte over a raw socket; and what must. */
#include "tests/service.h"

#define HOST "Host: x\r\n"
#define END "\r\n"
#define HIDDEN "GET /v1/status HTTP/1.1\r\nHost: hidden\r\n\r\n"

static const struct {
	const char *name, *bytes;
	int status;
	bool closes; /* one request; else two */
} cases[] = {
	{ "a plain request", "GET /v1/status HTTP/1.1\r\n" HOST "Connection: close\r\n" END, 200,
		true },
	{ "Content-Length and Transfer-Encoding",
		"POST /v1/cases HTTP/1.1\r\n" HOST
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n" HIDDEN,
		400, true },
	{ "Transfer-Encoding and Content-Length",
		"POST /v1/cases HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" END "0\r\n\r\n" HIDDEN,
		400, true },
	{ "Transfer-Encoding alone",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
		"0\r\n\r\n" HIDDEN,
		411, true },
	{ "Transfer-Encoding twice",
		"POST /v1/cases HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" END
		"0\r\n\r\n" HIDDEN,
		400, true },
	{ "Content-Length twice, different",
		"POST /v1/cases HTTP/1.1\r\n" HOST
		"Content-Length: 0\r\nContent-Length: 44\r\n" END HIDDEN,
		400, true },
	{ "Content-Length twice, the same",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n" END
		"{}" HIDDEN,
		400, true },
	{ "Content-Length with a sign",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length: +2\r\n" END "{}" HIDDEN, 400,
		true },
	{ "Content-Length as a list",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n" END "{}" HIDDEN, 400,
		true },
	{ "Content-Length empty",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length:\r\n" END HIDDEN, 400, true },
	{ "Content-Length huge",
		"POST /v1/cases HTTP/1.1\r\n" HOST
		"Content-Length: 99999999999999999999\r\n" END HIDDEN,
		413, true },
	{ "Content-Length over the limit",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n" END, 413, true },
	{ "no Host", "GET /v1/status HTTP/1.1\r\n" END HIDDEN, 400, true },
	{ "no Host in HTTP/1.0", "GET /v1/status HTTP/1.0\r\n" END, 400, true },
	{ "Host empty", "GET /v1/status HTTP/1.1\r\nHost:\r\n" END HIDDEN, 400, true },
	{ "Host twice", "GET /v1/status HTTP/1.1\r\n" HOST "Host: y\r\n" END HIDDEN, 400, true },
	{ "Authorization twice",
		"GET /v1/me HTTP/1.1\r\n" HOST
		"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" END HIDDEN,
		400, true },
	{ "bare LF after the request line", "GET /v1/status HTTP/1.1\n" HOST END HIDDEN, 400,
		true },
	{ "bare LF after a header", "GET /v1/status HTTP/1.1\r\nHost: x\nX-A: b\r\n" END HIDDEN,
		400, true },
	{ "bare CR after a header", "GET /v1/status HTTP/1.1\r\nHost: x\rX-A: b\r\n" END HIDDEN,
		400, true },
	{ "bare LF before the empty line", "GET /v1/status HTTP/1.1\r\nHost: x\n\r\n" HIDDEN, 400,
		true },
	{ "bare LF as the empty line", "GET /v1/status HTTP/1.1\r\nHost: x\r\n\n" HIDDEN, 400,
		true },
	{ "all lines bare", "GET /v1/status HTTP/1.1\nHost: x\n\n" HIDDEN, 400, true },
	{ "a folded line", "GET /v1/status HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n" END HIDDEN, 400,
		true },
	{ "a folded first line", "GET /v1/status HTTP/1.1\r\nHost: x\r\n y\r\n" END HIDDEN, 400,
		true },
	{ "a space before the colon",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length : 0\r\n" END HIDDEN, 400, true },
	{ "a control character in a value",
		"GET /v1/status HTTP/1.1\r\nHost: x\r\nX-A: a\x01b\r\n" END HIDDEN, 400, true },
	{ "a line without a colon", "GET /v1/status HTTP/1.1\r\nHost: x\r\nNonsense\r\n" END HIDDEN,
		400, true },
	{ "a tab in the address", "GET /v1/status\t HTTP/1.1\r\n" HOST END HIDDEN, 400, true },
	{ "a control character in what is asked for", "GET /v1/status?q=\x01 HTTP/1.1\r\n" HOST END,
		400, true },
	{ "two spaces in the first line", "GET  /v1/status HTTP/1.1\r\n" HOST END, 400, true },
	{ "a method that is no word", "G(T /v1/status HTTP/1.1\r\n" HOST END, 400, true },
	{ "another version", "GET /v1/status HTTP/2.0\r\n" HOST END, 505, true },
	{ "no version", "GET /v1/status\r\n" HOST END, 400, true },
	{ "a full address",
		"GET http://evil/v1/status HTTP/1.1\r\n" HOST "Connection: close\r\n" END, 404,
		true },
	{ "two sound requests on one connection",
		"GET /v1/status HTTP/1.1\r\n" HOST END "GET /v1/status HTTP/1.1\r\n" HOST
		"Connection: close\r\n" END,
		200, false },
	{ "spaces around a value",
		"GET /v1/status HTTP/1.1\r\nHost:   x\r\nX-A: \t b\r\nConnection: close\r\n" END,
		200, true },
	{ "a body and its exact length",
		"POST /v1/cases HTTP/1.1\r\n" HOST "Content-Length: 2\r\nConnection: close\r\n" END
		"{}",
		401, true },
};

static int served(const char *text)
{
	int count = 0;
	for (; (text = strstr(text, "HTTP/1.1 2")); text++)
		count++;
	return count;
}

static void test_case(const struct server *server, int i)
{
	int status = 0;
	char *got = raw(server, cases[i].bytes, strlen(cases[i].bytes));
	sscanf(got, "HTTP/1.1 %d", &status);
	/* Refused without a word by the library is refused as well, as long as nothing else is
	 * answered. */
	bool silent = !*got && cases[i].status == 400;
	int wanted = cases[i].status == 200 ? cases[i].closes ? 1 : 2 : 0;
	if (!ok(silent || status == cases[i].status) || !ok(served(got) == wanted))
		printf("# %s: %s\n", cases[i].name, got);
	free(got);
}

int main(void)
{
	struct server server = { 0 };
	test("the service comes up")
		server_start(&server);
	for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++)
		test(cases[i].name)
			test_case(&server, i);
	test("a head of 6 KiB is read, one of 60 KiB refused") {
		struct buf head = { 0 };
		buf_text(&head,
			"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: ");
		for (int i = 0; i < 6000; i++)
			buf_char(&head, 'a');
		buf_text(&head, "\r\n\r\n");
		char *got = raw(&server, head.text, head.size);
		ok(strncmp(got, "HTTP/1.1 200", 12) == 0);
		free(got);
		buf_cut(&head, head.size - 4);
		for (int i = 0; i < 54000; i++)
			buf_char(&head, 'a');
		buf_text(&head, "\r\n\r\n");
		got = raw(&server, head.text, head.size);
		ok(strncmp(got, "HTTP/1.1 4", 10) == 0 || !*got);
		free(got);
		buf_clear(&head);
	}
	test("a NUL hides nothing in the address, nor in the method") {
		static const char hidden[] = "GET /v1/status\0/x HTTP/1.1\r\n" HOST END;
		static const char method[] = "GET\0X /v1/status HTTP/1.1\r\n" HOST END;
		char *got = raw(&server, hidden, sizeof(hidden) - 1);

		ok(!served(got));
		free(got);
		got = raw(&server, method, sizeof(method) - 1);
		ok(!served(got));
		free(got);
	}
	test("it still answers, and stops in order") {
		struct reply reply = { 0 };
		ask(&reply, &server, NULL, "GET", "/status", NULL, NULL);
		same_int(reply.status, 200);
		reply_clear(&reply);
		same_int(server_end(&server, SIGTERM), 0);
	}
	server_clear(&server);
	return test_result();
}
