/*
 * A wire that misbehaves exactly as told: forwards frames between two interfaces, and on the way
 * from the first to the second loses, doubles, holds back and delays those that carry UDP (or TCP,
 * or any).
 *
 *	forward FIRST SECOND [SETTING...]
 *
 *	seed=N         of the draw (default 1)
 *	port=N         only datagrams and segments to this port count and suffer (default: any IP)
 *	limit=N        only the first N of them suffer
 *	drop=N         in a thousand
 *	duplicate=N    in a thousand
 *	hold=N         in a thousand are let go behind 1 to 20 later ones
 *	patience=MS    what is held so long is let go in any case (default: never)
 *	delay=MS       all of them are this much later
 *	jitter=MS      and each up to this much more, so that they overtake each other
 *
 *	report=FILE    where the last line goes (default: stdout)
 *	journal=FILE   a line for each frame that counts, as it comes in or goes out: see note()
 *
 * Says "ready" when it forwards. On SIGTERM lets go of what it holds and writes one line:
 * "seen N dropped N duplicated N reordered N", where reordered is what comes out behind a higher
 * number for the first time (RFC 4737).
 *
 * Frames keep their offload state (PACKET_VNET_HDR), so that checksums which are still to be made
 * are made; a segmented send is one frame here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/num.h"

enum { FRAME_MAX = 80 * 1024, HOLD_MAX = 20 };

struct frame {
	struct frame *next;
	uint64_t number; /* of those that count */
	uint64_t after;  /* is let go when so many have been seen */
	uint64_t due_ns; /* and not before this time */
	uint64_t end_ns; /* at this time in any case */
	size_t len;
	uint8_t bytes[];
};

static struct {
	uint64_t seed, port, limit, drop, duplicate, hold, delay, jitter, patience;
} settings = {.seed = 1, .limit = UINT64_MAX};

static const char *report;
static FILE *journal; /* NULL: none is kept */

static struct {
	uint64_t seen, dropped, duplicated, reordered, highest;
} counts;

static struct frame *held, **held_last = &held;
static volatile sig_atomic_t ended;

static void on_end(int signo)
{
	ended = signo;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* xorshift64*: the same draw on every machine. */
static uint64_t draw(uint64_t below)
{
	settings.seed ^= settings.seed >> 12;
	settings.seed ^= settings.seed << 25;
	settings.seed ^= settings.seed >> 27;
	return (settings.seed * UINT64_C(2685821657736338717) >> 33) % below;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	int size = 64 << 20;

	if (fd < 0 || !address.sll_ifindex)
		die(name);
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)))
		die("packet socket options");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(name);
	return fd;
}

/* Whether a frame counts: IP that is not our own chatter (ARP, neighbour discovery). */
static bool counts_frame(const uint8_t *bytes, size_t len)
{
	const uint8_t *ip = bytes + sizeof(struct virtio_net_hdr) + ETH_HLEN;
	size_t head = sizeof(struct virtio_net_hdr) + ETH_HLEN, transport;
	uint16_t type, port;
	uint8_t protocol;

	if (len < head + sizeof(struct iphdr) + 4)
		return false;
	memcpy(&type, ip - 2, sizeof(type));
	if (type == htons(ETH_P_IP)) {
		protocol = ip[9];
		transport = head + (size_t)(ip[0] & 15) * 4;
	} else if (type == htons(ETH_P_IPV6) && len >= head + sizeof(struct ip6_hdr) + 4) {
		protocol = ip[6];
		transport = head + sizeof(struct ip6_hdr);
	} else {
		return false;
	}
	if (!settings.port)
		return protocol != IPPROTO_ICMPV6;
	if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) || len < transport + 4)
		return false;
	memcpy(&port, bytes + transport + 2, sizeof(port));
	return port == htons((uint16_t)settings.port);
}

/*
 * Writes a line of the journal: microseconds, what befell the frame (in, drop, hold, double, out,
 * or late: out behind a higher number), its number in the order in which frames came in, and the
 * number that its sender gave it, the first word of the stamp of iperf 2 and of udpsend. With both
 * numbers side by side it is seen whether the sender, the wire or who received was wrong.
 */
static void note(const char *what, uint64_t number, const uint8_t *bytes, size_t len)
{
	const size_t head = sizeof(struct virtio_net_hdr) + ETH_HLEN;
	uint32_t stamp = 0;
	size_t payload = head + sizeof(struct udphdr);

	if (!journal)
		return;
	payload += bytes[head] >> 4 == 6 ? sizeof(struct ip6_hdr) : (bytes[head] & 15U) * 4;
	if (len >= payload + sizeof(stamp))
		memcpy(&stamp, bytes + payload, sizeof(stamp));
	(void)fprintf(journal, "%llu %s %llu stamp %ld\n",
		(unsigned long long)(skt_clock_ns() / SKT_NS_PER_US), what,
		(unsigned long long)number, (long)(int32_t)ntohl(stamp));
}

static void emit(int fd, const uint8_t *bytes, size_t len)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};

	while (write(fd, bytes, len) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			die("write");
		(void)poll(&wait, 1, 1);
	}
}

static void emit_counted(int fd, uint64_t number, const uint8_t *bytes, size_t len)
{
	const bool late = number < counts.highest;

	if (late)
		counts.reordered++;
	else
		counts.highest = number;
	note(late ? "late" : "out", number, bytes, len);
	emit(fd, bytes, len);
}

static void keep(uint64_t number, uint64_t after, const uint8_t *bytes, size_t len)
{
	struct frame *frame = malloc(sizeof(*frame) + len);
	const uint64_t now = skt_clock_ns();

	if (!frame)
		die("malloc");
	*frame = (struct frame){.number = number,
		.after = after,
		.due_ns = now + settings.delay * SKT_NS_PER_MS,
		.end_ns = settings.patience ? now + settings.patience * SKT_NS_PER_MS : UINT64_MAX,
		.len = len};
	if (settings.jitter)
		frame->due_ns += draw(settings.jitter + 1) * SKT_NS_PER_MS;
	memcpy(frame->bytes, bytes, len);
	*held_last = frame;
	held_last = &frame->next;
}

/* Lets go of what is due; of all where FINAL. */
static void release(int fd, bool final)
{
	const uint64_t now = skt_clock_ns();

	for (struct frame **link = &held; *link;) {
		struct frame *frame = *link;

		if (!final && frame->end_ns > now &&
			(frame->after > counts.seen || frame->due_ns > now)) {
			link = &frame->next;
			continue;
		}
		*link = frame->next;
		if (held_last == &frame->next)
			held_last = link;
		emit_counted(fd, frame->number, frame->bytes, frame->len);
		free(frame);
	}
}

static void pass(int fd, const uint8_t *bytes, size_t len)
{
	bool suffers;

	if (!counts_frame(bytes, len)) {
		emit(fd, bytes, len);
		return;
	}
	suffers = ++counts.seen <= settings.limit;
	note("in", counts.seen, bytes, len);
	/* What comes behind the limit is the mark of an end: nothing is held back beyond it. */
	release(fd, !suffers && !settings.delay && !settings.jitter);
	if (suffers && draw(1000) < settings.drop) {
		counts.dropped++;
		note("drop", counts.seen, bytes, len);
	} else if (suffers && draw(1000) < settings.hold) {
		note("hold", counts.seen, bytes, len);
		keep(counts.seen, counts.seen + 1 + draw(HOLD_MAX), bytes, len);
	} else if (settings.delay || settings.jitter) {
		keep(counts.seen, 0, bytes, len);
	} else {
		emit_counted(fd, counts.seen, bytes, len);
		if (suffers && draw(1000) < settings.duplicate) {
			counts.duplicated++;
			note("double", counts.seen, bytes, len);
			emit(fd, bytes, len);
		}
	}
	release(fd, false);
}

static void drain(int from, int to, bool first)
{
	static uint8_t bytes[FRAME_MAX];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		if (first)
			pass(to, bytes, (size_t)n);
		else
			emit(to, bytes, (size_t)n);
	}
}

static void set(const char *word)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} names[] = {{"seed=", &settings.seed}, {"port=", &settings.port},
		{"limit=", &settings.limit}, {"drop=", &settings.drop},
		{"duplicate=", &settings.duplicate}, {"hold=", &settings.hold},
		{"delay=", &settings.delay}, {"jitter=", &settings.jitter},
		{"patience=", &settings.patience}};

	for (size_t i = 0; i < SKT_COUNT(names); i++) {
		size_t len = strlen(names[i].name);

		if (strncmp(word, names[i].name, len) == 0 &&
			skt_num_parse(word + len, 0, UINT64_MAX, names[i].value) == 0)
			return;
	}
	if (strncmp(word, "report=", strlen("report=")) == 0) {
		report = word + strlen("report=");
		return;
	}
	if (strncmp(word, "journal=", strlen("journal=")) == 0) {
		journal = fopen(word + strlen("journal="), "we");
		if (!journal)
			die(word);
		return;
	}
	(void)fprintf(stderr, "forward: what is '%s'?\n", word);
	exit(2);
}

/*
 * What is sent waits in a queue of the processor that sent it (net/core/dev.c,
 * enqueue_to_backlog()): to move to another one in mid-stream would change the order behind our
 * back.
 */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	if (sched_setaffinity(0, sizeof(here), &here))
		die("sched_setaffinity");
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_end};
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
	sigset_t blocked, before;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: forward FIRST SECOND [SETTING...]\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		set(argv[i]);
	stay_here();
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	(void)sigaction(SIGTERM, &action, NULL);
	fds[0].fd = open_interface(argv[1]);
	fds[1].fd = open_interface(argv[2]);
	(void)puts("ready");
	(void)fflush(stdout);
	while (!ended) {
		const struct timespec tick = {.tv_nsec = (long)SKT_NS_PER_MS};

		if (ppoll(fds, 2, held ? &tick : NULL, &before) < 0 && errno != EINTR)
			die("ppoll");
		drain(fds[0].fd, fds[1].fd, true);
		drain(fds[1].fd, fds[0].fd, false);
		release(fds[1].fd, false);
	}
	drain(fds[0].fd, fds[1].fd, true);
	release(fds[1].fd, true);
	if (journal && fclose(journal))
		die("journal");
	if (report && !freopen(report, "w", stdout))
		die(report);
	(void)printf("seen %llu dropped %llu duplicated %llu reordered %llu\n",
		(unsigned long long)counts.seen, (unsigned long long)counts.dropped,
		(unsigned long long)counts.duplicated, (unsigned long long)counts.reordered);
	return 0;
}
