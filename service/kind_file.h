/* A kind of case as a plain file: what it asks for, its steps, when it is due, its answers.

   [kind]            id name service; due = 5 working days, or 48 hours; repeat = 2 times after 28
   days [field NAME]      label type; required sensitive = yes or no; values = one, two; pattern
   [step ID]         name status; next = step, step; role; other-person = yes (four eyes)
   [template ID]     name language outcome text

   A line that begins with a space or a tab goes on with the value above it; # begins a comment. */
#ifndef SERVICE_KIND_FILE_H
#define SERVICE_KIND_FILE_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/kind.h"
#include "model/worker.h"
#include "service/keep.h"

struct kind_file {
	struct arena arena; /* owns everything below */
	struct kind kind;   /* version 0: the base counts versions */
	struct answer_template *templates;
	int template_count;
};

/* Reads and checks the text of a file called name. Every problem becomes one line "FILE:LINE:
   sentence", the nearest known word with it; true when there was none. Set up by this call;
   kind_file_clear() it also after a failure. */
bool kind_file_parse(
	struct kind_file *, const char *name, const char *text, size_t size, struct buf *problems);

/* The same from a file on disk; one that cannot be read is a problem too. */
bool kind_file_read(struct kind_file *, const char *path, struct buf *problems);

void kind_file_clear(struct kind_file *);

/* Puts the kind and its templates into the base; refused when a template belongs to another kind.
 */
bool kind_file_keep(struct keep *, const struct kind_file *, struct error *);

/* The file a kind and its templates would be written as. */
void kind_file_write(struct buf *, const struct kind *, const struct answer_template *, int count);

#endif
