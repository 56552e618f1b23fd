/*
 * The pump: its logic told as stories, then every kind of source to every kind of sink, sizes that
 * fit and that do not, ends and breaks at every point. One loop, one thread, no clock.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/pump.h"

enum { BIG = 8 * 1024 * 1024, BOUND_S = 20 };

static char *pattern; /* BIG bytes, no part of which is like another */

static void pattern_make(void)
{
	uint64_t x = 88172645463325252u;

	pattern = malloc(BIG);
	assert_non_null(pattern);
	for (size_t i = 0; i < BIG; i += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(pattern + i, &x, sizeof(x));
	}
}

struct feeder {
	struct skt_watch watch;
	size_t at, size;
};

static void feeder_ready(struct skt_watch *watch, uint32_t events)
{
	struct feeder *feeder = SKT_CONTAINER(watch, struct feeder, watch);
	ssize_t n = 0;

	(void)events;
	if (feeder->at < feeder->size)
		n = write(watch->fd, pattern + feeder->at, feeder->size - feeder->at);
	if (n > 0)
		feeder->at += (size_t)n;
	if (feeder->at < feeder->size && (n > 0 || errno == EAGAIN))
		return;
	(void)shutdown(watch->fd, SHUT_WR);
	skt_watch_remove(watch);
	(void)close(watch->fd);
	watch->fd = -1;
}

struct eater {
	struct skt_watch watch;
	size_t at, bite;
	bool ended;
};

static void eater_ready(struct skt_watch *watch, uint32_t events)
{
	static char bytes[256 * 1024];
	struct eater *eater = SKT_CONTAINER(watch, struct eater, watch);
	ssize_t n = read(watch->fd, bytes, SKT_MIN(eater->bite, sizeof(bytes)));

	(void)events;
	if (n > 0) {
		assert_true(eater->at + (size_t)n <= BIG);
		assert_memory_equal(bytes, pattern + eater->at, (size_t)n);
		eater->at += (size_t)n;
	} else if (n == 0) {
		eater->ended = true;
		skt_watch_remove(watch);
	}
}

enum kind { UNIX, TCP, PIPE, FILES, APPEND, BLOCKING, NULLS };

static void tcp_pair(int pair[2])
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int size = 128 * 1024; /* so that a transfer cannot hide in the buffers of the kernel */

	(void)setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(bind(listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(connect(pair[0], (struct sockaddr *)&sin, len), 0);
	pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(pair[1] >= 0);
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	(void)close(listener);
}

static int temp_file(int flags)
{
	char name[] = "/tmp/skt-pump-XXXXXX";
	int fd = mkostemp(name, flags | O_CLOEXEC);

	assert_true(fd >= 0);
	(void)unlink(name);
	return fd;
}

/* pair[0]: our end, non-blocking, or -1; pair[1]: the pump's. Writable where the pump writes. */
static void make_pair(enum kind kind, bool pump_writes, int pair[2])
{
	int ends[2];

	pair[0] = -1;
	switch (kind) {
	case UNIX:
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
			0);
		break;
	case BLOCKING:
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
		break;
	case TCP:
		tcp_pair(pair);
		break;
	case PIPE:
		/* The pump's end blocks, as a shell's does. */
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		pair[0] = ends[!pump_writes];
		pair[1] = ends[pump_writes];
		(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
		break;
	case FILES:
		pair[1] = temp_file(0);
		break;
	case APPEND:
		pair[1] = temp_file(O_APPEND);
		break;
	case NULLS:
		pair[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
		break;
	}
}

struct run {
	struct skt_loop loop;
	struct skt_pump_pool pool;
	struct skt_stream source, sink;
	struct skt_pump pump;
	struct feeder feeder;
	struct eater eater;
	int done;
};

static struct run *current;

static void run_done(struct skt_pump *pump)
{
	assert_ptr_equal(pump, &current->pump);
	current->done++;
}

static void run_open(struct run *run, enum kind from, enum kind to, size_t size, size_t bite)
{
	int in[2], out[2];

	memset(run, 0, sizeof(*run));
	current = run;
	assert_int_equal(skt_loop_init(&run->loop), 0);
	make_pair(from, false, in);
	make_pair(to, true, out);
	assert_int_equal(skt_stream_open(&run->source, &run->loop, in[1]), 0);
	assert_int_equal(skt_stream_open(&run->sink, &run->loop, out[1]), 0);
	run->source.owns = run->sink.owns = true;
	if (from == FILES) {
		assert_int_equal(write(in[1], pattern, size), size);
		assert_int_equal(lseek(in[1], 0, SEEK_SET), 0);
	}
	run->feeder.watch.fd = in[0];
	run->feeder.size = size;
	run->feeder.watch.handler = feeder_ready;
	run->feeder.watch.events = EPOLLOUT;
	if (in[0] >= 0)
		assert_int_equal(skt_watch_add(&run->loop, &run->feeder.watch), 0);
	run->eater.watch.fd = out[0];
	run->eater.watch.handler = eater_ready;
	run->eater.watch.events = EPOLLIN;
	run->eater.bite = bite;
	if (out[0] >= 0)
		assert_int_equal(skt_watch_add(&run->loop, &run->eater.watch), 0);
	run->pump = (struct skt_pump){.loop = &run->loop,
		.source = &run->source,
		.sink = &run->sink,
		.pool = &run->pool,
		.done = run_done};
}

/* Rounds of the loop until nothing moves or DONE; the bound is for a test that hangs. */
static void run_until_done(struct run *run)
{
	uint64_t bound = skt_clock_ns() + BOUND_S * SKT_NS_PER_SEC;

	while (!run->done) {
		assert_int_equal(skt_loop_step(&run->loop, bound), 0);
		assert_true(skt_clock_ns() < bound);
	}
}

static void run_close(struct run *run)
{
	skt_pump_stop(&run->pump);
	skt_watch_remove(&run->feeder.watch);
	skt_watch_remove(&run->eater.watch);
	skt_stream_close(&run->source);
	skt_stream_close(&run->sink);
	if (run->feeder.watch.fd >= 0)
		(void)close(run->feeder.watch.fd);
	if (run->eater.watch.fd >= 0)
		(void)close(run->eater.watch.fd);
	skt_pump_pool_fini(&run->pool);
	skt_loop_fini(&run->loop);
}

/* What is left in the sockets is eaten up, and a file is read back. */
static void check_arrived(struct run *run, enum kind to, size_t size)
{
	uint64_t bound = skt_clock_ns() + BOUND_S * SKT_NS_PER_SEC;

	if (to == PIPE) {
		(void)close(run->sink.fd);
		skt_watch_remove(&run->sink.watch);
		run->sink.owns = false;
	}
	while (run->eater.watch.fd >= 0 && !run->eater.ended) {
		assert_int_equal(skt_loop_step(&run->loop, bound), 0);
		assert_true(skt_clock_ns() < bound);
	}
	if (to == FILES || to == APPEND) {
		char *bytes = malloc(size + 1);

		assert_non_null(bytes);
		assert_int_equal(pread(run->sink.fd, bytes, size + 1, 0), size);
		assert_memory_equal(bytes, pattern, size);
		free(bytes);
	} else if (to != NULLS) {
		assert_int_equal(run->eater.at, size);
	}
}

struct count_tap {
	struct skt_tap tap;
	size_t count;
};

static void see_count(struct skt_tap *tap, const char *bytes, size_t len)
{
	struct count_tap *count = SKT_CONTAINER(tap, struct count_tap, tap);

	assert_memory_equal(bytes, pattern + count->count, len);
	count->count += len;
}

static enum skt_pump_path transfer(enum kind from, enum kind to, size_t size, size_t bite, bool tap)
{
	struct count_tap count = {.tap.see = see_count};
	enum skt_pump_path path;
	struct run run;

	run_open(&run, from, to, size, bite);
	if (tap)
		run.pump.taps = &count.tap;
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	assert_int_equal(run.pump.flow.error, 0);
	assert_false(skt_flow_incomplete(&run.pump.flow));
	assert_int_equal(run.pump.flow.taken, size);
	assert_int_equal(run.pump.flow.delivered, size);
	if (tap)
		assert_int_equal(count.count, size);
	assert_int_equal(run.pump.first_ns != 0, size != 0);
	path = run.pump.path;
	check_arrived(&run, to, size);
	assert_int_equal(run.done, 1);
	run_close(&run);
	return path;
}

static void test_every_kind_to_every_kind(void **state)
{
	static const enum kind from[] = {UNIX, BLOCKING, TCP, PIPE, FILES};
	static const enum kind to[] = {UNIX, BLOCKING, TCP, PIPE, FILES, APPEND, NULLS};
	static const size_t sizes[] = {0, 1, 65537, BIG};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(from); f++)
		for (size_t t = 0; t < SKT_COUNT(to); t++)
			for (size_t s = 0; s < SKT_COUNT(sizes); s++)
				(void)transfer(from[f], to[t], sizes[s], 256 * 1024, false);
}

static void test_taps_see_every_byte(void **state)
{
	static const enum kind kinds[] = {TCP, PIPE, FILES};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(kinds); f++)
		for (size_t t = 0; t < SKT_COUNT(kinds); t++)
			assert_int_equal(
				transfer(kinds[f], kinds[t], 1000003, 65536, true), SKT_PUMP_COPY);
}

static void test_slow_reader(void **state)
{
	(void)state;
	(void)transfer(UNIX, UNIX, 1000003, 999, false);
	(void)transfer(TCP, TCP, 1000003, 999, false);
	(void)transfer(PIPE, PIPE, 300007, 999, false);
	(void)transfer(FILES, PIPE, 300007, 999, false);
	(void)transfer(TCP, UNIX, 300007, 999, true);
}

static void test_path_fits_the_kinds(void **state)
{
	(void)state;
	assert_int_equal(transfer(FILES, TCP, BIG, BIG, false), SKT_PUMP_SENDFILE);
	assert_int_equal(transfer(PIPE, TCP, BIG, BIG, false), SKT_PUMP_SPLICE);
	assert_int_equal(transfer(TCP, PIPE, BIG, BIG, false), SKT_PUMP_SPLICE);
	assert_int_equal(transfer(TCP, NULLS, BIG, BIG, false), SKT_PUMP_RELAY);
	assert_int_equal(transfer(TCP, FILES, BIG, BIG, false), SKT_PUMP_RELAY);
	assert_int_equal(transfer(TCP, APPEND, BIG, BIG, false), SKT_PUMP_COPY);
	assert_int_equal(transfer(FILES, BLOCKING, BIG, BIG, false), SKT_PUMP_COPY);
	/* Too little for a pipe in between. */
	assert_int_equal(transfer(TCP, TCP, 1000, BIG, false), SKT_PUMP_COPY);
	assert_string_equal(skt_pump_path_name(SKT_PUMP_RELAY), "relay");
}

/* The kernel refuses what the kinds promised: the same bytes arrive by another way. */
static void test_refusal_loses_nothing(void **state)
{
	static const enum kind from[] = {TCP, PIPE, FILES};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(from); f++) {
		struct run run;

		run_open(&run, from[f], APPEND, 1000003, 0);
		run.sink.append = false; /* so that nobody knows before */
		assert_int_equal(skt_pump_start(&run.pump), 0);
		assert_true(run.pump.path != SKT_PUMP_COPY || run.pump.relayable);
		run_until_done(&run);
		assert_int_equal(run.pump.path, SKT_PUMP_COPY);
		assert_int_equal(run.pump.flow.delivered, 1000003);
		check_arrived(&run, APPEND, 1000003);
		run_close(&run);
	}
}

/* No descriptor is left for a pipe in between: memory has to do. */
static void test_relay_without_descriptors(void **state)
{
	struct rlimit before, none;
	struct run run;

	(void)state;
	run_open(&run, TCP, NULLS, BIG, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(run.pump.path, SKT_PUMP_COPY);
	assert_int_equal(run.pump.flow.error, 0);
	assert_int_equal(run.pump.flow.delivered, BIG);
	run_close(&run);
}

/* Steps that find nothing to do: the loop must not be busy. */
static void assert_idle(struct skt_loop *loop)
{
	uint64_t before;

	/* Whatever is in flight comes to rest first. */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(skt_loop_step(loop, 0), 0);
	before = loop->wakeups;
	assert_int_equal(skt_loop_step(loop, skt_clock_ns() + 2 * SKT_NS_PER_MS), 0);
	assert_true(skt_clock_ns() - loop->now_ns < SKT_NS_PER_SEC);
	assert_int_equal(loop->wakeups, before + 1);
	assert_null(loop->ready);
}

static void test_full_sink_then_end_of_source(void **state)
{
	static const enum kind kinds[] = {UNIX, TCP, PIPE};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(kinds); f++) {
		for (size_t t = 0; t < SKT_COUNT(kinds); t++) {
			struct run run;

			run_open(&run, kinds[f], kinds[t], BIG, 65536);
			assert_int_equal(skt_watch_set(&run.eater.watch, 0), 0);
			assert_int_equal(skt_pump_start(&run.pump), 0);
			assert_idle(&run.loop); /* everything is full, and nobody spins */
			assert_int_equal(run.done, 0);
			assert_true(run.feeder.at < BIG);
			/* The source ends while its bytes wait. */
			run.feeder.size = run.feeder.at;
			feeder_ready(&run.feeder.watch, EPOLLOUT);
			assert_idle(&run.loop);
			assert_int_equal(run.done, 0);
			assert_int_equal(skt_watch_set(&run.eater.watch, EPOLLIN), 0);
			run_until_done(&run);
			assert_int_equal(run.pump.flow.error, 0);
			check_arrived(&run, kinds[t], run.feeder.size);
			run_close(&run);
		}
	}
}

static void test_sink_goes_away(void **state)
{
	static const enum kind kinds[] = {UNIX, TCP, PIPE};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(kinds); f++) {
		for (size_t t = 0; t < SKT_COUNT(kinds); t++) {
			struct run run;

			run_open(&run, kinds[f], kinds[t], BIG, 65536);
			assert_int_equal(skt_watch_set(&run.eater.watch, 0), 0);
			assert_int_equal(skt_pump_start(&run.pump), 0);
			assert_idle(&run.loop);
			/* Unread bytes make this a reset for sockets. */
			(void)close(run.eater.watch.fd);
			run.eater.watch.fd = -1;
			run.eater.watch.loop = NULL;
			run_until_done(&run);
			assert_int_equal(run.pump.flow.broken, SKT_FLOW_SINK);
			assert_true(skt_stream_is_gone(run.pump.flow.error));
			assert_true(skt_flow_incomplete(&run.pump.flow));
			assert_true(run.pump.flow.delivered < BIG);
			run_close(&run);
		}
	}
}

/* A reset by the source with bytes in between: what had come is delivered, and the break is told.
 */
static void test_source_resets(void **state)
{
	static const enum kind kinds[] = {UNIX, TCP, PIPE};

	(void)state;
	for (size_t t = 0; t < SKT_COUNT(kinds); t++) {
		struct linger hard = {.l_onoff = 1};
		struct run run;

		run_open(&run, TCP, kinds[t], BIG, 65536);
		assert_int_equal(skt_watch_set(&run.eater.watch, 0), 0);
		assert_int_equal(skt_pump_start(&run.pump), 0);
		assert_idle(&run.loop);
		skt_watch_remove(&run.feeder.watch);
		(void)setsockopt(run.feeder.watch.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		(void)close(run.feeder.watch.fd);
		run.feeder.watch.fd = -1;
		assert_int_equal(skt_watch_set(&run.eater.watch, EPOLLIN), 0);
		run_until_done(&run);
		assert_int_equal(run.pump.flow.broken, SKT_FLOW_SOURCE);
		assert_int_equal(run.pump.flow.error, -ECONNRESET);
		assert_int_equal(run.pump.flow.held, 0);
		assert_true(skt_flow_incomplete(&run.pump.flow));
		/* The sink was not told an end that was none. */
		assert_false(run.pump.flow.finished);
		run_close(&run);
	}
}

/* Two pumps across two sockets: each direction ends on its own. */
static int ended[2];

static void first_ended(struct skt_pump *pump)
{
	(void)pump;
	ended[0]++;
}

static void second_ended(struct skt_pump *pump)
{
	(void)pump;
	ended[1]++;
}

static void test_half_close_each_way(void **state)
{
	(void)state;
	for (int way = 0; way < 2; way++) {
		struct skt_loop loop;
		struct skt_pump_pool pool = {0};
		struct skt_stream streams[2];
		struct skt_pump pumps[2];
		int a[2], b[2];
		char bytes[8];

		ended[0] = ended[1] = 0;
		assert_int_equal(skt_loop_init(&loop), 0);
		tcp_pair(a);
		tcp_pair(b);
		assert_int_equal(skt_stream_open(&streams[0], &loop, a[1]), 0);
		assert_int_equal(skt_stream_open(&streams[1], &loop, b[1]), 0);
		for (int i = 0; i < 2; i++) {
			pumps[i] = (struct skt_pump){.loop = &loop,
				.source = &streams[i],
				.sink = &streams[!i],
				.pool = &pool,
				.done = i ? second_ended : first_ended};
			assert_int_equal(skt_pump_start(&pumps[i]), 0);
		}
		/* One side says all it has; the other answers after the end was seen. */
		assert_int_equal(send(way ? b[0] : a[0], "ask", 3, 0), 3);
		(void)shutdown(way ? b[0] : a[0], SHUT_WR);
		assert_idle(&loop);
		assert_int_equal(ended[way], 1);
		assert_int_equal(ended[!way], 0);
		assert_int_equal(recv(way ? a[0] : b[0], bytes, sizeof(bytes), MSG_DONTWAIT), 3);
		assert_int_equal(recv(way ? a[0] : b[0], bytes, sizeof(bytes), MSG_DONTWAIT), 0);
		assert_int_equal(send(way ? a[0] : b[0], "reply", 5, 0), 5);
		assert_idle(&loop);
		assert_int_equal(recv(way ? b[0] : a[0], bytes, sizeof(bytes), MSG_DONTWAIT), 5);
		assert_int_equal(ended[!way], 0);
		(void)close(way ? a[0] : b[0]);
		assert_idle(&loop);
		assert_int_equal(ended[!way], 1);
		assert_int_equal(recv(way ? b[0] : a[0], bytes, sizeof(bytes), MSG_DONTWAIT), 0);
		assert_int_equal(pumps[0].flow.error | pumps[1].flow.error, 0);
		for (int i = 0; i < 2; i++)
			skt_stream_close(&streams[i]);
		(void)close(way ? b[0] : a[0]);
		(void)close(a[1]);
		(void)close(b[1]);
		skt_pump_pool_fini(&pool);
		skt_loop_fini(&loop);
	}
}

/* A stream to itself; the client is full both ways for a while. */
static void test_echo(void **state)
{
	struct run run;
	int pair[2];

	(void)state;
	memset(&run, 0, sizeof(run));
	current = &run;
	assert_int_equal(skt_loop_init(&run.loop), 0);
	tcp_pair(pair);
	assert_int_equal(skt_stream_open(&run.source, &run.loop, pair[1]), 0);
	run.source.owns = true;
	run.pump = (struct skt_pump){.loop = &run.loop,
		.source = &run.source,
		.sink = &run.source,
		.pool = &run.pool,
		.done = run_done};
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run.feeder = (struct feeder){.size = BIG,
		.watch = {.fd = dup(pair[0]), .events = EPOLLOUT, .handler = feeder_ready}};
	run.eater = (struct eater){
		.bite = 65536, .watch = {.fd = pair[0], .events = 0, .handler = eater_ready}};
	assert_int_equal(skt_watch_add(&run.loop, &run.feeder.watch), 0);
	assert_int_equal(skt_watch_add(&run.loop, &run.eater.watch), 0);
	assert_idle(&run.loop);
	assert_int_equal(skt_watch_set(&run.eater.watch, EPOLLIN), 0);
	run_until_done(&run);
	check_arrived(&run, TCP, BIG);
	skt_stream_close(&run.source);
	(void)close(pair[0]);
	skt_pump_pool_fini(&run.pool);
	skt_loop_fini(&run.loop);
}

static void test_full_device_is_the_sinks_error(void **state)
{
	static const enum kind from[] = {TCP, PIPE, FILES};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(from); f++) {
		struct run run;

		run_open(&run, from[f], NULLS, 65537, 0);
		skt_stream_close(&run.sink);
		assert_int_equal(skt_stream_open(&run.sink, &run.loop,
					 open("/dev/full", O_WRONLY | O_CLOEXEC)),
			0);
		run.sink.owns = true;
		assert_int_equal(skt_pump_start(&run.pump), 0);
		run_until_done(&run);
		assert_int_equal(run.pump.flow.broken, SKT_FLOW_SINK);
		assert_int_equal(run.pump.flow.error, -ENOSPC);
		run_close(&run);
	}
}

static void test_directory_is_the_sources_error(void **state)
{
	struct run run;

	(void)state;
	run_open(&run, FILES, TCP, 1, 65536);
	skt_stream_close(&run.source);
	assert_int_equal(skt_stream_open(&run.source, &run.loop,
				 open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
		0);
	run.source.owns = true;
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	assert_int_equal(run.pump.flow.broken, SKT_FLOW_SOURCE);
	assert_int_equal(run.pump.flow.error, -EISDIR);
	run_close(&run);
}

static void test_stop_in_the_middle(void **state)
{
	struct run run;

	(void)state;
	run_open(&run, TCP, TCP, BIG, 65536);
	assert_int_equal(skt_watch_set(&run.eater.watch, 0), 0);
	assert_int_equal(skt_pump_start(&run.pump), 0);
	assert_idle(&run.loop);
	assert_true(run.pump.flow.held > 0);
	skt_pump_stop(&run.pump);
	skt_pump_stop(&run.pump);
	assert_true(run.pump.flow.held > 0); /* what was lost is still to be read */
	assert_int_equal(run.done, 0);
	/* A pipe with bytes in it does not go back to the pool. */
	assert_int_equal(run.pool.pipe_count, 0);
	run_close(&run);
}

/*
 * Sinks that take nothing: only so many pipes are lent, who has held one for long gives it up to
 * the next, and all of it arrives in the end.
 */
static void test_stalled_pumps_share_pipes(void **state)
{
	enum { COUNT = SKT_PUMP_PIPES_MAX + 8 };
	struct run *runs = calloc(COUNT, sizeof(*runs));
	struct skt_pump_pool *pool;
	size_t holding = 0;

	(void)state;
	assert_non_null(runs);
	pool = &runs[0].pool;
	for (size_t i = 0; i < COUNT; i++) {
		run_open(&runs[i], TCP, TCP, BIG, BIG);
		assert_int_equal(skt_watch_set(&runs[i].eater.watch, 0), 0);
		runs[i].pump.pool = pool;
		/* The last one finds that the first has had its time. */
		if (i == COUNT - 1)
			pool->holders->held_ns = 0;
		assert_int_equal(skt_pump_start(&runs[i].pump), 0);
		assert_idle(&runs[i].loop);
		assert_true(runs[i].pump.flow.held > 0);
		assert_true(pool->lent + pool->pipe_count <= SKT_PUMP_PIPES_MAX);
	}
	for (size_t i = 0; i < COUNT; i++)
		holding += runs[i].pump.has_pipe;
	assert_int_equal(holding, pool->lent);
	assert_int_equal(holding, SKT_PUMP_PIPES_MAX);
	assert_false(runs[0].pump.has_pipe);
	assert_non_null(runs[0].pump.kept);
	assert_true(runs[COUNT - 1].pump.has_pipe);
	for (size_t i = COUNT; i-- > 0;) {
		current = &runs[i];
		assert_int_equal(skt_watch_set(&runs[i].eater.watch, EPOLLIN), 0);
		run_until_done(&runs[i]);
		check_arrived(&runs[i], TCP, BIG);
		run_close(&runs[i]);
	}
	assert_int_equal(pool->lent, 0);
	free(runs);
}

static void test_keep_open(void **state)
{
	struct run run;
	char byte;

	(void)state;
	run_open(&run, PIPE, TCP, 0, 65536);
	run.pump.keep_open = true;
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	skt_watch_remove(&run.eater.watch);
	assert_int_equal(recv(run.eater.watch.fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	run_close(&run);
}

/* Idle pumps hold no memory and no descriptors beyond their own. */
static void test_idle_holds_nothing(void **state)
{
	struct run run;

	(void)state;
	run_open(&run, TCP, UNIX, 3 * 1024 * 1024, 65536);
	run.feeder.watch.handler = feeder_ready;
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	assert_null(run.pump.kept);
	assert_false(run.pump.has_pipe);
	assert_in_range(run.pool.pipe_count, 0, 1);
	run_close(&run);
}

static void test_records_keep_their_bounds(void **state)
{
	struct run run;
	int in[2], out[2];
	static char big[150000], got[200000];

	(void)state;
	run_open(&run, UNIX, UNIX, 0, 1);
	skt_watch_remove(&run.feeder.watch);
	skt_watch_remove(&run.eater.watch);
	skt_stream_close(&run.source);
	skt_stream_close(&run.sink);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, in), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, out), 0);
	assert_int_equal(skt_stream_open(&run.source, &run.loop, in[1]), 0);
	assert_int_equal(skt_stream_open(&run.sink, &run.loop, out[1]), 0);
	assert_int_equal(run.source.kind, SKT_STREAM_RECORDS);
	assert_int_equal(skt_pump_start(&run.pump), 0);
	assert_int_equal(send(in[0], "ab", 2, 0), 2);
	assert_int_equal(send(in[0], big, sizeof(big), 0), sizeof(big));
	assert_idle(&run.loop);
	assert_int_equal(recv(out[0], got, sizeof(got), 0), 2);
	assert_int_equal(recv(out[0], got, sizeof(got), 0), sizeof(big));
	(void)close(in[0]);
	run_until_done(&run);
	assert_int_equal(recv(out[0], got, sizeof(got), 0), 0);
	skt_stream_close(&run.source);
	skt_stream_close(&run.sink);
	(void)close(in[1]);
	(void)close(out[0]);
	(void)close(out[1]);
	run_close(&run);
}

static void test_bytes_into_records(void **state)
{
	struct run run;
	int out[2];
	static char got[200000];
	size_t total = 0;
	ssize_t n;

	(void)state;
	run_open(&run, FILES, NULLS, 300007, 1);
	skt_stream_close(&run.sink);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, out), 0);
	assert_int_equal(skt_stream_open(&run.sink, &run.loop, out[1]), 0);
	assert_int_equal(skt_pump_start(&run.pump), 0);
	while (!run.done || total < 300007) {
		assert_int_equal(skt_loop_step(&run.loop, 0), 0);
		n = recv(out[0], got, sizeof(got), MSG_DONTWAIT);
		if (n <= 0)
			continue;
		assert_true(n <= 65536);
		assert_memory_equal(got, pattern + total, (size_t)n);
		total += (size_t)n;
	}
	assert_int_equal(run.pump.flow.error, 0);
	(void)close(out[0]);
	(void)close(out[1]);
	run_close(&run);
}

static void test_bucket(void **state)
{
	static const uint64_t rates[] = {1, 2, 19, 20, 21, 300, 1000, 65537, 10000000000};
	struct skt_bucket bucket;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(rates); i++) {
		uint64_t now = 12345, spent = 0, start = now, woken = 0;

		skt_bucket_init(&bucket, rates[i]);
		assert_int_equal(skt_bucket_level(&bucket, now), bucket.burst);
		while (now - start < 10 * SKT_NS_PER_SEC) {
			uint64_t level = skt_bucket_level(&bucket, now);

			if (!level) {
				uint64_t when = skt_bucket_when(&bucket);

				/* Never a wake-up for nothing. */
				assert_true(when > now);
				assert_true(skt_bucket_level(&bucket, when) > 0);
				now = when;
				woken++;
				continue;
			}
			skt_bucket_spend(&bucket, level, now);
			spent += level;
		}
		/* What ten seconds earn and a full bucket, and no more; and nearly all of it. */
		assert_true(spent <= 10 * rates[i] + 2 * bucket.burst);
		assert_true(spent + 2 * bucket.burst >= 10 * rates[i]);
		assert_true(woken <= 1000);
	}
}

static void test_rate_limit(void **state)
{
	static const enum kind from[] = {FILES, PIPE, TCP};

	(void)state;
	for (size_t f = 0; f < SKT_COUNT(from); f++) {
		struct skt_bucket bucket;
		uint64_t begin = skt_clock_ns(), took;
		struct run run;

		skt_bucket_init(&bucket, 5000000);
		run_open(&run, from[f], TCP, 750000, 65536);
		run.pump.bucket = &bucket;
		assert_int_equal(skt_pump_start(&run.pump), 0);
		run_until_done(&run);
		took = skt_clock_ns() - begin;
		/* 750 kB at 5 MB/s less the full bucket of 250 kB: 100 ms. */
		assert_true(took >= 95 * SKT_NS_PER_MS);
		assert_true(run.loop.wakeups < 1000);
		check_arrived(&run, TCP, 750000);
		run_close(&run);
	}
}

static void crlf_is(const char *const *pieces, const char *expected)
{
	struct skt_crlf crlf;
	char out[256];
	size_t len = 0;

	skt_crlf_init(&crlf);
	for (; *pieces; pieces++)
		len += crlf.transform.apply(
			&crlf.transform, guard_text(*pieces), strlen(*pieces), out + len);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(out, expected, len);
}

static void test_crlf(void **state)
{
	(void)state;
	crlf_is((const char *[]){"a\nb\n", NULL}, "a\r\nb\r\n");
	crlf_is((const char *[]){"a\r\nb\r\n", NULL}, "a\r\nb\r\n");
	crlf_is((const char *[]){"a\r", "\nb", NULL}, "a\r\nb");
	crlf_is((const char *[]){"a\r", "b\n", NULL}, "a\rb\r\n");
	crlf_is((const char *[]){"\n", "\n", NULL}, "\r\n\r\n");
	crlf_is((const char *[]){"\r\n\n", NULL}, "\r\n\r\n");
	crlf_is((const char *[]){"\r", "", "\n", NULL}, "\r\n");
	crlf_is((const char *[]){"", NULL}, "");
}

static void test_crlf_through_a_pump(void **state)
{
	struct run run;
	struct skt_crlf crlf;
	size_t newlines = 0, size = 1000003;
	char *expected = malloc(2 * size), *got = malloc(2 * size), *p = expected;

	(void)state;
	assert_non_null(expected);
	assert_non_null(got);
	for (size_t i = 0; i < size; i++) {
		if (pattern[i] == '\n' && (i == 0 || pattern[i - 1] != '\r')) {
			*p++ = '\r';
			newlines++;
		}
		*p++ = pattern[i];
	}
	assert_true(newlines > 1000);
	skt_crlf_init(&crlf);
	run_open(&run, TCP, FILES, size, 0);
	run.pump.transform = &crlf.transform;
	assert_int_equal(skt_pump_start(&run.pump), 0);
	run_until_done(&run);
	assert_int_equal(run.pump.flow.taken, size);
	assert_int_equal(run.pump.flow.delivered, size + newlines);
	assert_int_equal(pread(run.sink.fd, got, 2 * size, 0), size + newlines);
	assert_memory_equal(got, expected, size + newlines);
	free(expected);
	free(got);
	run_close(&run);
}

static void test_flow_stories(void **state)
{
	struct skt_flow flow = {0};

	(void)state;
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_TAKE);
	assert_true(skt_flow_incomplete(&flow));
	skt_flow_took(&flow, 10, 12);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_GIVE);
	skt_flow_gave(&flow, 5);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_GIVE);
	skt_flow_ended(&flow);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_GIVE);
	assert_true(skt_flow_incomplete(&flow));
	skt_flow_gave(&flow, 7);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_FINISH);
	skt_flow_finished(&flow);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_DONE);
	assert_false(skt_flow_incomplete(&flow));
	assert_int_equal(flow.taken, 10);
	assert_int_equal(flow.delivered, 12);

	/* A transform may swallow everything. */
	flow = (struct skt_flow){0};
	skt_flow_took(&flow, 10, 0);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_TAKE);
	skt_flow_moved(&flow, 90);
	assert_int_equal(flow.taken, 100);
	assert_int_equal(flow.delivered, 90);

	/* The source breaks: what is held is given first. */
	skt_flow_took(&flow, 3, 3);
	skt_flow_broke(&flow, SKT_FLOW_SOURCE, -ECONNRESET);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_GIVE);
	skt_flow_gave(&flow, 1);
	/* Then the sink: the rest is lost, and the first reason stands. */
	skt_flow_broke(&flow, SKT_FLOW_SINK, -EPIPE);
	assert_int_equal(skt_flow_next(&flow), SKT_FLOW_DONE);
	assert_int_equal(flow.held, 2);
	assert_int_equal(flow.error, -ECONNRESET);
	assert_true(skt_flow_incomplete(&flow));
}

static int group_setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	pattern_make();
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	free(pattern);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_flow_stories),
		unit_test(test_every_kind_to_every_kind),
		unit_test(test_taps_see_every_byte),
		unit_test(test_slow_reader),
		unit_test(test_path_fits_the_kinds),
		unit_test(test_refusal_loses_nothing),
		unit_test(test_relay_without_descriptors),
		unit_test(test_full_sink_then_end_of_source),
		unit_test(test_sink_goes_away),
		unit_test(test_source_resets),
		unit_test(test_half_close_each_way),
		unit_test(test_echo),
		unit_test(test_full_device_is_the_sinks_error),
		unit_test(test_directory_is_the_sources_error),
		unit_test(test_stop_in_the_middle),
		unit_test(test_stalled_pumps_share_pipes),
		unit_test(test_keep_open),
		unit_test(test_idle_holds_nothing),
		unit_test(test_records_keep_their_bounds),
		unit_test(test_bytes_into_records),
		unit_test(test_bucket),
		unit_test(test_rate_limit),
		unit_test(test_crlf),
		unit_test(test_crlf_through_a_pump),
	};

	return cmocka_run_group_tests_name("pump", tests, group_setup, group_teardown);
}
