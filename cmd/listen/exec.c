/*
 * --exec and --sh: each client gets a program, and the program gets the socket itself. Only where
 * the bytes must be seen (--record, --dump, --rate, --idle-timeout, --tls) is there a relay in
 * between.
 *
 * We hold the socket, too, until the program has ended: who closes a connection with something
 * unread resets it, and takes from the client what it has not received yet. So the last word is
 * ours, a half-close, and what the client still says is heard (client_farewell()).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/bridge.h"
#include "cmd/listen/client.h"
#include "cmd/listen/service.h"
#include "cmd/listen/tls.h"
#include "cmd/stream/exec.h"
#include "cmd/stream/program.h"

/* A process for each client is a burden that grows; whoever means more says so. */
enum { CHILDREN_DEFAULT = 1000 };

struct exec_state {
	struct skt_program program;
	char **argv;
	bool relay;
	void (*sigchld)(int); /* as it was found */
};

struct exec_client {
	struct client client;
	struct skt_child process;
	struct skt_watch watch; /* of the pidfd */
	struct skt_watch line;  /* of the socket, for --hangup; where there is no relay */
	struct bridge *bridge;  /* NULL: the child has the socket */
	int status;
	bool running, reaped, bridged;
	int broken; /* -errno of the bridge */
};

/* What became of a child, in words; false where all was well. */
static bool describe(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));

		(void)snprintf(text, size, "was killed by SIG%s", name ? name : "?");
	} else {
		(void)snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
	}
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void tell_ended(const struct exec_client *exec)
{
	const struct client *client = &exec->client;
	struct skt_event event;
	char text[64];
	/* The one child of a run decides how the run ends. */
	bool bad = describe(exec->status, text, sizeof(text)) && !client->run->options->keep;

	skt_event_begin(
		&event, &client->run->log, bad ? SKT_EVENT_ERROR : SKT_EVENT_DETAIL, "child_ended");
	skt_event_add_number(&event, "client", client->number);
	skt_event_add_number(&event, "pid", (uint64_t)exec->process.pid);
	skt_event_end(&event, "client %llu: process %d %s", (unsigned long long)client->number,
		(int)exec->process.pid, text);
	if (bad)
		client->run->status = SKT_EXIT_NO;
}

/* ---- the ends ---- */

static void hang_up(struct exec_client *exec)
{
	struct client *client = &exec->client;
	struct skt_event event;

	if (!exec->running)
		return;
	skt_child_signal(&exec->process, SIGHUP);
	skt_event_begin(&event, &client->run->log, SKT_EVENT_DETAIL, "child_hung_up");
	skt_event_add_number(&event, "client", client->number);
	skt_event_add_number(&event, "pid", (uint64_t)exec->process.pid);
	skt_event_end(&event, "client %llu is gone: SIGHUP for process %d",
		(unsigned long long)client->number, (int)exec->process.pid);
}

static void line_heard(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	skt_watch_remove(watch);
	hang_up(SKT_CONTAINER(watch, struct exec_client, line));
}

/* Hears of the client's end, asleep but for that. */
static int watch_line(struct exec_client *exec)
{
	struct client *client = &exec->client;
	enum listen_hangup hangup = client->run->options->hangup;
	uint32_t events = hangup == LISTEN_HANGUP_END ? (uint32_t)EPOLLRDHUP : 0;
	int r;

	if (!hangup)
		return 0;
	exec->line = (struct skt_watch){
		.fd = client->connection.fd, .alert = true, .handler = line_heard};
	r = skt_watch_add(&client->run->loop, &exec->line);
	return r ? r : skt_watch_set(&exec->line, events);
}

/*
 * The program had the socket to itself. What it has left running in the background may have it
 * still, and goes on with it.
 */
static void end_line(struct exec_client *exec)
{
	struct client *client = &exec->client;
	char byte;

	skt_watch_remove(&exec->line);
	/* Nothing is unread, and nothing can come: an end in order. */
	if (skt_child_has_heirs(&exec->process) ||
		recv(client->connection.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 ||
		shutdown(client->connection.fd, SHUT_WR) ||
		skt_connection_open(&client->connection, &client->run->loop))
		client_end(client, 0);
	else
		client_farewell(client);
}

/* Both the program and, where there is one, the bridge are over. */
static void end_if_over(struct exec_client *exec)
{
	if (!exec->reaped || (exec->bridge && !exec->bridged))
		return;
	if (!exec->bridge)
		end_line(exec);
	else if (exec->broken)
		client_end(&exec->client, exec->broken);
	else
		client_farewell(&exec->client);
}

static void child_ended(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct exec_client *exec = SKT_CONTAINER(watch, struct exec_client, watch);

	skt_watch_remove(watch);
	(void)close(exec->process.pidfd);
	exec->running = false;
	exec->reaped = true;
	if (skt_child_reap(&exec->process, &exec->status) == 0)
		tell_ended(exec);
	if (exec->bridge && !exec->bridged)
		bridge_program_ended(exec->bridge);
	else
		end_if_over(exec);
}

static void bridge_done(struct bridge *bridge, int r)
{
	struct exec_client *exec = (struct exec_client *)bridge->client;

	exec->broken = r;
	exec->bridged = true;
	/* The program sees the end, too. */
	bridge_stop(bridge, false);
	if (r)
		client_reset(&exec->client);
	if (exec->client.run->options->hangup)
		hang_up(exec);
	end_if_over(exec);
}

static void bridge_way_ended(struct skt_joint *joint, struct skt_pump *way)
{
	struct bridge *bridge = SKT_CONTAINER(joint, struct bridge, joint);

	if (way == &joint->there)
		hang_up((struct exec_client *)bridge->client);
}

/* A program that runs on keeps its place among --max-clients. */
static void exec_cut(struct client *client, int r)
{
	struct exec_client *exec = (struct exec_client *)client;

	if (!exec->running || !client->run->options->keep)
		client_end(client, r);
	else if (!exec->bridged)
		bridge_done(exec->bridge, r);
}

/* ---- the start ---- */

static int start_child(struct exec_client *exec, int fd, struct skt_err *err)
{
	const struct client *client = &exec->client;
	const struct exec_state *state = client->run->state;
	struct listen_tls_words words = {0};
	struct skt_exec_tls tls;
	char **environment;
	struct skt_exec_known known = {
		.peer = client->connection.peer.addr,
		.peer_port = client->connection.peer.port,
		.local_port = client->connection.local.port,
		.local = client->connection.local.addr,
		.told = client->connection.told,
	};
	int r;

	if (client->connection.stream.layer) {
		listen_tls_words(&client->connection.stream, &words);
		tls = (struct skt_exec_tls){words.state.version, words.state.cipher, words.alpn,
			words.server_name, words.subject};
		known.tls = &tls;
	}
	r = skt_exec_environment(client->connection.fd, &known, environ, &environment);
	listen_tls_words_fini(&words);
	if (r)
		return skt_fail(err, -r, "the environment");
	r = skt_program_start(&state->program, fd, environment, &exec->process);
	skt_exec_free(environment);
	if (r)
		return skt_fail(err, -r, "run %.128s", state->program.path);
	exec->running = true;
	exec->watch = (struct skt_watch){
		.fd = exec->process.pidfd, .events = EPOLLIN, .handler = child_ended};
	r = skt_watch_add(&client->run->loop, &exec->watch);
	return r ? skt_fail(err, -r, "watch a child") : 0;
}

static int start_bridge(struct exec_client *exec, struct skt_err *err)
{
	struct client *client = &exec->client;
	int pair[2], r;

	exec->bridge = calloc(1, sizeof(*exec->bridge));
	if (!exec->bridge)
		return skt_fail(err, ENOMEM, "%s", client->run->service->name);
	exec->bridge->far.fd = -1;
	r = skt_connection_open(&client->connection, &client->run->loop);
	if (r == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		r = -errno;
	if (r)
		return skt_fail(err, -r, "a relay to the program");
	exec->bridge->client = client;
	skt_connection_init(&exec->bridge->far, pair[0], NULL);
	exec->bridge->is_program = true;
	exec->bridge->done = bridge_done;
	r = start_child(exec, pair[1], err);
	(void)close(pair[1]);
	if (r)
		return r;
	r = bridge_start(exec->bridge);
	if (client->run->options->hangup == LISTEN_HANGUP_END)
		exec->bridge->joint.ended = bridge_way_ended;
	return r ? skt_fail(err, -r, "a relay to the program") : 0;
}

static void tell_started(const struct exec_client *exec)
{
	struct skt_event event;

	skt_event_begin(&event, &exec->client.run->log, SKT_EVENT_DETAIL, "child_started");
	skt_event_add_number(&event, "client", exec->client.number);
	skt_event_add_number(&event, "pid", (uint64_t)exec->process.pid);
	skt_event_end(&event, "client %llu: process %d started",
		(unsigned long long)exec->client.number, (int)exec->process.pid);
}

static int exec_start(struct client *client, struct skt_err *err)
{
	struct exec_client *exec = (struct exec_client *)client;
	const struct exec_state *state = client->run->state;
	int r;

	if (state->relay) {
		r = start_bridge(exec, err);
	} else {
		r = start_child(exec, client->connection.fd, err);
		if (r == 0 && watch_line(exec))
			r = skt_fail(err, ENOMEM, "--hangup");
	}
	if (r == 0)
		tell_started(exec);
	return r;
}

/* The server ends, or could not begin: a program is told, and not waited for. */
static void exec_stop(struct client *client)
{
	struct exec_client *exec = (struct exec_client *)client;

	skt_watch_remove(&exec->line);
	if (exec->running) {
		if (!client->run->options->leave_running)
			skt_child_signal(&exec->process, SIGTERM);
		skt_watch_remove(&exec->watch);
		(void)close(exec->process.pidfd);
		/* The connection is the program's to end. */
		if (!exec->bridge)
			skt_connection_close(&client->connection);
	}
	exec->running = false;
	if (exec->bridge)
		bridge_stop(exec->bridge, false);
	free(exec->bridge);
	exec->bridge = NULL;
}

static void exec_look(const struct client *client, struct listen_traffic *ret)
{
	const struct bridge *bridge = ((const struct exec_client *)client)->bridge;

	ret->unknown = !bridge;
	if (bridge)
		bridge_look(bridge, ret);
}

/* The dispositions that a program finds are those that we have found. */
static void keep_signals(struct listen_run *run, struct exec_state *state)
{
	struct skt_program *program = &state->program;

	/* Where it is ignored, the kernel keeps no status of children (waitpid(2)). */
	state->sigchld = signal(SIGCHLD, SIG_DFL);
	program->mask = run->signals.before;
	program->changed = run->ctx->endings;
	(void)sigaddset(&program->changed, SIGPIPE);
	(void)sigaddset(&program->changed, SIGCHLD);
	/* Who asks for SIGHUP means it, under nohup(1) too. */
	if (run->options->hangup)
		(void)sigaddset(&program->changed, SIGHUP);
	(void)sigemptyset(&program->ignored);
	if (run->sigpipe == SIG_IGN)
		(void)sigaddset(&program->ignored, SIGPIPE);
	if (state->sigchld == SIG_IGN)
		(void)sigaddset(&program->ignored, SIGCHLD);
}

static int exec_open(struct listen_run *run, struct skt_err *err)
{
	const struct listen_options *options = run->options;
	struct exec_state *state = calloc(1, sizeof(*state));
	int r = 0;

	if (!state)
		return skt_fail(err, ENOMEM, "%s", options->service_option);
	run->state = state;
	state->relay = options->record || options->pipe.dump || options->pipe.rate ||
		options->limits.idle_timeout_ns || options->tls.tls;
	state->program.nofile = run->nofile;
	keep_signals(run, state);
	r = options->shell ? skt_exec_shell(options->command, &state->argv, err)
			   : skt_exec_words(options->command, &state->argv, err);
	if (r)
		return r;
	state->program.argv = state->argv;
	return skt_program_prepare(&state->program, getenv("PATH"), err);
}

static void exec_close(struct listen_run *run)
{
	struct exec_state *state = run->state;

	if (!state)
		return;
	skt_program_discard(&state->program);
	skt_exec_free(state->argv);
	(void)signal(SIGCHLD, state->sigchld);
	free(state);
	run->state = NULL;
}

const struct listen_service listen_exec = {
	.name = "exec",
	.client_size = sizeof(struct exec_client),
	.no_stream = true,
	.needs = 3, /* a pidfd, and the two ends of a relay */
	.max_clients = CHILDREN_DEFAULT,
	.open = exec_open,
	.start = exec_start,
	.stop = exec_stop,
	.look = exec_look,
	.cut = exec_cut,
	.close = exec_close,
};
