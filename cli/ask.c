/* Asking on a plain terminal. */
#include "cli/ask.h"

#include "model/i18n.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum { LONGEST = 8192 };

static void say(const char *text)
{
	fputs(text, stderr);
	fflush(stderr);
}

bool ask_line(const char *question, struct buf *answer)
{
	char c;

	say(question);
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (c == '\n')
			return true;
		if (c != '\r' && answer->size < LONGEST)
			buf_char(answer, c);
	}
}

/* Whoever ends the program while nothing is shown shall not leave the terminal so. */
static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
enum { ENDS = sizeof(ends) / sizeof(ends[0]) };
static volatile sig_atomic_t ended_by;

static void end_by(int signal_number)
{
	ended_by = signal_number;
}

static void catch_ends(struct sigaction *were)
{
	struct sigaction by = { .sa_handler = end_by }; /* no SA_RESTART: read() shall return */

	ended_by = 0;
	for (int i = 0; i < ENDS; i++)
		if (!sigaction(ends[i], NULL, &were[i]) && were[i].sa_handler != SIG_IGN)
			sigaction(ends[i], &by, NULL);
}

static void let_end(const struct sigaction *were)
{
	for (int i = 0; i < ENDS; i++)
		sigaction(ends[i], &were[i], NULL);
	if (ended_by)
		raise(ended_by);
}

/* Keys one by one, so that Ctrl-C leaves through the caller, who gives the echo back. */
static bool read_hidden(struct buf *answer)
{
	for (;;) {
		char c;
		ssize_t n = ended_by ? 0 : read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == 3 || c == 4)
			return false;
		if (c == '\n' || c == '\r')
			return true;
		if ((c == 8 || c == 127) && answer->size)
			buf_cut(answer, answer->size - 1);
		else if (c == 21)
			buf_cut(answer, 0);
		else if ((unsigned char)c >= 32 && c != 127 && answer->size < LONGEST)
			buf_char(answer, c);
	}
}

bool ask_secret(const char *question, struct buf *answer)
{
	struct termios before, hidden;
	struct sigaction were[ENDS];

	if (tcgetattr(STDIN_FILENO, &before))
		return false;
	hidden = before;
	hidden.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG);
	hidden.c_cc[VMIN] = 1;
	hidden.c_cc[VTIME] = 0;
	catch_ends(were);
	/* First the echo, then the question: what is pasted at its sight must not show. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	say(question);

	bool good = read_hidden(answer);

	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	say("\n");
	let_end(were);
	return good;
}

void ask_wipe(struct buf *secret)
{
	for (volatile char *at = secret->text; at && at < secret->text + secret->room; at++)
		*at = 0;
	buf_clear(secret);
}
