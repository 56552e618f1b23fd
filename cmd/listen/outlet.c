#include "cmd/listen/outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

#define PATIENCE_NS (2 * SKT_NS_PER_SEC)

void piece_release(struct piece *piece)
{
	if (piece && --piece->references == 0)
		free(piece);
}

static void set_blocked(struct outlet *outlet, bool blocked)
{
	struct outlet_group *group = outlet->group;

	if (outlet->blocked == blocked)
		return;
	outlet->blocked = blocked;
	if (blocked) {
		group->blocked++;
		if (!outlet->patient)
			skt_timer_set(group->loop, &outlet->timer,
				skt_loop_after(group->loop, PATIENCE_NS));
		return;
	}
	skt_timer_remove(&outlet->timer);
	if (--group->blocked == 0)
		group->unblocked(group->speakers);
}

static int want_write(struct outlet *outlet, bool want)
{
	if (outlet->stream->wants_write == want)
		return 0;
	outlet->stream->wants_write = want;
	return skt_stream_update(outlet->stream);
}

/* Forgets pieces that were given whole. */
static void shift(struct outlet *outlet)
{
	if (outlet->first == outlet->pieces.len) {
		skt_vec_free(&outlet->pieces);
		outlet->first = 0;
	} else if (outlet->first >= 64 && outlet->first * 2 >= outlet->pieces.len) {
		outlet->pieces.len -= outlet->first;
		memmove((void *)outlet->pieces.data, (void *)(outlet->pieces.data + outlet->first),
			outlet->pieces.len * sizeof(*outlet->pieces.data));
		outlet->first = 0;
	}
}

static ssize_t write_some(struct outlet *outlet, const char *bytes, size_t len)
{
	ssize_t n = outlet->stream->ops->write(outlet->stream, bytes, len);

	if (n > 0) {
		outlet->sent += (uint64_t)n;
		outlet->last_ns = skt_loop_now(outlet->group->loop);
	}
	return n;
}

/* Gives what is owed. 0: as much as is taken now; -errno: it is broken. */
static int pay(struct outlet *outlet)
{
	while (outlet->owed) {
		struct piece *piece = outlet->pieces.data[outlet->first];
		ssize_t n = write_some(
			outlet, piece->bytes + outlet->offset, piece->len - outlet->offset);

		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		outlet->owed -= (size_t)n;
		outlet->offset += (size_t)n;
		if (outlet->offset < piece->len)
			continue;
		piece_release(piece);
		outlet->first++;
		outlet->offset = 0;
	}
	return 0;
}

static void outlet_ready(struct skt_stream_user *user)
{
	struct outlet *outlet = SKT_CONTAINER(user, struct outlet, user);
	int r = pay(outlet);

	shift(outlet);
	if (r == 0)
		r = want_write(outlet, outlet->owed > 0);
	if (r) {
		outlet->broken(outlet, r);
		return;
	}
	if (outlet->owed)
		return;
	set_blocked(outlet, false);
	outlet->emptied(outlet);
}

static void patience_over(struct skt_timer *timer)
{
	struct outlet *outlet = SKT_CONTAINER(timer, struct outlet, timer);

	outlet->broken(outlet, -ETIMEDOUT);
}

void outlet_open(struct outlet *outlet)
{
	outlet->user.ready = outlet_ready;
	outlet->timer.handler = patience_over;
	outlet->stream->writer = &outlet->user;
}

void outlet_close(struct outlet *outlet)
{
	if (!outlet->group)
		return;
	for (size_t i = outlet->first; i < outlet->pieces.len; i++)
		piece_release(outlet->pieces.data[i]);
	skt_vec_free(&outlet->pieces);
	outlet->first = outlet->owed = 0;
	set_blocked(outlet, false);
	outlet->group = NULL;
}

static int owe(
	struct outlet *outlet, const char *bytes, size_t len, size_t taken, struct piece **piece)
{
	if (!*piece) {
		*piece = malloc(sizeof(**piece) + len);
		if (!*piece)
			return -ENOMEM;
		(*piece)->references = 1;
		(*piece)->len = len;
		memcpy((*piece)->bytes, bytes, len);
	}
	if (skt_vec_push(&outlet->pieces, *piece))
		return -ENOMEM;
	(*piece)->references++;
	if (!outlet->owed)
		outlet->offset = taken;
	outlet->owed += len - taken;
	if (outlet->owed > OUTLET_LIMIT)
		set_blocked(outlet, true);
	return want_write(outlet, true);
}

int outlet_give(struct outlet *outlet, const char *bytes, size_t len, struct piece **piece)
{
	ssize_t n = outlet->owed ? 0 : write_some(outlet, bytes, len);

	if (n < 0 && n != -EAGAIN)
		return (int)n;
	if (n == (ssize_t)len)
		return 0;
	return owe(outlet, bytes, len, n > 0 ? (size_t)n : 0, piece);
}
