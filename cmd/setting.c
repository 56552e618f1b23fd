#include "cmd/setting.h"

#include <stdbool.h>
#include <stdio.h>

#include "cmd/parse.h"
#include "cmd/values.h"

/* Longer than any option's name. */
#define NAME_SIZE 64

/* The option as users write it, and what its argument is called. */
static const struct argp_option *find(const struct argp_option *table, int key)
{
	while (table->key != key)
		table++;
	return table;
}

static error_t set(const struct argp_state *state, const struct argp_option *option,
	enum skt_setting_kind kind, const char *arg, char *member)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "--%s", option->name);
	switch (kind) {
	case SKT_SETTING_FLAG:
		*(bool *)member = true;
		return 0;
	case SKT_SETTING_TEXT:
		if (!*arg)
			return skt_usage_error(state, "%s '': %s is empty", name, option->arg);
		*(const char **)member = arg;
		return 0;
	case SKT_SETTING_DURATION:
		break;
	}
	return skt_parse_duration(state, name, arg, (uint64_t *)member);
}

error_t skt_setting_parse(const struct argp_state *state, const struct argp_option *table,
	const struct skt_setting *settings, size_t count, int key, const char *arg, void *options)
{
	for (size_t i = 0; i < count; i++)
		if (settings[i].key == key)
			return set(state, find(table, key), settings[i].kind, arg,
				(char *)options + settings[i].offset);
	return ARGP_ERR_UNKNOWN;
}
