/*
 * One cell of the matrix of tests/peers/ends.bats: two programs and a connection between them, in a
 * network namespace of its own, where one says what the other must hear.
 *
 *	cell US THEM listen|connect OUR-COMMAND... -- THEIR-COMMAND...
 *
 * US and THEM are what is put into the two programs' stdin: KIND[:BYTES].
 *
 *	file fast slow  that many bytes: a regular file; a pipe; a pipe, in four pieces 30 ms apart
 *	null closed     /dev/null; no descriptor at all
 *	hold            a silent pipe, which ends when there is nothing left to wait for
 *	silent          a silent pipe which never ends
 *
 * The third argument is our part. THEIR-COMMAND may be `@close BYTES`, `@reset BYTES` or
 * `@kill BYTES COMMAND...`: something that reads so many bytes, and then closes, resets, or is
 *killed.
 *
 * Prints one line, and exits 0 if we kept our word: what was put in arrived, both ways, and we
 *ended with status 0; or it did not, and we ended with another status and a line on stderr. 1: we
 *did not.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/patience/patience.h"

#define PORT 7000
#define PIECES 4
#define PIECE_MS 30

/* States of include/net/tcp_states.h, a bit for each: LISTEN; all but LISTEN and those before a
 * connection. */
#define LISTENING (1U << 10)
#define CONNECTED (0x0FFFU & ~(1U << 10 | 1U << 3 | 1U << 2 | 1U << 0))

/* Everything has arrived: how long nothing may happen before what is left to wait for is taken
 * away. */
#define QUIET_MS 100

/* What is sent repeats after a prime number of bytes, so that a piece that is missing shows. */
#define PERIOD 65521
static unsigned char pattern[2 * PERIOD];

/* Without the two bytes that telnet changes on the way (RFC 854), which curl speaks. */
static void make_pattern(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < PERIOD; i++) {
		state = state * 1664525 + 1013904223;
		pattern[i] = (unsigned char)(state >> 24);
		if (pattern[i] == 0xFF || pattern[i] == '\r')
			pattern[i] = ' ';
		pattern[i + PERIOD] = pattern[i];
	}
}

enum kind { FILE_KIND, FAST, SLOW, NULL_KIND, CLOSED, HOLD, SILENT };

static const char *const kind_names[] = {
	"file", "fast", "slow", "null", "closed", "hold", "silent"};

struct side {
	enum kind kind;
	size_t size, fed, got; /* bytes put into stdin in all, so far; come out of stdout */
	int in, out, err;      /* our ends of the pipes; -1: closed */
	pid_t pid;
	int pidfd, status;    /* pidfd -1: has ended */
	int order;            /* the first to end has 1 */
	bool corrupt, breaks; /* got other bytes; its end is no orderly one */
	size_t kill_after;    /* bytes of stdout after which it is killed; SIZE_MAX: never */
	char said[400];       /* the beginning of its stderr */
	size_t said_len;
};

static int ended;

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(2);
}

static int64_t now_ms(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void parse_stdin(struct side *side, const char *text)
{
	size_t len = strcspn(text, ":");

	for (side->kind = FILE_KIND; side->kind <= SILENT; side->kind++)
		if (strlen(kind_names[side->kind]) == len &&
			strncmp(kind_names[side->kind], text, len) == 0)
			break;
	if (side->kind > SILENT) {
		(void)fprintf(stderr, "cell: no such stdin: %s\n", text);
		_exit(2);
	}
	if (text[len])
		side->size = strtoull(text + len + 1, NULL, 10);
}

/* ---- the namespace ---- */

static void enter_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		fail("unshare");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
		fail("lo");
	(void)close(fd);
}

static const char *behind_colon(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon ? colon + 1 : "";
}

/* Whether a TCP socket of the namespace has our port at one end, and one of STATES (bits by
 * number). */
static bool table_has(const char *path, unsigned states)
{
	bool found = false;
	char line[256];
	FILE *table = fopen(path, "re");

	/* The number, then both ends as ADDRESS:PORT and the state, all but the first in hex. */
	while (table && !found && fgets(line, sizeof(line), table)) {
		unsigned long ports[2], state;
		char *end;

		ports[0] = strtoul(behind_colon(behind_colon(line)), &end, 16);
		ports[1] = strtoul(behind_colon(end), &end, 16);
		state = strtoul(end, NULL, 16);
		found = (ports[0] == PORT || ports[1] == PORT) && state < 32 && states >> state & 1;
	}
	if (table)
		(void)fclose(table);
	return found;
}

/* Nothing announces what a socket becomes: the kernel's tables are read until one is in one of
 * STATES, or somebody has ended. */
static void await_state(const struct side *sides, unsigned states)
{
	struct pollfd gone[] = {
		{.fd = sides[0].pidfd, .events = POLLIN}, {.fd = sides[1].pidfd, .events = POLLIN}};

	while (!table_has("/proc/thread-self/net/tcp", states) &&
		!table_has("/proc/thread-self/net/tcp6", states))
		if (poll(gone, 2, 1) > 0)
			return;
}

/* ---- programs ---- */

static size_t piece_at(size_t offset, size_t size)
{
	size_t left = size - offset, ready = PERIOD - offset % PERIOD + PERIOD;

	return left < ready ? left : ready;
}

static int whole_file(size_t size)
{
	int fd = memfd_create("stdin", MFD_CLOEXEC);

	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, pattern + at % PERIOD, piece_at(at, size));

		if (n < 0)
			fail("memfd");
		at += (size_t)n;
	}
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The program's stdin; the other end of a pipe is side->in. */
static int open_stdin(struct side *side)
{
	int ends[2];

	side->in = -1;
	if (side->kind == FILE_KIND)
		return whole_file(side->size);
	if (side->kind == NULL_KIND)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (side->kind == CLOSED)
		return -1;
	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("pipe");
	side->in = ends[1];
	(void)fcntl(side->in, F_SETFL, O_NONBLOCK);
	return ends[0];
}

static void start(struct side *side, char *const *command)
{
	int in = open_stdin(side), out[2], err[2];

	if (!command[0])
		fail("no command");
	side->kill_after = SIZE_MAX;
	side->breaks = command[0][0] == '@';
	if (strcmp(command[0], "@kill") == 0)
		side->kill_after = strtoull(*++command, NULL, 10);
	command += side->breaks;
	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
		fail("pipe");
	side->pid = fork();
	if (side->pid == 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(err[1], STDERR_FILENO);
		if (in < 0)
			(void)close(STDIN_FILENO);
		else
			(void)dup2(in, STDIN_FILENO);
		(void)execvp(command[0], command);
		fail(command[0]);
	}
	if (in >= 0)
		(void)close(in);
	(void)close(out[1]);
	(void)close(err[1]);
	side->out = out[0];
	side->err = err[0];
	side->pidfd = (int)syscall(SYS_pidfd_open, side->pid, 0);
	if (side->pid < 0 || side->pidfd < 0)
		fail("start");
}

/* ---- what flows ---- */

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* By its descriptor: the number may be somebody else's by now. */
static void send_signal(const struct side *side, int signal_number)
{
	if (side->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, side->pidfd, signal_number, NULL, 0);
}

static bool feeds(const struct side *side)
{
	return side->in >= 0 && side->kind != HOLD && side->kind != SILENT;
}

/* When the next piece of a slow stdin is due, after START; 0 for what needs no waiting. */
static int64_t due_ms(const struct side *side, int64_t start)
{
	size_t piece = side->size / PIECES + 1;

	return side->kind == SLOW ? start + (int64_t)(side->fed / piece) * PIECE_MS : 0;
}

static void feed(struct side *side)
{
	size_t limit = side->size, piece = side->size / PIECES + 1, len;
	ssize_t n = 0;

	if (side->kind == SLOW && (side->fed / piece + 1) * piece < limit)
		limit = (side->fed / piece + 1) * piece;
	len = piece_at(side->fed, limit);
	if (len)
		n = write(side->in, pattern + side->fed % PERIOD, len);
	if (n > 0)
		side->fed += (size_t)n;
	if ((n < 0 && errno != EAGAIN) || side->fed == side->size)
		close_end(&side->in);
}

static void hear(struct side *side)
{
	static unsigned char buffer[PERIOD];
	ssize_t n = read(side->out, buffer, sizeof(buffer));

	if (n <= 0) {
		close_end(&side->out);
		return;
	}
	if (memcmp(buffer, pattern + side->got % PERIOD, (size_t)n) != 0)
		side->corrupt = true;
	side->got += (size_t)n;
	if (side->got >= side->kill_after)
		send_signal(side, SIGKILL);
}

static void hear_stderr(struct side *side)
{
	char rest[512];
	size_t room = sizeof(side->said) - 1 - side->said_len;
	ssize_t n = read(
		side->err, room ? side->said + side->said_len : rest, room ? room : sizeof(rest));

	if (n <= 0)
		close_end(&side->err);
	else if (room)
		side->said_len += (size_t)n;
}

static void reap(struct side *side)
{
	(void)waitpid(side->pid, &side->status, 0);
	close_end(&side->pidfd);
	side->order = ++ended;
}

/* Moves what can be moved, or waits up to TIMEOUT ms. Whether anything happened. */
static bool turn(struct side *sides, int64_t start, int timeout)
{
	struct pollfd fds[8];
	bool moved = false;

	for (int i = 0; i < 2; i++) {
		struct side *side = &sides[i];
		int64_t wait = due_ms(side, start) - now_ms();
		bool due = feeds(side) && wait <= 0;

		if (feeds(side) && wait > 0 && wait < timeout)
			timeout = (int)wait;
		fds[4 * i] = (struct pollfd){.fd = due ? side->in : -1, .events = POLLOUT};
		fds[4 * i + 1] = (struct pollfd){.fd = side->out, .events = POLLIN};
		fds[4 * i + 2] = (struct pollfd){.fd = side->err, .events = POLLIN};
		fds[4 * i + 3] = (struct pollfd){.fd = side->pidfd, .events = POLLIN};
	}
	if (poll(fds, 8, timeout) <= 0)
		return false;
	for (int i = 0; i < 2; i++) {
		void (*const handle[])(struct side *) = {feed, hear, hear_stderr, reap};

		for (int j = 0; j < 4; j++)
			if (fds[4 * i + j].revents) {
				handle[j](&sides[i]);
				moved = true;
			}
	}
	return moved || feeds(&sides[0]) || feeds(&sides[1]);
}

static bool done(const struct side *side)
{
	return side->pidfd < 0 && side->out < 0 && side->err < 0;
}

/* Nothing has happened for a while: takes away one thing that may be waited for. */
static void release(struct side *sides)
{
	for (int i = 0; i < 2; i++)
		if (sides[i].kind == HOLD && sides[i].in >= 0) {
			close_end(&sides[i].in);
			return;
		}
	send_signal(&sides[1], SIGTERM);
}

/* To the end of both, or of DEADLINE. */
static void run(struct side *us, struct side *them, int64_t deadline)
{
	struct side *sides = us;
	int64_t start = now_ms(), last = start;

	while (!(done(us) && done(them)) && now_ms() < deadline) {
		bool whole = us->got == them->size && them->got == us->size;
		int64_t quiet = whole ? QUIET_MS : patience_ms() / 4;

		if (turn(sides, start, (int)quiet)) {
			last = now_ms();
		} else if (now_ms() - last >= quiet) {
			release(sides);
			last = now_ms();
		}
	}
}

/* ---- the verdict ---- */

static const char *judge(const struct side *us, const struct side *them)
{
	bool lost = us->got != them->size || them->got != us->size;

	if (us->pidfd >= 0)
		return "hang";
	if (us->corrupt || them->corrupt)
		return "corrupt";
	if (WIFSIGNALED(us->status))
		return "killed";
	if (us->status == 0)
		return lost ? "lost" : "ok";
	if (!us->said_len)
		return "untold";
	return lost || them->breaks ? "told" : "alarm";
}

static void report(const char *verdict, int64_t took, char **argv, const struct side *us,
	const struct side *them)
{
	printf("%-6s %5d ms %-14s %-14s %-7s up %zu of %zu, down %zu of %zu, us %s%#x, them %s%#x%s |",
		verdict, (int)took, argv[1], argv[2], argv[3], them->got, us->size, us->got,
		them->size, us->order == 1 ? "first " : "", us->pidfd < 0 ? us->status : -1,
		them->order == 1 ? "first " : "", them->pidfd < 0 ? them->status : -1,
		them->pidfd < 0 ? "" : " still there");
	for (size_t i = 0; i < us->said_len; i++)
		(void)putchar(us->said[i] == '\n' ? ';' : us->said[i]);
	(void)putchar('\n');
}

int main(int argc, char **argv)
{
	const char *verdict;
	struct side sides[2] = {{.pidfd = -1}, {.pidfd = -1}}, *us = &sides[0], *them = &sides[1];
	int64_t begin = now_ms();
	char **theirs = argv + 4;
	bool listens;

	while (argc > 5 && *theirs && strcmp(*theirs, "--") != 0)
		theirs++;
	if (argc < 7 || !*theirs || !theirs[1]) {
		(void)fprintf(stderr, "cell: see the head of tests/peers/cell.c\n");
		return 2;
	}
	*theirs++ = NULL;
	make_pattern();
	parse_stdin(us, argv[1]);
	parse_stdin(them, argv[2]);
	listens = strcmp(argv[3], "listen") == 0;
	(void)signal(SIGPIPE, SIG_IGN);
	enter_namespace();
	start(listens ? us : them, listens ? argv + 4 : theirs);
	await_state(sides, LISTENING);
	start(listens ? them : us, listens ? theirs : argv + 4);
	await_state(sides, CONNECTED);
	run(us, them, begin + patience_ms());
	verdict = judge(us, them);
	report(verdict, now_ms() - begin, argv, us, them);
	send_signal(us, SIGKILL);
	send_signal(them, SIGKILL);
	return strcmp(verdict, "ok") != 0 && strcmp(verdict, "told") != 0;
}
