/* The tables, in numbered steps: step i brings a database from version i to i + 1. A step that was
   released never changes; what comes later is added at the end. */
#ifndef SERVICE_SCHEMA_H
#define SERVICE_SCHEMA_H

extern const char *const
	*const schema_steps[]; /* each a list of texts ending with NULL; so does this */

#endif
