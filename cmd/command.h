/*
 * What a command is, and what it is given: all that a file in this room needs to know of main.c.
 */
#ifndef SKT_CMD_COMMAND_H
#define SKT_CMD_COMMAND_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"
#include "diag/dump.h"
#include "out/column.h"

/* The exit statuses of the contract. */
enum skt_exit {
	SKT_EXIT_YES = 0,     /* done, found, connected, as expected */
	SKT_EXIT_NO = 1,      /* asked, and the answer is negative */
	SKT_EXIT_USAGE = 2,   /* wrong usage */
	SKT_EXIT_TROUBLE = 3, /* could not ask or finish here */
};

/* What a service manager says in the environment: the variables of these names, or NULL. */
struct skt_manager_words {
	const char *listen_fds, *listen_pid, *listen_fdnames;     /* sd_listen_fds(3) */
	const char *notify_socket, *watchdog_usec, *watchdog_pid; /* sd_notify(3) */
};

struct skt_replay;

/* The outside world as a command sees it; made by main.c, replaced piece by piece in tests. */
struct skt_context {
	const char *program; /* "sockkit sockets", in front of every message */
	const char *const
		*argv; /* the command line: "sockkit scan", then its words; ends with NULL */
	int out;       /* where the payload goes: stdout */
	const volatile sig_atomic_t *interrupted; /* not 0: finish the current row, then end */
	sigset_t endings;                         /* the signals that set it; see main.c */
	const char *columns_env;                  /* $COLUMNS, or NULL */
	const char *ssh_connection;               /* $SSH_CONNECTION, or NULL */
	const char *all_proxy, *no_proxy;         /* the variables of these names, or NULL */
	struct skt_manager_words manager;
	const char *proxy_auth;          /* $SOCKKIT_PROXY_AUTH, or NULL */
	bool no_color;                   /* $NO_COLOR is set, or $TERM is "dumb" */
	bool no_sandbox;                 /* --no-sandbox; set by skt_parse() */
	bool dumb;                       /* $TERM is "dumb": no cursor that moves */
	struct skt_dump_system system;   /* where sockets and processes are read */
	const struct skt_replay *replay; /* a moment that was recorded; NULL: now */
	const char *services_path;       /* "/etc/services" */
};

/* Whether a signal asks for the end. */
static inline bool skt_interrupted(const struct skt_context *ctx)
{
	return ctx->interrupted && *ctx->interrupted;
}

/* What is said where the payload cannot go out, of the reason. */
#define SKT_STDOUT_BROKEN "cannot write to standard output: %s"

/* One line on stderr: "PROGRAM: <formatted>". Control characters in it are escaped. */
void skt_warn(const struct skt_context *ctx, const char *format, ...) SKT_PRINTF(2, 3);

/* The same line, added to RET. */
void skt_warn_line(const struct skt_context *ctx, const char *text, struct skt_str *ret);

/* The columns of one kind of rows that a command prints. */
struct skt_column_set {
	const char *option; /* the mode that prints them ("registry"); NULL: the usual one */
	const struct skt_column *columns;
	bool adds;   /* the usual columns are there too */
	bool totals; /* and sums of them, as they are asked for */
};

/* What the help shows, and the man page begins its EXAMPLES with. */
struct skt_example {
	const char *what;  /* "Is it up?" */
	const char *typed; /* "sockkit connect -z localhost 22" */
};

enum { SKT_EXAMPLES = 3 };

struct skt_command {
	const char *name;
	const char *brief;                  /* one line of at most 50 columns */
	const struct argp *argp;            /* options and shared children: the only option table */
	const struct skt_example *examples; /* SKT_EXAMPLES of them */
	/* Ended by an entry without columns; NULL for a byte-stream command. */
	const struct skt_column_set *column_sets;
	/* For modes that go together, and have the columns of both; or NULL. */
	const struct skt_column_set *joint_sets;
	const struct skt_column_set *report_sets; /* of reports on stderr, all of them; or NULL */
	size_t options_size; /* of the zeroed block that argp fills through state->input */
	int (*run)(const void *options, struct skt_context *ctx); /* enum skt_exit */
	void (*fini)(void *options); /* frees what parsing allocated; NULL: nothing */
};

/* Each from the file of its name. */
extern const struct skt_command skt_connect_command, skt_listen_command, skt_ports_command,
	skt_scan_command, skt_sockets_command, skt_udprecv_command, skt_udpsend_command;

/* For the completions of shells, and not among the commands: `sockkit --complete`. */
extern const struct skt_command skt_complete_command;

/* The commands in the order of the help, ended by NULL. */
extern const struct skt_command *const skt_commands[];

/* NULL where there is none of that name. */
const struct skt_command *skt_command_find(const char *name);

/* The nearest command name, or NULL: "did you mean". */
const char *skt_command_nearest(const char *name);

#endif
