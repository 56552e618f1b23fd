#include "cmd/udprecv/programs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/stream/exec.h"
#include "cmd/stream/program.h"
#include "net/sender.h"

/* Who answers a datagram later than this answers nobody. */
#define PATIENCE_NS (10 * SKT_NS_PER_SEC)

/* One that runs. Its socket is both of its ends: a datagram goes in, an answer comes out. */
struct running {
	struct skt_child child;
	int fd; /* -1: this place is free */
	uint64_t deadline_ns;
	struct skt_str question; /* what is not taken yet, behind SENT bytes */
	size_t sent;
	struct skt_str answer;
	bool answered; /* its output has ended */
	struct sockaddr_storage source;
	socklen_t source_len;
	struct skt_addr destination;
};

struct udprecv_programs {
	const struct udprecv_options *o;
	const struct skt_context *ctx;
	struct udprecv_answers *answers;
	struct skt_program program;
	char **argv;
	void (*sigchld)(int), (*sigpipe)(int); /* as they were found */
	struct running running[UDPRECV_PROGRAMS_MAX];
	size_t count;
	uint64_t failed, late, too_long;
};

int udprecv_programs_new(const struct udprecv_options *o, const struct skt_context *ctx,
	struct udprecv_answers *answers, const sigset_t *mask, struct udprecv_programs **ret)
{
	struct udprecv_programs *p = calloc(1, sizeof(*p));
	struct skt_err err;
	int r;

	if (!p) {
		skt_warn(ctx, "room for programs: %s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	*p = (struct udprecv_programs){.o = o, .ctx = ctx, .answers = answers};
	for (size_t i = 0; i < UDPRECV_PROGRAMS_MAX; i++)
		p->running[i].fd = -1;
	p->sigchld = signal(SIGCHLD, SIG_DFL);
	p->sigpipe = signal(SIGPIPE, SIG_IGN);
	p->program.mask = *mask;
	p->program.changed = ctx->endings;
	(void)sigaddset(&p->program.changed, SIGPIPE);
	(void)sigaddset(&p->program.changed, SIGCHLD);
	(void)sigemptyset(&p->program.ignored);
	if (p->sigpipe == SIG_IGN)
		(void)sigaddset(&p->program.ignored, SIGPIPE);
	if (p->sigchld == SIG_IGN)
		(void)sigaddset(&p->program.ignored, SIGCHLD);
	(void)getrlimit(RLIMIT_NOFILE, &p->program.nofile);
	r = o->shell ? skt_exec_shell(o->command, &p->argv, &err)
		     : skt_exec_words(o->command, &p->argv, &err);
	p->program.argv = p->argv;
	if (!r)
		r = skt_program_prepare(&p->program, getenv("PATH"), &err);
	*ret = p;
	if (!r)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return SKT_EXIT_TROUBLE;
}

/* Its place is free then. */
static void clear(struct udprecv_programs *p, struct running *one)
{
	(void)close(one->fd);
	(void)close(one->child.pidfd);
	skt_str_fini(&one->question);
	skt_str_fini(&one->answer);
	*one = (struct running){.fd = -1};
	p->count--;
}

static void kill_one(struct udprecv_programs *p, struct running *one)
{
	int status;

	skt_child_signal(&one->child, SIGKILL);
	(void)skt_child_reap(&one->child, &status);
	clear(p, one);
}

void udprecv_programs_free(struct udprecv_programs *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < UDPRECV_PROGRAMS_MAX; i++)
		if (p->running[i].fd >= 0)
			kill_one(p, &p->running[i]);
	skt_program_discard(&p->program);
	skt_exec_free(p->argv);
	(void)signal(SIGCHLD, p->sigchld);
	(void)signal(SIGPIPE, p->sigpipe);
	free(p);
}

bool udprecv_programs_free_place(const struct udprecv_programs *p)
{
	return p->count < UDPRECV_PROGRAMS_MAX;
}

size_t udprecv_programs_running(const struct udprecv_programs *p)
{
	return p->count;
}

/* ---- the beginning ---- */

static int start(
	struct udprecv_programs *p, const struct skt_datagram *d, int fd, struct skt_child *ret)
{
	struct skt_exec_known known = {.datagram = true, .local = d->destination};
	struct skt_udp_address at;
	struct skt_addr addr;
	char **environment;
	int r;

	(void)skt_udp_inet(d->source, d->source_len, &known.peer, &known.peer_port);
	if (!skt_udp_local(p->answers->fd, &at))
		(void)skt_udp_inet(&at.sa, at.len, &addr, &known.local_port);
	r = skt_exec_environment(p->answers->fd, &known, environ, &environment);
	if (r)
		return r;
	r = skt_program_start(&p->program, fd, environment, ret);
	skt_exec_free(environment);
	return r;
}

static int begin(struct udprecv_programs *p, const struct skt_datagram *d, struct running *one)
{
	struct skt_str question = {0};
	int ends[2], r;

	skt_str_add(&question, (const char *)d->data, d->captured);
	r = question.failed ? -ENOMEM : 0;
	if (!r && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		r = -errno;
	if (!r) {
		r = start(p, d, ends[1], &one->child);
		(void)close(ends[1]);
		if (r)
			(void)close(ends[0]);
	}
	if (r) {
		skt_str_fini(&question);
		return r;
	}
	one->fd = ends[0];
	one->question = question;
	one->deadline_ns = skt_clock_add(skt_clock_ns(), PATIENCE_NS);
	memcpy(&one->source, d->source, d->source_len);
	one->source_len = d->source_len;
	one->destination = d->destination;
	p->count++;
	return 0;
}

/* The datagram goes in as far as there is room; its end is the end of standard input. */
static void give(struct running *one)
{
	while (one->sent < one->question.len) {
		ssize_t n = send(one->fd, one->question.data + one->sent,
			one->question.len - one->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		/* Who does not read it need not. */
		one->sent = n < 0 ? one->question.len : one->sent + (size_t)n;
	}
	(void)shutdown(one->fd, SHUT_WR);
}

void udprecv_programs_start(struct udprecv_programs *p, const struct skt_datagram *d)
{
	for (size_t i = 0; i < UDPRECV_PROGRAMS_MAX; i++) {
		struct running *one = &p->running[i];
		int r;

		if (one->fd >= 0)
			continue;
		r = begin(p, d, one);
		if (!r) {
			give(one);
			return;
		}
		if (!p->failed++)
			skt_warn(p->ctx, "cannot run %s: %s", p->program.path, strerror(-r));
		return;
	}
}

/* ---- the end ---- */

/* Its output has ended, and is the answer. */
static void answer(struct udprecv_programs *p, struct running *one)
{
	const struct skt_datagram d = {.source = (struct sockaddr *)&one->source,
		.source_len = one->source_len,
		.destination = one->destination};

	one->answered = true;
	if (one->answer.len > SKT_SEND_MAX)
		p->too_long++;
	else if (one->answer.len)
		udprecv_answer(p->answers, &d, one->answer.data, one->answer.len);
}

/* Clears the place of one that has ended. */
static void reap(struct udprecv_programs *p, struct running *one)
{
	int status;

	if (waitpid(one->child.pid, &status, WNOHANG) != one->child.pid)
		return;
	p->failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	clear(p, one);
}

/* False when there is no more to come. */
static bool take(struct running *one)
{
	char bytes[16384];

	while (one->answer.len <= SKT_SEND_MAX) {
		ssize_t n = recv(one->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		skt_str_add(&one->answer, bytes, (size_t)n);
	}
	return false;
}

size_t udprecv_programs_poll(const struct udprecv_programs *p, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < UDPRECV_PROGRAMS_MAX; i++) {
		const struct running *one = &p->running[i];

		if (one->fd >= 0)
			fds[n++] = (struct pollfd){.fd = one->answered ? one->child.pidfd : one->fd,
				.events =
					one->sent < one->question.len ? POLLIN | POLLOUT : POLLIN};
	}
	return n;
}

uint64_t udprecv_programs_due(const struct udprecv_programs *p)
{
	uint64_t due = SKT_NEVER;

	for (size_t i = 0; p->count && i < UDPRECV_PROGRAMS_MAX; i++)
		if (p->running[i].fd >= 0)
			due = SKT_MIN(due, p->running[i].deadline_ns);
	return due;
}

void udprecv_programs_step(struct udprecv_programs *p, uint64_t now_ns)
{
	for (size_t i = 0; p->count && i < UDPRECV_PROGRAMS_MAX; i++) {
		struct running *one = &p->running[i];

		if (one->fd < 0)
			continue;
		if (one->sent < one->question.len)
			give(one);
		if (!one->answered && !take(one))
			answer(p, one);
		if (one->answered)
			reap(p, one);
		if (one->fd >= 0 && now_ns >= one->deadline_ns) {
			p->late++;
			kill_one(p, one);
		}
	}
}

void udprecv_programs_tell(const struct udprecv_programs *p)
{
	if (p->o->events.verbose < 0)
		return;
	if (p->failed)
		skt_warn(p->ctx, "%" PRIu64 " program%s failed", p->failed,
			skt_plural(p->failed, "", "s"));
	if (p->late)
		skt_warn(p->ctx, "%" PRIu64 " program%s did not end in time: killed", p->late,
			skt_plural(p->late, "", "s"));
	if (p->too_long)
		skt_warn(p->ctx, "%" PRIu64 " answer%s too long for a datagram (at most %d)",
			p->too_long, skt_plural(p->too_long, " was", "s were"), SKT_SEND_MAX);
}
