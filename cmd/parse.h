/*
 * From argv to a command's options: the one recipe for argp, with errors of one line each. argp's
 * own messages and exits are off; what it cannot tell (which option was wrong) is found out here.
 */
#ifndef SKT_CMD_PARSE_H
#define SKT_CMD_PARSE_H

#include <argp.h>

#include "cmd/command.h"

/*
 * Groups of the help, in its order: argp sorts options inside a group only. What a group is called,
 * there and in the man page, says the command, or the table that it shares: SKT_HEADING().
 */
enum {
	SKT_GROUP_MAIN = 1,
	SKT_GROUP_MODE = 2,
	SKT_GROUP_COLUMNS = 3,
	SKT_GROUP_SOCKET = 4,
	SKT_GROUP_PIPE = 5,
	SKT_GROUP_LIMIT = 6,
	SKT_GROUP_REPORT = 7,
	SKT_GROUP_CHAIN = 8,
	SKT_GROUP_TLS = 9,
	SKT_GROUP_EVENTS = 10,
	SKT_GROUP_ROWS = 11,
	SKT_GROUP_COMMON = 20,
};

/* An entry of an option table that names a group, as argp has it. */
#define SKT_HEADING(text, number) \
	{ \
		.doc = (text), .group = (number) \
	}

/* Keys of long options without a letter start here, so that no two groups share one. */
enum {
	SKT_KEY_COMMAND = 0x100,
	SKT_KEY_ROWS = 0x200,
	SKT_KEY_COMMON = 0x300,
	SKT_KEY_EVENTS = 0x400,
	SKT_KEY_STREAM = 0x500,
	SKT_KEY_FAMILIES = 0x600,
	SKT_KEY_TLS = 0x700,
	SKT_KEY_CHAIN = 0x800,
};

/*
 * Reports wrong usage in one line on stderr, for `return skt_usage_error(state, ...)` in a parser;
 * what it returns tells skt_parse() that the user has been told.
 */
error_t skt_usage_error(const struct argp_state *state, const char *format, ...) SKT_PRINTF(2, 3);

/* The same where ERR says what is wrong: for want of memory that is trouble, and no wrong usage. */
error_t skt_usage_error_of(const struct argp_state *state, const struct skt_err *err,
	const char *format, ...) SKT_PRINTF(3, 4);

/*
 * Reads ARGV (argv[0] is the program name for messages, such as "sockkit sockets") into OPTIONS,
 * which is zeroed. Adds -h, --help, --usage, -V and --no-sandbox, which goes
 * to CTX, to every command.
 * Returns -1 when the command shall run; else the exit status: help was shown on stdout, as wide as
 * CTX says, or usage was wrong.
 */
int skt_parse(const struct skt_command *command, struct skt_context *ctx, int argc, char **argv,
	void *options);

/* Prints the long help of COMMAND on stdout. */
void skt_parse_help(const struct skt_command *command, const struct skt_context *ctx);

/* The options that every command has. */
extern const struct argp skt_common_argp;

#endif
