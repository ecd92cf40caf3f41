#include "service/log.h"

#include "model/arena.h"
#include "model/buf.h"
#include "model/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINUTE_MS = 60000 };

struct log {
	int64_t (*now_ms)(void);
	bool requests;
	pthread_mutex_t lock; /* of what follows */
	struct {
		int64_t since_ms;
		long said, unsaid;
	} kinds[LOG_KINDS];
};

static const char *const kind_names[LOG_KINDS] = { "refused", "limited", "trouble" };

struct log *log_new(int64_t (*now_ms)(void), bool requests)
{
	struct log *log = xcalloc(1, sizeof *log);
	log->now_ms = now_ms;
	log->requests = requests;
	pthread_mutex_init(&log->lock, NULL);
	return log;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log);
}

/* One write() a line, so that the lines of several threads stay whole. */
static void print(struct log *log, const char *kind, const char *text)
{
	struct buf line = { 0 };
	char when[32];
	struct tm day;
	time_t now = (time_t)(log->now_ms() / 1000);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &day));
	buf_printf(&line, "%s %s: ", when, kind);
	text_clean(&line, text, strlen(text));
	buf_char(&line, '\n');
	fwrite(line.text, 1, line.size, stderr);
	buf_clear(&line);
}

/* Whether another line may be said; *before: how many were not, in the time before this one. */
static bool may_say(struct log *log, enum log_kind kind, long *before)
{
	int64_t now = log->now_ms();
	pthread_mutex_lock(&log->lock);
	*before = 0;
	if (now - log->kinds[kind].since_ms >= MINUTE_MS || now < log->kinds[kind].since_ms) {
		*before = log->kinds[kind].unsaid;
		log->kinds[kind].since_ms = now;
		log->kinds[kind].said = log->kinds[kind].unsaid = 0;
	}
	bool may = log->kinds[kind].said < LOG_MOST;
	if (may)
		log->kinds[kind].said++;
	else
		log->kinds[kind].unsaid++;
	pthread_mutex_unlock(&log->lock);
	return may;
}

void log_say(struct log *log, enum log_kind kind, const char *format, ...)
{
	struct buf text = { 0 };
	va_list args;
	long before;
	if (!may_say(log, kind, &before))
		return;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	if (before)
		buf_printf(&text, " (and %ld more before this one)", before);
	print(log, kind_names[kind], buf_str(&text));
	buf_clear(&text);
}

void log_request(struct log *log, const char *method, const char *path, const char *names, int status, int64_t ms)
{
	struct buf text = { 0 };
	if (!log->requests)
		return;
	buf_printf(&text, "%s %s%s%s %d %lldms", method, path ? path : "-", *names ? "?" : "", names, status,
		(long long)ms);
	print(log, "request", text.text);
	buf_clear(&text);
}
