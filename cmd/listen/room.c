/*
 * A room: what one says, others hear. --broadcast gives what a client says to all others, and with
 * --join to stdin and stdout, too; with -k and no service, stdin speaks to all clients and what
 * clients say goes to stdout.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "cmd/listen/client.h"
#include "cmd/listen/console.h"
#include "cmd/listen/lines.h"
#include "cmd/listen/service.h"

enum {
	/* Read at once from one who speaks: small enough that many who speak are heard in turn. */
	PIECE_MAX = 64 * 1024,
	/* With names: a piece of nothing but line ends becomes that many names. */
	PIECE_LABELLED = 4096,
};

struct member {
	struct client client;
	struct speaker speaker;
	struct lines lines;
	struct outlet outlet;
	struct skt_stream_user guard;
	uint64_t received, last_ns;
	bool ended;  /* has no more to say, and stays for what it is owed */
	bool parted; /* has everything and was told so: hears no more, and is heard no more */
	bool broken; /* leaves as soon as no list of members is being walked */
};

struct room {
	struct listen_run *run;
	struct speakers speakers;
	struct outlet_group members;
	struct console console;
	struct skt_str said;         /* in lines, with --label */
	struct lines in_lines;       /* of stdin */
	bool has_console, is_shared; /* shared: members do not hear each other */
};

/* ---- what members hear ---- */

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
static void tell_members(
	struct room *room, const struct member *from, const char *bytes, size_t len)
{
	struct piece *piece = NULL;
	bool any_broken = false;

	for (struct client *at = room->run->clients; at; at = at->next) {
		struct member *member = (struct member *)at;

		if (member == from || member->broken || member->parted)
			continue;
		if (at->record)
			at->record->sent.see(&at->record->sent, bytes, len);
		if (outlet_give(&member->outlet, bytes, len, &piece))
			any_broken = member->broken = true;
	}
	piece_release(piece);
	if (any_broken)
		end_broken(room);
}

/* ---- leaving ---- */

/* Whether the end of stdin is the end of all, and it has come. */
static bool is_closing(const struct room *room)
{
	const struct listen_options *o = room->run->options;

	return room->console.in_ended && (o->pipe.send_only || o->end_with_stdin);
}

/* Everyone goes who has everything. */
static void close_up(struct room *room)
{
	if (!is_closing(room))
		return;
	skt_server_stop(&room->run->server);
	for (struct client *at = room->run->clients, *next; at; at = next) {
		struct member *member = (struct member *)at;

		next = at->next;
		if (member->outlet.owed || member->parted)
			continue;
		if (member->ended) {
			client_end(at, 0);
			continue;
		}
		member->parted = true;
		speaker_forget(&member->speaker);
		(void)at->connection.stream.ops->finish(&at->connection.stream);
		client_farewell(at);
	}
	if (!room->run->clients)
		listen_stop(room->run, SKT_EXIT_YES);
}

static void leave(struct member *member, int r)
{
	struct room *room = member->client.run->state;

	client_end(&member->client, r);
	close_up(room);
}

static void member_emptied(struct outlet *outlet)
{
	struct member *member = SKT_CONTAINER(outlet, struct member, outlet);

	if (member->ended)
		leave(member, 0);
	else
		close_up(member->client.run->state);
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

/* ---- what is said ---- */

/* Makes lines of what FROM has said, in room->said. */
static int put_in_lines(struct room *room, struct member *from, ssize_t n)
{
	struct lines *lines = from ? &from->lines : &room->in_lines;
	char name[CLIENT_NAME_MAX] = "server";

	if (from)
		(void)client_name(&from->client, name);
	room->said.len = 0;
	room->said.failed = false;
	return n > 0 ? lines_add(lines, name, room->speakers.heard, (size_t)n, &room->said)
		     : lines_end(lines, name, &room->said);
}

/*
 * Passes on what FROM (NULL: stdin) has said: N > 0 bytes, or with its end or break what it had
 * begun. Members may leave for it, but not FROM. Errors: -ENOMEM.
 */
static int pass_on(struct room *room, struct member *from, ssize_t n)
{
	const char *bytes = room->speakers.heard;
	size_t len = n > 0 ? (size_t)n : 0;
	int r = 0;

	/* Where nobody else speaks to members, stdin needs no name. */
	if (room->run->options->label && (from || !room->is_shared)) {
		r = put_in_lines(room, from, n);
		bytes = room->said.data;
		len = r ? 0 : room->said.len;
	}
	if (len && from && room->has_console)
		console_say(&room->console, bytes, len);
	if (len && !(from && room->is_shared))
		tell_members(room, from, bytes, len);
	return r;
}

static void member_speaks(struct skt_stream_user *user)
{
	struct member *member = SKT_CONTAINER(user, struct member, speaker.user);
	struct client *client = &member->client;
	struct listen_run *run = client->run;
	ssize_t n = speaker_hear(&member->speaker);
	int r;

	if (n == -EAGAIN)
		return;
	if (n > 0) {
		member->received += (uint64_t)n;
		member->last_ns = skt_loop_now(&run->loop);
		if (client->record)
			client->record->received.see(&client->record->received,
				((struct room *)run->state)->speakers.heard, (size_t)n);
	}
	r = pass_on(run->state, member, n);
	if (n > 0 && r == 0)
		return;
	if (n || r) {
		leave(member, n < 0 ? (int)n : r);
		return;
	}
	(void)speaker_listen(&member->speaker, false);
	/* Who only listens may have nothing to say from the first. */
	if (run->options->pipe.send_only)
		return;
	member->ended = true;
	if (!member->outlet.owed)
		leave(member, 0);
}

static void stdin_speaks(struct skt_stream_user *user)
{
	struct console *console = SKT_CONTAINER(user, struct console, in.user);
	struct room *room = SKT_CONTAINER(console, struct room, console);
	ssize_t n = speaker_hear(&console->in);
	int r;

	if (n == -EAGAIN)
		return;
	r = pass_on(room, NULL, n);
	if (n > 0 && r == 0)
		return;
	console_ended(console, n < 0 ? (int)n : r);
	close_up(room);
}

/* Who is held back may have said something before it went. */
static void member_gone(struct skt_stream_user *user)
{
	struct member *member = SKT_CONTAINER(user, struct member, guard);

	if (!member->speaker.link)
		leave(member,
			member->client.connection.stream.error
				? member->client.connection.stream.error
				: -EPIPE);
}

/* ---- members ---- */

static int member_start(struct client *client, struct skt_err *err)
{
	struct member *member = (struct member *)client;
	struct room *room = client->run->state;
	struct speaker *in = &room->console.in;
	int r;

	member->speaker = (struct speaker){
		.all = &room->speakers,
		.stream = &client->connection.stream,
		.user.ready = member_speaks,
		.to = {room->is_shared ? NULL : &room->members,
			room->has_console ? &room->console.heard_by : NULL},
	};
	member->outlet = (struct outlet){
		.group = &room->members,
		.stream = &client->connection.stream,
		.emptied = member_emptied,
		.broken = member_broken,
	};
	outlet_open(&member->outlet);
	client->connection.stream.reader = &member->speaker.user;
	member->guard.ready = member_gone;
	skt_stream_hears_break(&client->connection.stream, &member->guard);
	r = speaker_listen(&member->speaker, true);
	/* What stdin has waits until somebody is there. */
	if (r == 0 && in->stream && !room->console.in_ended && !in->link)
		r = speaker_listen(in, true);
	return r ? skt_fail(err, -r, "%s", client->run->service->name) : 0;
}

static void member_stop(struct client *client)
{
	struct member *member = (struct member *)client;
	struct listen_run *run = client->run;
	struct room *room = run->state;

	speaker_forget(&member->speaker);
	outlet_close(&member->outlet);
	lines_fini(&member->lines);
	if (run->clients != client || client->next || run->stopping)
		return;
	/* The last one leaves: stdin waits for the next. */
	if (is_closing(room))
		listen_stop(run, SKT_EXIT_YES);
	else if (room->console.in.stream)
		(void)speaker_listen(&room->console.in, false);
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

/* ---- the room ---- */

static void room_close(struct listen_run *run)
{
	struct room *room = run->state;

	if (!room)
		return;
	if (room->has_console)
		console_close(&room->console);
	lines_fini(&room->in_lines);
	skt_str_fini(&room->said);
	free(room->speakers.heard);
	free(room);
	run->state = NULL;
}

static int open_console(struct room *room, struct skt_err *err)
{
	const struct speaker in = {
		.all = &room->speakers,
		.user.ready = stdin_speaks,
		.to = {&room->members},
	};

	room->has_console = true;
	room->console.run = room->run;
	room->console.heard_by = room->members;
	return console_open(&room->console, &in, err);
}

static int room_open(struct listen_run *run, struct skt_err *err)
{
	struct room *room = calloc(1, sizeof(*room));

	if (!room)
		return skt_fail(err, ENOMEM, "%s", run->service->name);
	run->state = room;
	room->run = run;
	room->is_shared = run->service == &listen_share;
	room->members = (struct outlet_group){
		.loop = &run->loop, .speakers = &room->speakers, .unblocked = speakers_go_on};
	room->speakers.piece = run->options->label ? PIECE_LABELLED : PIECE_MAX;
	room->speakers.record = run->options->label ? PIECE_LABELLED : (size_t)SKT_PUMP_CHUNK;
	room->speakers.heard = malloc(room->speakers.record);
	if (!room->speakers.heard)
		return skt_fail(err, ENOMEM, "%s", run->service->name);
	return room->is_shared || run->options->join ? open_console(room, err) : 0;
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
	.open = room_open,
	.start = member_start,
	.stop = member_stop,
	.look = member_look,
	.close = room_close,
};
