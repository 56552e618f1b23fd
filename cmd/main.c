/*
 * sockkit: one binary, seven commands, one library. This file picks the command; the map of the
 * rest:
 *
 *     argv --parse--> struct options --run--> lib/diag ... --rows--> lib/out --> stdout
 *
 *     cmd/main.c           this file: the process (descriptors, signals, exit status) and dispatch
 *     cmd/command.h        what a command is, exit statuses, the context a command runs in
 *     cmd/commands.c       the only list of commands; "did you mean"
 *     cmd/parse.c          the recipe for argp: one-line errors, groups and keys of options
 *     cmd/help.c           --help and --usage, from the tables
 *     cmd/dialect.c        what other programs call things, and what these are here
 *     cmd/option_table.c   every option of a command, one after the other
 *     cmd/dialect_match.c  where a command line has such words
 *     cmd/translate.c      command lines in these words, in ours
 *     cmd/options.c        option groups that commands share
 *     cmd/values.c         arguments of options: numbers, durations, sizes, words
 *     cmd/bytes.c          bytes to be sent, written as text
 *     cmd/introspect.c     commands, options and columns as rows, for checks and tests
 *     cmd/schema.c         what rows look like in JSON, as JSON Schema
 *     cmd/version.c        what this build is: --version
 *     cmd/policy.c         what each command keeps of its privilege: the table
 *     cmd/warn.c           one line on stderr, made harmless
 *     cmd/tell.c           lines on stderr that never wait for a reader
 *     cmd/events.c         what byte streams tell on stderr, as text or JSON
 *     cmd/report.c         reports on stderr, in words or JSON
 *     cmd/bars.c           how durations spread, drawn by octaves
 *     cmd/look_up.c        a host's name looked up and waited for
 *     cmd/names.c          names of users, interfaces, hosts, each looked up once
 *     cmd/host_names.c     names of hosts, asked for in the background
 *     cmd/naming.c         rows that wait for these, in their order
 *     cmd/listing/         what ports and sockets share: columns, filters over them, and a kernel
 *                          record + its owners + names = a row
 *     cmd/stream/          what connect and listen share: option groups, a connection joined to
 *                          stdin and stdout, recording, programs
 *     cmd/datagram/        what udpsend and udprecv share: option group, addresses
 *     cmd/complete/        what may stand in place of a word, for the completions of shells
 *     cmd/NAME/            one per command: NAME.c (options to mode), options.h (values), modes
 *
 *     lib/base/            errors, numbers, text, memory, addresses, ports, service names
 *     lib/privilege/       what a run needs no more: given up
 *     lib/proc/            what /proc and BPF know of processes: owners, cgroups, namespaces
 *     lib/diag/            what netlink and /proc/net know of sockets: dumps, events, peers
 *     lib/record/          looks at all sockets, written to a file and read from there
 *     lib/filter/          the filter language: parsed, compiled for the kernel, evaluated
 *     lib/net/             streams and datagrams: loop, names, dialing, serving, pacing, counting
 *     lib/scan/            ports of hosts: targets and their order, engines, what answers mean
 *     lib/out/             rows to tables, JSON and CSV; hostile text made harmless
 *
 *     man/                 one page for each command
 *     completions/         bash, zsh, fish: each asks `sockkit --complete`
 *     tests/               unit, e2e, docs, fuzz, bench, lab; peers: foreign programs; patience:
 *                          how long any of them waits
 *
 * Who may include whom: base <- proc, base <- diag <- filter, diag <- record, base <- net <- scan,
 * base <- out, base <- privilege, all of these <- cmd; and in cmd: frame <- listing, stream,
 * datagram <- NAME. Inside a folder no files include each other in a circle. `make check-layers`
 * enforces it.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kernel.h"
#include "cmd/command.h"
#include "cmd/introspect.h"
#include "cmd/parse.h"
#include "cmd/schema.h"
#include "cmd/translate.h"
#include "cmd/version.h"

/* The one mutable global: what a signal handler can reach. */
static volatile sig_atomic_t interrupted;

/* Again and again, until the process ends: one interruption is for nothing if it comes between a
 * look at the flag and the call that waits. */
static void on_alarm(int signal SKT_UNUSED)
{
	(void)alarm(1);
}

static void on_signal(int signal)
{
	const struct sigaction again = {.sa_handler = on_alarm};

	interrupted = signal;
	(void)sigaction(SIGALRM, &again, NULL);
	(void)alarm(1);
}

/*
 * The rule about signals, for every command. The first SIGINT, SIGTERM, SIGHUP or SIGQUIT ends the
 * run in order, and the process then dies of it; the second one ends it at once. What the caller
 * has had ignored stays so: nohup does that to SIGHUP, and a shell to SIGINT and SIGQUIT in the
 * background jobs of its scripts. *ret: those that end a run. A command that waits for signals
 * by other means waits for these, and raises the one that came when it has finished.
 */
static void catch_signals(sigset_t *ret)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, before;

	(void)sigemptyset(&action.sa_mask);
	(void)sigemptyset(ret);
	for (size_t i = 0; i < SKT_COUNT(signals); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN &&
			!sigaction(signals[i], &action, NULL))
			(void)sigaddset(ret, signals[i]);
}

/* Dies of the signal that ended the run, so that a shell sees it. */
static void reraise(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(signal, &action, NULL);
	(void)raise(signal);
}

/* Puts the end of a pipe at FD, which is closed, where a bare root has no /dev/null. */
static void hold_with_pipe(int fd)
{
	/* No end of which stdin can be read, or stdout and stderr written. */
	int ends[2], wrong = fd == STDIN_FILENO;

	if (pipe(ends))
		return;
	if (ends[wrong] != fd)
		(void)dup2(ends[wrong], fd);
	for (int i = 0; i < 2; i++)
		if (ends[i] != fd)
			(void)close(ends[i]);
}

/*
 * Occupies 0, 1 and 2 where the caller closed them, lest a socket takes their place: with a
 * descriptor of the wrong direction, so that using them still fails with EBADF.
 */
static void hold_standard_descriptors(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) < 0)
			hold_with_pipe(fd);
}

/* Help and version go through stdio: a full disk must not pass for success. */
static int flushed(int status)
{
	struct skt_context ctx = {.program = "sockkit"};
	const bool lost = ferror(stdout);
	const int error = fflush(stdout) ? errno : 0; /* what is left is tried again */

	if (!lost && !error)
		return status;
	skt_warn(&ctx, SKT_STDOUT_BROKEN, error ? strerror(error) : "part of it is lost");
	return SKT_EXIT_TROUBLE;
}

/*
 * The command line with what means the same in other words in its own: COUNT + 1 words, to be
 * freed, of texts that are ARGV's or TAKEN's. NULL: memory is out.
 */
static char **take_words(
	const struct skt_command *command, int argc, char **argv, struct skt_translation *taken)
{
	char **line = NULL;

	if (!skt_translate_taken(
		    command->name, (const char *const *)argv + 1, (size_t)argc - 1, taken))
		line = calloc(taken->words.len + 2, sizeof(*line));
	if (!line)
		return NULL;
	line[0] = argv[0];
	for (size_t i = 0; i < taken->words.len; i++)
		line[i + 1] = (char *)taken->words.data[i];
	return line;
}

/* The variable of either name, in lower case first, as curl has it. */
static const char *either(const char *name, const char *other)
{
	const char *value = getenv(name);

	return value ? value : getenv(other);
}

static int run_command(const struct skt_command *command, int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	char program[64];
	struct skt_context ctx = {
		.program = program,
		.out = STDOUT_FILENO,
		.interrupted = &interrupted,
		.columns_env = getenv("COLUMNS"),
		.ssh_connection = getenv("SSH_CONNECTION"),
		.all_proxy = either("all_proxy", "ALL_PROXY"),
		.no_proxy = either("no_proxy", "NO_PROXY"),
		.manager = {.listen_fds = getenv("LISTEN_FDS"),
			.listen_pid = getenv("LISTEN_PID"),
			.listen_fdnames = getenv("LISTEN_FDNAMES"),
			.notify_socket = getenv("NOTIFY_SOCKET"),
			.watchdog_usec = getenv("WATCHDOG_USEC"),
			.watchdog_pid = getenv("WATCHDOG_PID")},
		.proxy_auth = getenv("SOCKKIT_PROXY_AUTH"),
		.no_color = (no_color && *no_color) || (term && strcmp(term, "dumb") == 0),
		.dumb = term && strcmp(term, "dumb") == 0,
		.system = {.proc_root = "/proc", .kernel = skt_kernel_running()},
		.services_path = "/etc/services",
	};
	void *options = calloc(1, command->options_size);
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct skt_translation taken = {0};
	char **line = NULL;
	int status = SKT_EXIT_TROUBLE;

	(void)snprintf(program, sizeof(program), "sockkit %s", command->name);
	if (!options || !words) {
		skt_warn(&ctx, "%s", strerror(ENOMEM));
		goto out;
	}
	argv[0] = program;
	/* As they were given: parsing puts them in another order. */
	memcpy(words, argv, (size_t)argc * sizeof(*words));
	ctx.argv = words;
	line = take_words(command, argc, argv, &taken);
	if (!line) {
		skt_warn(&ctx, "%s", strerror(ENOMEM));
		goto out;
	}
	status = skt_parse(command, &ctx, (int)taken.words.len + 1, line, options);
	if (status < 0) {
		catch_signals(&ctx.endings);
		status = command->run(options, &ctx);
	}
	if (command->fini)
		command->fini(options);
out:
	skt_translation_fini(&taken);
	free(line);
	free(words);
	free(options);
	return status;
}

static int usage(FILE *stream)
{
	(void)fputs("Usage: sockkit [-h] [-V] COMMAND [OPTION...] [ARG...]\n"
		    "       sockkit help [COMMAND]\n\n"
		    "Commands:\n",
		stream);
	for (const struct skt_command *const *command = skt_commands; *command; command++)
		(void)fprintf(stream, "  %-10s%s\n", (*command)->name, (*command)->brief);
	(void)fputs("\n'sockkit COMMAND --help' lists its options; 'man sockkit' tells more;\n"
		    "'man sockkit-tour' shows what sockets do, step by step.\n",
		stream);
	return stream == stdout ? SKT_EXIT_YES : SKT_EXIT_USAGE;
}

/* ARGV: the word that is no command, and those behind it. */
static int unknown_command(char *const *argv, size_t count)
{
	struct skt_context ctx = {.program = "sockkit"};
	const char *name = argv[0], *nearest = skt_command_nearest(name);
	struct skt_translation t;
	struct skt_str text = {0};

	if (!skt_translate(name, (const char *const *)argv + 1, count - 1, &t) && t.first) {
		/* Without words it would be no more than its name. */
		if (count > 1 && t.whole) {
			skt_str_add_text(&text, "; so: ");
			skt_translation_text(&text, &t);
		}
		skt_warn(&ctx, "unknown command '%s', here: %s%.*s", name, t.first->here,
			(int)text.len, text.data ? text.data : "");
	} else if (nearest) {
		skt_warn(&ctx, "unknown command '%s': did you mean '%s'?", name, nearest);
	} else {
		skt_warn(&ctx, "unknown command '%s': see 'sockkit help'", name);
	}
	skt_str_fini(&text);
	skt_translation_fini(&t);
	return SKT_EXIT_USAGE;
}

static int help(char *name)
{
	const struct skt_context ctx = {.out = STDOUT_FILENO, .columns_env = getenv("COLUMNS")};
	const struct skt_command *command;

	if (!name || strcmp(name, "help") == 0)
		return usage(stdout);
	command = skt_command_find(name);
	if (!command)
		return unknown_command(&name, 1);
	skt_parse_help(command, &ctx);
	return SKT_EXIT_YES;
}

/* Everything in front of the command is few enough to be read by hand. */
static int dispatch(int argc, char **argv)
{
	struct skt_context ctx = {.program = "sockkit", .out = STDOUT_FILENO};
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct skt_command *command;

	if (!word)
		return usage(stderr);
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		return help(NULL);
	if (strcmp(word, "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		skt_version_print(stdout);
		return SKT_EXIT_YES;
	}
	if (strcmp(word, "--introspect") == 0)
		return skt_introspect(&ctx);
	if (strcmp(word, "--introspect=schema") == 0)
		return skt_schema_print(&ctx);
	if (strcmp(word, skt_complete_command.name) == 0)
		return run_command(&skt_complete_command, argc - 1, argv + 1);
	if (word[0] == '-' && word[1]) {
		skt_warn(&ctx, "unknown option '%s': see 'sockkit --help'", word);
		return SKT_EXIT_USAGE;
	}
	command = skt_command_find(word);
	return command ? run_command(command, argc - 1, argv + 1)
		       : unknown_command(argv + 1, (size_t)argc - 1);
}

int main(int argc, char **argv)
{
	int status;

	hold_standard_descriptors();
	/* Widths of characters are those of UTF-8, whatever the language. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	status = flushed(dispatch(argc, argv));
	if (interrupted)
		reraise(interrupted);
	return status;
}
