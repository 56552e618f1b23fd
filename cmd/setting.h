/*
 * Options that do no more than set one member of a command's options. They are lines of a table
 * beside the option table, which has their names; what an option does besides is code of its
 * command.
 */
#ifndef SKT_CMD_SETTING_H
#define SKT_CMD_SETTING_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

enum skt_setting_kind {
	SKT_SETTING_FLAG,     /* bool: true */
	SKT_SETTING_TEXT,     /* const char *: the argument, which is not empty */
	SKT_SETTING_DURATION, /* uint64_t: a DURATION above 0, in nanoseconds */
};

struct skt_setting {
	int key;
	enum skt_setting_kind kind;
	size_t offset; /* of the member in the options */
};

/* The line of option KEY, which sets MEMBER of TYPE; the member's own type decides how. */
#define SKT_SETTING(key, type, member) \
	{ \
		(key), \
			_Generic(((type *)0)->member, bool : SKT_SETTING_FLAG, const char * : SKT_SETTING_TEXT, uint64_t : SKT_SETTING_DURATION), \
			offsetof(type, member) \
	}

/*
 * Does for OPTIONS what one of COUNT SETTINGS says of KEY, an option of TABLE. ARGP_ERR_UNKNOWN:
 * none is about it, as argp's parsers say it. A wrong argument is told.
 */
error_t skt_setting_parse(const struct argp_state *state, const struct argp_option *table,
	const struct skt_setting *settings, size_t count, int key, const char *arg, void *options);

#endif
