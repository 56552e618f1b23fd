/*
 * A room: what one says, others hear. --broadcast gives what a client says to all others; with -k
 * and no service, stdin speaks to all clients and what clients say goes to stdout.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/client.h"
#include "cmd/listen/outlet.h"
#include "cmd/listen/service.h"

/* Read at once from one who speaks: small enough that many who speak are heard in turn. */
enum { PIECE_MAX = 64 * 1024 };

/* One who speaks: a client, or stdin. */
struct speaker {
	struct skt_stream *stream;
	struct skt_stream_user user;
	struct outlet_group *to;
	struct speaker *next, **link; /* among those who are held back; link NULL: is not */
};

struct member {
	struct client client;
	struct speaker speaker;
	struct outlet outlet;
	struct skt_stream_user guard;
	uint64_t received, last_ns;
	bool ended;  /* has no more to say, and stays for what it is owed */
	bool broken; /* leaves as soon as no list of members is being walked */
};

struct room {
	struct listen_run *run;
	struct outlet_group members, console;
	struct speaker *waiting; /* until a group is unblocked */
	char *scratch;
	/* Only where the room is joined to stdin and stdout. */
	struct skt_stream in_stream, out_stream;
	struct speaker in;
	struct outlet out;
	int null_fd;
	bool shared, in_ended, in_reads;
};

/* ---- who may speak ---- */

static int want_read(struct speaker *speaker, bool want)
{
	if (speaker->stream->wants_read == want)
		return 0;
	speaker->stream->wants_read = want;
	return skt_stream_update(speaker->stream);
}

static void hold_back(struct room *room, struct speaker *speaker)
{
	if (speaker->link)
		return;
	speaker->next = room->waiting;
	speaker->link = &room->waiting;
	if (room->waiting)
		room->waiting->link = &speaker->next;
	room->waiting = speaker;
	(void)want_read(speaker, false);
}

static void let_go(struct speaker *speaker)
{
	if (!speaker->link)
		return;
	*speaker->link = speaker->next;
	if (speaker->next)
		speaker->next->link = speaker->link;
	speaker->link = NULL;
}

static void unblocked(struct outlet_group *group)
{
	struct speaker *next;

	for (struct speaker *at = group->room->waiting; at; at = next) {
		next = at->next;
		if (at->to != group)
			continue;
		let_go(at);
		(void)want_read(at, true);
	}
}

/* Reads into the scratch: > 0 bytes, 0: the end, -EAGAIN: not now, or what broke it. */
static ssize_t hear(struct room *room, struct speaker *speaker)
{
	if (speaker->to->blocked) {
		hold_back(room, speaker);
		return -EAGAIN;
	}
	return speaker->stream->ops->read(speaker->stream, room->scratch, PIECE_MAX);
}

/* ---- members ---- */

static void end_broken(struct room *room)
{
	struct client *next;

	for (struct client *at = room->run->clients; at; at = next) {
		next = at->next;
		if (((struct member *)at)->broken)
			client_end(at, -EPIPE);
	}
}

/* To every member but FROM. */
static void tell_members(struct room *room, const struct member *from, size_t len)
{
	struct piece *piece = NULL;
	bool any_broken = false;

	for (struct client *at = room->run->clients; at; at = at->next) {
		struct member *member = (struct member *)at;

		if (member == from || member->broken)
			continue;
		if (at->record)
			at->record->sent.see(&at->record->sent, room->scratch, len);
		if (outlet_give(&member->outlet, room->scratch, len, &piece))
			any_broken = member->broken = true;
	}
	piece_release(piece);
	if (any_broken)
		end_broken(room);
}

static void end_if_sent(struct room *room);

static void leave(struct member *member, int r)
{
	struct room *room = member->client.run->state;

	client_end(&member->client, r);
	end_if_sent(room);
}

static void member_emptied(struct outlet *outlet)
{
	struct member *member = SKT_CONTAINER(outlet, struct member, outlet);

	if (member->ended)
		leave(member, 0);
}

static void member_broken(struct outlet *outlet, int r)
{
	struct member *member = SKT_CONTAINER(outlet, struct member, outlet);

	if (r == -ETIMEDOUT)
		skt_event_tell(&member->client.run->log, SKT_EVENT_NOTICE, "too_slow",
			"client %llu is too slow, and cut off lest it stall the others",
			(unsigned long long)member->client.number);
	leave(member, r);
}

static void console_say(struct room *room, size_t len);

static void member_speaks(struct skt_stream_user *user)
{
	struct member *member = SKT_CONTAINER(user, struct member, speaker.user);
	struct listen_run *run = member->client.run;
	struct room *room = run->state;
	ssize_t n = hear(room, &member->speaker);

	if (n == -EAGAIN)
		return;
	if (n < 0) {
		leave(member, (int)n);
		return;
	}
	if (n == 0) {
		(void)want_read(&member->speaker, false);
		/* Who only listens may have nothing to say from the first. */
		if (run->options->pipe.send_only)
			return;
		member->ended = true;
		if (!member->outlet.owed)
			leave(member, 0);
		return;
	}
	member->received += (uint64_t)n;
	member->last_ns = skt_loop_now(&run->loop);
	if (member->client.record)
		member->client.record->received.see(
			&member->client.record->received, room->scratch, (size_t)n);
	if (room->shared)
		console_say(room, (size_t)n);
	else
		tell_members(room, member, (size_t)n);
}

/* Who is held back may have said something before it went. */
static void member_gone(struct skt_stream_user *user)
{
	struct member *member = SKT_CONTAINER(user, struct member, guard);

	if (!member->speaker.link)
		leave(member, member->client.stream.error ? member->client.stream.error : -EPIPE);
}

static int member_start(struct client *client, struct skt_err *err)
{
	struct member *member = (struct member *)client;
	struct room *room = client->run->state;
	int r;

	member->speaker = (struct speaker){
		.stream = &client->stream,
		.user.ready = member_speaks,
		.to = room->shared ? &room->console : &room->members,
	};
	member->outlet = (struct outlet){
		.group = &room->members,
		.stream = &client->stream,
		.emptied = member_emptied,
		.broken = member_broken,
	};
	outlet_open(&member->outlet);
	client->stream.reader = &member->speaker.user;
	member->guard.ready = member_gone;
	skt_stream_hears_break(&client->stream, &member->guard);
	r = want_read(&member->speaker, true);
	/* What stdin has waits until somebody is there. */
	if (r == 0 && room->in.stream && !room->in_ended && !room->in.link)
		r = want_read(&room->in, true);
	return r ? skt_fail(err, -r, "%s", client->run->service->name) : 0;
}

static void member_stop(struct client *client)
{
	struct member *member = (struct member *)client;
	struct room *room = client->run->state;

	let_go(&member->speaker);
	outlet_close(&member->outlet);
	/* The last one leaves: stdin waits for the next. */
	if (room->in.stream && client->run->clients == client && !client->next)
		(void)want_read(&room->in, false);
}

static void member_look(const struct client *client, struct listen_traffic *ret)
{
	const struct member *member = (const struct member *)client;

	*ret = (struct listen_traffic){
		.received = member->received,
		.sent = member->outlet.sent,
		.last_ns = SKT_MAX(member->last_ns, member->outlet.last_ns),
	};
}

/* ---- stdin and stdout ---- */

static void console_failed(struct room *room, int r)
{
	if (r == -EPIPE)
		room->run->out_gone = true;
	else
		skt_event_tell(&room->run->log, SKT_EVENT_ERROR, "stdout_broken",
			"cannot write to standard output: %s", strerror(-r));
	listen_stop(room->run, SKT_EXIT_TROUBLE);
}

static void console_broken(struct outlet *outlet, int r)
{
	console_failed(SKT_CONTAINER(outlet, struct room, out), r);
}

static void console_emptied(struct outlet *outlet SKT_UNUSED)
{
}

static void console_say(struct room *room, size_t len)
{
	struct piece *piece = NULL;
	int r = outlet_give(&room->out, room->scratch, len, &piece);

	piece_release(piece);
	if (r)
		console_failed(room, r);
}

/* With --send-only the end of stdin is the end of all, once everyone has everything. */
static void end_if_sent(struct room *room)
{
	if (!room->in_ended || !room->run->options->pipe.send_only)
		return;
	skt_server_stop(&room->run->server);
	for (struct client *at = room->run->clients, *next; at; at = next) {
		struct member *member = (struct member *)at;

		next = at->next;
		member->ended = true;
		if (!member->outlet.owed)
			client_end(at, 0);
	}
	if (!room->run->clients)
		listen_stop(room->run, SKT_EXIT_YES);
}

static void stdin_speaks(struct skt_stream_user *user)
{
	struct room *room = SKT_CONTAINER(user, struct room, in.user);
	ssize_t n = hear(room, &room->in);

	if (n == -EAGAIN)
		return;
	if (n > 0) {
		tell_members(room, NULL, (size_t)n);
		return;
	}
	room->in_ended = true;
	(void)want_read(&room->in, false);
	if (n == 0)
		skt_event_tell(&room->run->log, SKT_EVENT_DETAIL, "stdin_ended", "stdin ended");
	else
		skt_event_tell(&room->run->log, SKT_EVENT_ERROR, "stdin_broken",
			"cannot read standard input: %s", strerror((int)-n));
	end_if_sent(room);
}

static void room_close(struct listen_run *run)
{
	struct room *room = run->state;

	if (!room)
		return;
	outlet_close(&room->out);
	let_go(&room->in);
	if (room->in_stream.ops)
		skt_stream_close(&room->in_stream);
	if (room->out_stream.ops)
		skt_stream_close(&room->out_stream);
	if (room->null_fd >= 0)
		(void)close(room->null_fd);
	free(room->scratch);
	free(room);
	run->state = NULL;
}

static int room_open(struct listen_run *run, struct skt_err *err)
{
	struct room *room = calloc(1, sizeof(*room));

	if (!room)
		return skt_fail(err, ENOMEM, "%s", run->service->name);
	run->state = room;
	room->run = run;
	room->null_fd = -1;
	room->members =
		(struct outlet_group){.loop = &run->loop, .room = room, .unblocked = unblocked};
	room->console = room->members;
	room->scratch = malloc(PIECE_MAX);
	return room->scratch ? 0 : skt_fail(err, ENOMEM, "%s", run->service->name);
}

static int open_stdin(struct room *room, struct skt_err *err)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL), r;

	/* A stdin that is closed has nothing to say. */
	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return 0;
	r = skt_stream_open(&room->in_stream, &room->run->loop, STDIN_FILENO);
	if (r)
		return skt_fail(err, -r, "use standard input");
	room->in = (struct speaker){
		.stream = &room->in_stream, .user.ready = stdin_speaks, .to = &room->members};
	room->in_stream.reader = &room->in.user;
	return 0;
}

static int open_stdout(struct room *room, struct skt_err *err)
{
	int fd = room->run->ctx->out, r;

	if (room->run->options->pipe.send_only)
		fd = room->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return skt_fail(err, errno, "open /dev/null");
	r = skt_stream_open(&room->out_stream, &room->run->loop, fd);
	if (r)
		return skt_fail(err, -r, "use standard output");
	room->out = (struct outlet){
		.group = &room->console,
		.stream = &room->out_stream,
		.patient = true,
		.emptied = console_emptied,
		.broken = console_broken,
	};
	outlet_open(&room->out);
	return 0;
}

static int share_open(struct listen_run *run, struct skt_err *err)
{
	int r = room_open(run, err);
	struct room *room = run->state;

	if (r)
		return r;
	room->shared = true;
	if (!run->options->pipe.recv_only)
		r = open_stdin(room, err);
	return r ? r : open_stdout(room, err);
}

const struct listen_service listen_broadcast = {
	.name = "broadcast",
	.client_size = sizeof(struct member),
	.open = room_open,
	.start = member_start,
	.stop = member_stop,
	.look = member_look,
	.close = room_close,
};

const struct listen_service listen_share = {
	.name = "share",
	.client_size = sizeof(struct member),
	.open = share_open,
	.start = member_start,
	.stop = member_stop,
	.look = member_look,
	.close = room_close,
};
