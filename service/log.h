/* What the running service says of itself, on standard error, a line each: for the journal of the
   machine, which more people read than the data. So no line holds a token, a citizen, a case, a
   search or an address of one: routes are said by their pattern, parameters by their names. */
#ifndef SERVICE_LOG_H
#define SERVICE_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct log;

enum log_kind { LOG_REFUSED, LOG_LIMITED, LOG_TROUBLE, LOG_KINDS };

/* now_ms: UTC. requests: whether log_request() says anything. */
struct log *log_new(int64_t (*now_ms)(void), bool requests);
void log_free(struct log *);

/* Says one line. Of each kind at most LOG_MOST in a minute; how many more there were is said when that minute
   is over and another comes. */
enum { LOG_MOST = 20 };
void log_say(struct log *, enum log_kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One answered request. path: the route's pattern ("/citizens/{id}"), NULL: there is none; names: of its
   parameters. */
void log_request(struct log *, const char *method, const char *path, const char *names, int status, int64_t ms);

#endif
