#include "scan/banner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/socket.h"
#include "scan/pacer.h"
#include "scan/wait.h"

enum {
	TALKS_MAX = 128,
	QUEUE_MAX = 65536,
	LACKS_MAX = 200, /* how often in a row no socket can be had, each time waited for */
};

static const uint64_t connect_ns = 3 * SKT_NS_PER_SEC;
/* Servers that look the client's name up first take their time. */
static const uint64_t greeting_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t no_greeting_ns = 200 * SKT_NS_PER_MS;
static const uint64_t answer_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t more_ns = 200 * SKT_NS_PER_MS; /* behind the last byte */
static const uint64_t lack_ns = 20 * SKT_NS_PER_MS;

enum talk_state { CONNECTING, LISTENING, ASKED };

struct talk {
	struct skt_scan_result result;
	int fd;
	enum talk_state state;
	uint64_t deadline_ns; /* of the state, or of the next byte */
	size_t size;
	uint8_t bytes[SKT_GREETING_BYTES_MAX];
};

struct skt_banners {
	struct skt_banners_config config;
	struct skt_pacer pacer;
	SKT_VEC(struct skt_scan_result) queue;
	size_t head; /* of the queue: everything before has begun */
	size_t count;
	unsigned int lacks;
	struct pollfd polls[TALKS_MAX];
	struct talk talks[TALKS_MAX];
};

int skt_banners_new(const struct skt_banners_config *config, struct skt_banners **ret)
{
	struct skt_banners *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->config = *config;
	skt_pacer_init(&b->pacer, config->rate, skt_clock_ns());
	*ret = b;
	return 0;
}

size_t skt_banners_waiting(const struct skt_banners *b)
{
	return b->count + (b->queue.len - b->head);
}

int skt_banners_add(struct skt_banners *b, const struct skt_scan_result *result)
{
	int rc = 0;

	while (!rc && skt_banners_waiting(b) >= QUEUE_MAX)
		rc = skt_banners_step(b, skt_clock_ns() + lack_ns);
	return rc ? rc : skt_vec_push(&b->queue, *result);
}

/* ---- ends ---- */

static void finish(struct skt_banners *b, size_t i)
{
	const struct talk *talk = &b->talks[i];
	struct skt_greeting greeting;

	skt_socket_abort(talk->fd);
	if (talk->size)
		skt_greeting_read(talk->bytes, talk->size, talk->result.port, &greeting);
	b->config.done(b->config.ctx, &talk->result, talk->size ? &greeting : NULL);
	b->count--;
	if (i != b->count)
		b->talks[i] = b->talks[b->count];
}

/* The next of the queue, which had no talk. */
static void forgo(struct skt_banners *b)
{
	b->config.done(b->config.ctx, &b->queue.data[b->head++], NULL);
}

void skt_banners_give_up(struct skt_banners *b)
{
	while (b->count)
		finish(b, b->count - 1);
	while (b->head < b->queue.len)
		forgo(b);
}

void skt_banners_free(struct skt_banners *b)
{
	for (size_t i = 0; b && i < b->count; i++)
		skt_socket_abort(b->talks[i].fd);
	if (b)
		skt_vec_free(&b->queue);
	free(b);
}

/* ---- beginnings ---- */

static int open_and_connect(const struct skt_banners *b, const struct skt_scan_result *result)
{
	const int family = result->addr.family;
	const struct skt_addr *source = family == AF_INET ? &b->config.source4 : &b->config.source6;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);
	bool mptcp = false;
	int fd = skt_socket_open(family, SOCK_STREAM, &mptcp), rc = 0;

	if (fd < 0)
		return fd;
	if (b->config.interface)
		rc = skt_socket_bind_interface(fd, family, b->config.interface);
	if (!rc && len && bind(fd, (const struct sockaddr *)&sa, len))
		rc = -errno;
	len = skt_addr_to_sockaddr(&result->addr, result->port, &sa);
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
static uint64_t begin_some(struct skt_banners *b, uint64_t now_ns)
{
	while (b->head < b->queue.len && b->count < TALKS_MAX) {
		struct talk *talk = &b->talks[b->count];
		int fd;

		if (!skt_pacer_allow(&b->pacer, 1, now_ns))
			return skt_pacer_when(&b->pacer);
		fd = open_and_connect(b, &b->queue.data[b->head]);
		if (is_lack(fd) && b->count)
			return UINT64_MAX;
		if (is_lack(fd) && b->lacks++ < LACKS_MAX)
			return now_ns + lack_ns;
		b->lacks = 0;
		skt_pacer_spend(&b->pacer, 1);
		if (fd < 0) {
			forgo(b);
			continue;
		}
		talk->result = b->queue.data[b->head++];
		talk->fd = fd;
		talk->state = CONNECTING;
		talk->deadline_ns = now_ns + connect_ns;
		talk->size = 0;
		b->count++;
	}
	if (b->head == b->queue.len)
		b->head = b->queue.len = 0;
	return UINT64_MAX;
}

/* ---- in between ---- */

/* Whether there is a connection, and another's: a port that was left may meet itself. */
static bool is_connected(const struct talk *talk)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	return !getpeername(talk->fd, (struct sockaddr *)&sa, &len) &&
		!skt_local_is_self(talk->fd, &talk->result.addr, talk->result.port);
}

/* Whether the talk goes on. */
static bool take_bytes(struct talk *talk, uint64_t now_ns)
{
	for (;;) {
		ssize_t n = recv(talk->fd, talk->bytes + talk->size,
			sizeof(talk->bytes) - talk->size, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		/* One byte at a time could last for long. */
		if (!talk->size)
			talk->deadline_ns = now_ns + more_ns;
		talk->size += (size_t)n;
		if (skt_greeting_is_complete(talk->bytes, talk->size))
			return false;
	}
}

static bool take_event(struct talk *talk, uint64_t now_ns)
{
	if (talk->state != CONNECTING)
		return take_bytes(talk, now_ns);
	if (!is_connected(talk))
		return false;
	talk->state = LISTENING;
	talk->deadline_ns =
		now_ns + (skt_question_for(talk->result.port).first ? no_greeting_ns : greeting_ns);
	return true;
}

/* Time is over for what was waited for. Whether the talk goes on. */
static bool take_silence(struct talk *talk, uint64_t now_ns)
{
	struct skt_question question = skt_question_for(talk->result.port);

	if (talk->state != LISTENING || talk->size)
		return false;
	talk->state = ASKED;
	talk->deadline_ns = now_ns + answer_ns;
	return send(talk->fd, question.bytes, question.size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)question.size;
}

int skt_banners_step(struct skt_banners *b, uint64_t until_ns)
{
	uint64_t now_ns = skt_clock_ns();
	int rc;

	until_ns = SKT_MIN(until_ns, begin_some(b, now_ns));
	for (size_t i = 0; i < b->count; i++) {
		until_ns = SKT_MIN(until_ns, b->talks[i].deadline_ns);
		b->polls[i] = (struct pollfd){
			.fd = b->talks[i].fd,
			.events = b->talks[i].state == CONNECTING ? POLLOUT : POLLIN,
		};
	}
	rc = skt_wait_poll(b->polls, b->count, until_ns);
	if (rc < 0)
		return rc;
	now_ns = skt_clock_ns();
	/* From the end, since the last one takes the place of one that is done. */
	for (size_t i = b->count; i-- > 0;) {
		struct talk *talk = &b->talks[i];
		bool on = !b->polls[i].revents || take_event(talk, now_ns);

		if (on && talk->deadline_ns <= now_ns)
			on = take_silence(talk, now_ns);
		if (!on)
			finish(b, i);
	}
	return 0;
}
