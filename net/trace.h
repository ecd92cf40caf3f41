/* The last few hundred exchanges in memory, for the wire view. What could be secret or about a
   person is blotted out before it is kept: of a query only the names stay, of a path no citizen's
   identifier; of headers and bodies nothing but their size. */
#ifndef NET_TRACE_H
#define NET_TRACE_H

#include "model/error.h"
#include <stddef.h>

enum { TRACE_PATH = 96, TRACE_GROUP = 24 };

struct exchange {
	time_t at;
	const char *method; /* static string */
	char group[TRACE_GROUP];
	char path[TRACE_PATH]; /* "/cases?q=*&limit=*" */
	int status;	       /* 0: none came */
	enum error_kind error;
	size_t sent, received; /* bytes of the bodies */
	double took_ms;
	time_t date;		  /* the clock of the other side, 0: not said */
	time_t certificate_until; /* of the other side's certificate; 0: none, or not looked at */
	char tls[16];		  /* "TLSv1.3", "" where it was not looked at */
	double connect_ms;	  /* to a new connection, TLS too; 0: it was there already */
};

struct trace;

struct trace *trace_new(int room);
void trace_free(struct trace *);

/* url is blotted here; the exchange's path is overwritten by it. */
void trace_add(struct trace *, const struct exchange *, const char *url);

int trace_count(const struct trace *);
const struct exchange *trace_at(const struct trace *, int i); /* 0: the newest; NULL: no more */

/* The path of an address for the trace, with what a person could be known by blotted out. */
void trace_blot(char path[TRACE_PATH], const char *url);

#endif
