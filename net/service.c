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

const char *service_option(const struct service *s, const char *key)
{
	const char *value =
		s->config ? config_section_get(s->config, "service", s->name, key) : NULL;

	return value && *value ? value : NULL;
}
