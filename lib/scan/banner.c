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
	TALKS_MAX = 256,
	QUEUE_MAX = 65536,
	LACKS_MAX = 200, /* how often in a row no socket can be had, each time waited for */
};

static const uint64_t connect_ns = 3 * SKT_NS_PER_SEC;
/* Servers that look the client's name up first take their time, and some make a point of it. */
static const uint64_t talk_ns = 7 * SKT_NS_PER_SEC;
static const uint64_t greeting_ns = 2 * SKT_NS_PER_SEC;
static const uint64_t no_greeting_ns = 200 * SKT_NS_PER_MS;
static const uint64_t more_ns = 500 * SKT_NS_PER_MS; /* behind each byte */
static const uint64_t lack_ns = 20 * SKT_NS_PER_MS;

enum talk_state { CONNECTING, LISTENING, ASKED };

struct talk {
	struct skt_scan_result result;
	int fd;
	enum talk_state state;
	enum skt_greeting_end end; /* so far */
	bool asked;
	uint64_t deadline_ns; /* of the state, or of the next byte */
	uint64_t end_ns;      /* of all of it */
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
	const struct skt_question question = skt_question_for(talk->result.port);
	struct skt_greeting greeting = {.end = talk->end};

	skt_socket_abort(talk->fd);
	if (talk->asked && skt_greeting_is_echo(talk->bytes, talk->size, &question)) {
		greeting.end = SKT_GREETING_ECHO;
		greeting.service = "echo";
	} else if (talk->size) {
		skt_greeting_read(talk->bytes, talk->size, talk->result.port, &greeting);
		greeting.end = SKT_GREETING_WORDS;
	}
	b->config.done(b->config.ctx, &talk->result, &greeting);
	b->count--;
	if (i != b->count)
		b->talks[i] = b->talks[b->count];
}

/* The next of the queue, which had no talk. */
static void forgo(struct skt_banners *b, enum skt_greeting_end end)
{
	const struct skt_greeting greeting = {.end = end};

	b->config.done(b->config.ctx, &b->queue.data[b->head++], &greeting);
}

void skt_banners_give_up(struct skt_banners *b)
{
	while (b->count)
		finish(b, b->count - 1);
	while (b->head < b->queue.len)
		forgo(b, SKT_GREETING_CUT);
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
			forgo(b, SKT_GREETING_FAILED);
			continue;
		}
		talk->result = b->queue.data[b->head++];
		talk->fd = fd;
		talk->state = CONNECTING;
		talk->deadline_ns = now_ns + connect_ns;
		talk->end = SKT_GREETING_CUT;
		talk->asked = false;
		talk->size = 0;
		b->count++;
	}
	if (b->head == b->queue.len)
		b->head = b->queue.len = 0;
	return UINT64_MAX;
}

/* ---- in between ---- */

/* Whether there is a connection, and another's: a port that was left may meet itself. */
static bool is_connected(struct talk *talk)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa), error_len = sizeof(int);
	int error = 0;

	talk->end = SKT_GREETING_FAILED;
	if (!getpeername(talk->fd, (struct sockaddr *)&sa, &len))
		return !skt_local_is_self(talk->fd, &talk->result.addr, talk->result.port);
	/* One that was refused says ECONNREFUSED, one that was taken and reset something else. */
	if (!getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) &&
		(error == ECONNRESET || error == EPIPE))
		talk->end = SKT_GREETING_RESET;
	return false;
}

/* Whether the talk goes on. */
static bool take_bytes(struct talk *talk, uint64_t now_ns)
{
	for (;;) {
		ssize_t n = recv(talk->fd, talk->bytes + talk->size,
			sizeof(talk->bytes) - talk->size, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0) {
			talk->end = n ? SKT_GREETING_RESET : SKT_GREETING_CLOSED;
			return false;
		}
		/* One byte at a time is as good, but not for long. */
		talk->deadline_ns = SKT_MIN(now_ns + more_ns, talk->end_ns);
		talk->size += (size_t)n;
		if (skt_greeting_is_complete(talk->bytes, talk->size))
			return false;
	}
}

static bool take_event(struct talk *talk, uint64_t now_ns)
{
	const struct skt_question question = skt_question_for(talk->result.port);

	if (talk->state != CONNECTING)
		return take_bytes(talk, now_ns);
	if (!is_connected(talk))
		return false;
	talk->state = LISTENING;
	talk->end = SKT_GREETING_CUT;
	talk->end_ns = now_ns + talk_ns;
	talk->deadline_ns = question.never
		? talk->end_ns
		: now_ns + (question.first ? no_greeting_ns : greeting_ns);
	return true;
}

/* Time is over for what was waited for. Whether the talk goes on. */
static bool take_silence(struct talk *talk, uint64_t now_ns)
{
	const struct skt_question question = skt_question_for(talk->result.port);

	if (talk->state == CONNECTING) {
		talk->end = SKT_GREETING_FAILED;
		return false;
	}
	if (talk->state == ASKED || talk->size || now_ns >= talk->end_ns) {
		talk->end = SKT_GREETING_SILENT;
		return false;
	}
	talk->state = ASKED;
	talk->asked = true;
	talk->deadline_ns = talk->end_ns;
	if (send(talk->fd, question.bytes, question.size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		(ssize_t)question.size)
		return true;
	talk->end = SKT_GREETING_RESET;
	return false;
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
