/* The drivers by their names. */
#include "net/service.h"

#include <string.h>

const struct service_ops *service_driver(const char *name)
{
	for (int i = 0; service_list[i]; i++)
		if (!strcmp(service_list[i]->name, name))
			return service_list[i];
	return NULL;
}
