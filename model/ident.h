/* New identifiers: random, made from the system's generator (getrandom). */
#ifndef MODEL_IDENT_H
#define MODEL_IDENT_H

enum { IDENT_SIZE = 37 };

void ident_uuid(char out[IDENT_SIZE]); /* RFC 9562 version 4, lower case */

#endif
