#include "scan/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/vec.h"
#include "net/socket.h"
#include "scan/local.h"
#include "scan/pacer.h"
#include "scan/wait.h"

enum {
	PIECE = 1024,    /* by which the room for bytes grows */
	LACKS_MAX = 200, /* how often in a row no socket can be had, each time waited for */
};

static const uint64_t connect_ns = 3 * SKT_NS_PER_SEC;
static const uint64_t more_ns = 500 * SKT_NS_PER_MS; /* behind each byte */
static const uint64_t lack_ns = 20 * SKT_NS_PER_MS;

enum talk_state { CONNECTING, SHAKING, LISTENING, ASKED };

struct skt_talks {
	struct skt_talks_config config;
	struct skt_pacer pacer;
	SKT_VEC(struct skt_talk_request) queue;
	size_t head; /* of the queue: everything before has begun */
	size_t count;
	unsigned int lacks;
	struct pollfd polls[SKT_TALKS_MAX];
	struct skt_talk talks[SKT_TALKS_MAX];
};

int skt_talks_new(const struct skt_talks_config *config, struct skt_talks **ret)
{
	struct skt_talks *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->config = *config;
	skt_pacer_init(&t->pacer, config->rate, skt_clock_ns());
	*ret = t;
	return 0;
}

size_t skt_talks_waiting(const struct skt_talks *t)
{
	return t->count + skt_talks_queued(t);
}

size_t skt_talks_queued(const struct skt_talks *t)
{
	return t->queue.len - t->head;
}

int skt_talks_add(struct skt_talks *t, const struct skt_talk_request *request)
{
	return skt_vec_push(&t->queue, *request);
}

/* ---- ends ---- */

static void finish(struct skt_talks *t, size_t i)
{
	struct skt_talk talk = t->talks[i];

	t->count--;
	if (i != t->count)
		t->talks[i] = t->talks[t->count];
	skt_socket_abort(talk.fd);
	t->config.done(t->config.ctx, &talk);
	skt_talk_tls_free(talk.tls);
	free(talk.bytes);
}

/* A request that had no talk. */
static void forgo(
	struct skt_talks *t, const struct skt_talk_request *request, enum skt_talk_end end)
{
	const struct skt_talk talk = {.request = *request, .end = end, .fd = -1};

	t->config.done(t->config.ctx, &talk);
}

void skt_talks_give_up(struct skt_talks *t, const void *owner)
{
	size_t kept = t->head;

	for (size_t i = t->count; i-- > 0;)
		if (i < t->count && (!owner || t->talks[i].request.owner == owner)) {
			t->talks[i].end = SKT_TALK_CUT;
			finish(t, i);
		}
	for (size_t i = t->head; i < t->queue.len; i++) {
		const struct skt_talk_request request = t->queue.data[i];

		if (owner && request.owner != owner)
			t->queue.data[kept++] = request;
		else
			forgo(t, &request, SKT_TALK_CUT);
	}
	t->queue.len = kept;
}

void skt_talks_free(struct skt_talks *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		skt_talk_tls_free(t->talks[i].tls);
		skt_socket_abort(t->talks[i].fd);
		free(t->talks[i].bytes);
	}
	skt_vec_free(&t->queue);
	free(t);
}

/* ---- beginnings ---- */

static int open_and_connect(const struct skt_talks *t, const struct skt_talk_request *request)
{
	const int family = request->addr.family;
	const struct skt_addr *source = family == AF_INET ? &t->config.source4 : &t->config.source6;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);
	bool mptcp = false;
	int fd = skt_socket_open(
		family, request->way == SKT_TALK_UDP ? SOCK_DGRAM : SOCK_STREAM, &mptcp);
	int rc = 0;

	if (fd < 0)
		return fd;
	if (t->config.interface)
		rc = skt_socket_bind_interface(fd, family, t->config.interface);
	if (!rc && len && bind(fd, (const struct sockaddr *)&sa, len))
		rc = -errno;
	len = skt_addr_to_sockaddr(&request->addr, request->port, &sa);
	if (!rc && connect(fd, (const struct sockaddr *)&sa, len) && errno != EINPROGRESS)
		rc = -errno;
	if (!rc)
		return fd;
	(void)close(fd);
	return rc;
}

static bool is_lack(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOBUFS || rc == -ENOMEM;
}

/* Begins what may begin. When there may be more, if not by the end of a talk: else UINT64_MAX. */
static uint64_t begin_some(struct skt_talks *t, uint64_t now_ns)
{
	while (t->head < t->queue.len && t->count < SKT_TALKS_MAX) {
		const struct skt_talk_request request = t->queue.data[t->head];
		int fd;

		if (!skt_pacer_allow(&t->pacer, 1, now_ns))
			return skt_pacer_when(&t->pacer);
		fd = open_and_connect(t, &request);
		if (is_lack(fd) && t->count)
			return UINT64_MAX;
		if (is_lack(fd) && t->lacks++ < LACKS_MAX)
			return now_ns + lack_ns;
		t->lacks = 0;
		skt_pacer_spend(&t->pacer, 1);
		t->head++;
		if (fd < 0) {
			forgo(t, &request, SKT_TALK_FAILED);
			continue;
		}
		t->talks[t->count++] = (struct skt_talk){.request = request,
			.fd = fd,
			.state = CONNECTING,
			.deadline_ns = now_ns + connect_ns,
			.end = SKT_TALK_CUT};
	}
	if (t->head == t->queue.len)
		t->head = t->queue.len = 0;
	return UINT64_MAX;
}

/* ---- in between ---- */

/* Whether there is a connection, and another's: a port that was left may meet itself. */
static bool is_connected(struct skt_talk *talk)
{
	const struct skt_talk_request *r = &talk->request;
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa), error_len = sizeof(int);
	int error = 0;

	talk->end = SKT_TALK_FAILED;
	if (!getpeername(talk->fd, (struct sockaddr *)&sa, &len))
		return r->way == SKT_TALK_UDP || !skt_local_is_self(talk->fd, &r->addr, r->port);
	/* One that was refused says ECONNREFUSED, one that was taken and reset something else. */
	if (!getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) &&
		(error == ECONNRESET || error == EPIPE))
		talk->end = SKT_TALK_RESET;
	return false;
}

static bool make_room(struct skt_talk *talk)
{
	size_t room = SKT_MIN(talk->room ? talk->room * 2 : PIECE, talk->request.limit);
	uint8_t *bytes;

	/* A datagram is whole, or lost. */
	if (talk->request.way == SKT_TALK_UDP)
		room = talk->request.limit;
	if (talk->size < talk->room)
		return true;
	bytes = realloc(talk->bytes, room);
	if (!bytes)
		return false;
	talk->bytes = bytes;
	talk->room = room;
	return true;
}

static bool is_complete(const struct skt_talk *talk)
{
	const struct skt_talk_request *r = &talk->request;

	return talk->size >= r->limit || (r->way == SKT_TALK_UDP && talk->size) ||
		(talk->size && r->is_complete && r->is_complete(talk));
}

/* One byte at a time is as good, but not for long. Whether the talk goes on. */
static bool take_pause(struct skt_talk *talk, size_t size_before, uint64_t now_ns)
{
	if (talk->size == size_before)
		return true;
	talk->deadline_ns = SKT_MIN(now_ns + more_ns, talk->end_ns);
	return !is_complete(talk);
}

/* A count, or -errno. */
static ssize_t receive(struct skt_talk *talk)
{
	uint8_t *to = talk->bytes + talk->size;
	size_t room = talk->room - talk->size;
	ssize_t n;

	if (talk->tls)
		return skt_talk_tls_read(talk->tls, to, room);
	n = recv(talk->fd, to, room, MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

static bool send_question(struct skt_talk *talk)
{
	const struct skt_talk_request *r = &talk->request;

	if (talk->tls)
		return skt_talk_tls_write(talk->tls, r->question, r->size) == (ssize_t)r->size;
	return send(talk->fd, r->question, r->size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)r->size;
}

/* Whether the talk goes on. */
static bool take_bytes(struct skt_talk *talk, uint64_t now_ns)
{
	const bool udp = talk->request.way == SKT_TALK_UDP;
	const size_t before = talk->size;

	for (;;) {
		ssize_t n = make_room(talk) ? receive(talk) : -ENOMEM;

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			return take_pause(talk, before, now_ns);
		if (n <= 0) {
			/* An empty datagram is an answer that says nothing. */
			talk->end = udp ? (n ? SKT_TALK_FAILED : SKT_TALK_ANSWERED)
				: n     ? SKT_TALK_RESET
					: SKT_TALK_CLOSED;
			return false;
		}
		talk->size += (size_t)n;
		talk->end = SKT_TALK_ANSWERED;
		if (udp || talk->size >= talk->request.limit)
			return false;
	}
}

/* Whether the talk goes on. */
static bool ask(struct skt_talk *talk, uint64_t now_ns)
{
	const struct skt_talk_request *r = &talk->request;

	talk->state = ASKED;
	talk->asked = true;
	talk->deadline_ns = talk->end_ns;
	if (r->way == SKT_TALK_UDP && !talk->again)
		talk->deadline_ns = now_ns + r->total_ns / 2;
	if (send_question(talk))
		return true;
	talk->end = r->way == SKT_TALK_UDP ? SKT_TALK_FAILED : SKT_TALK_RESET;
	return false;
}

/* The other side is there. Whether the talk goes on. */
static bool begin(struct skt_talk *talk, uint64_t now_ns)
{
	const struct skt_talk_request *r = &talk->request;

	talk->state = LISTENING;
	talk->end = SKT_TALK_CUT;
	talk->deadline_ns = r->size ? SKT_MIN(now_ns + r->quiet_ns, talk->end_ns) : talk->end_ns;
	return r->quiet_ns || !r->size || ask(talk, now_ns);
}

/* Whether the talk goes on. */
static bool take_shake(struct skt_talk *talk, uint64_t now_ns)
{
	int rc = skt_talk_tls_shake(talk->tls);

	if (!rc)
		return begin(talk, now_ns);
	talk->end = SKT_TALK_FAILED;
	return rc == -EAGAIN;
}

static bool take_event(const struct skt_talks *t, struct skt_talk *talk, uint64_t now_ns)
{
	const struct skt_talk_request *r = &talk->request;

	if (talk->state == SHAKING)
		return take_shake(talk, now_ns);
	if (talk->state != CONNECTING)
		return take_bytes(talk, now_ns);
	if (!is_connected(talk))
		return false;
	talk->end_ns = now_ns + r->total_ns;
	if (r->way != SKT_TALK_TLS)
		return begin(talk, now_ns);
	if (!t->config.tls ||
		skt_talk_tls_new(t->config.tls, talk->fd, &r->addr, r->name, &talk->tls))
		return false;
	talk->state = SHAKING;
	talk->deadline_ns = talk->end_ns;
	return take_shake(talk, now_ns);
}

/* Time is over for what was waited for. Whether the talk goes on. */
static bool take_silence(struct skt_talk *talk, uint64_t now_ns)
{
	if (talk->state == CONNECTING || talk->state == SHAKING) {
		talk->end = talk->state == SHAKING ? SKT_TALK_SILENT : SKT_TALK_FAILED;
		return false;
	}
	if (talk->state == ASKED && talk->request.way == SKT_TALK_UDP && !talk->again) {
		talk->again = true;
		return ask(talk, now_ns);
	}
	if (talk->state == ASKED || talk->size || now_ns >= talk->end_ns) {
		talk->end = talk->size ? SKT_TALK_ANSWERED : SKT_TALK_SILENT;
		return false;
	}
	return ask(talk, now_ns);
}

static short events_of(const struct skt_talk *talk)
{
	if (talk->state == CONNECTING)
		return POLLOUT;
	return talk->tls ? skt_talk_tls_events(talk->tls) : POLLIN;
}

int skt_talks_step(struct skt_talks *t, uint64_t until_ns)
{
	uint64_t now_ns = skt_clock_ns();
	size_t count;
	int rc;

	until_ns = SKT_MIN(until_ns, begin_some(t, now_ns));
	count = t->count;
	for (size_t i = 0; i < count; i++) {
		until_ns = SKT_MIN(until_ns, t->talks[i].deadline_ns);
		t->polls[i] = (struct pollfd){
			.fd = t->talks[i].fd,
			.events = events_of(&t->talks[i]),
		};
	}
	rc = skt_wait_poll(t->polls, count, until_ns);
	if (rc < 0)
		return rc;
	now_ns = skt_clock_ns();
	/* From the end, since the last one takes the place of one that is done. */
	for (size_t i = count; i-- > 0;) {
		struct skt_talk *talk;
		bool on;

		/* Whoever is told may give up others. */
		if (i >= t->count)
			continue;
		talk = &t->talks[i];
		on = talk->fd != t->polls[i].fd || !t->polls[i].revents ||
			take_event(t, talk, now_ns);
		if (on && talk->deadline_ns <= now_ns)
			on = take_silence(talk, now_ns);
		if (!on)
			finish(t, i);
	}
	return 0;
}
