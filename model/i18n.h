/* Every sentence for people goes through _(); N_() marks one that stands in a table.
   Keys, command names, JSON members, query words and exit codes are never translated. */
#ifndef MODEL_I18N_H
#define MODEL_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text
#define P_(one, many, n) ngettext(one, many, n)

#endif
