/*
 * Watches the datagrams to a port on an interface from outside, with the kernel's times, and says
 * how steady they come: udp_gaps IFACE PORT RATE SIZE, of SIZE bytes of payload each. On SIGTERM
 * prints how many, their rate, and the percentiles of how far the gaps are from 1/RATE, in ns:
 * COUNT PPS P50 P99 P999.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/num.h"
#include "net/histogram.h"
#include "net/receiver.h"

enum { HEADERS = 14 + 20 + 8 }; /* of Ethernet, IPv4 and UDP */

static volatile sig_atomic_t ended;

static void on_end(int signo)
{
	ended = signo;
}

/* IPv4, UDP, to PORT: offsets are those of Ethernet, which loopback has too. */
static int attach(int fd, uint16_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 36),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = SKT_COUNT(code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int main(int argc, char **argv)
{
	static struct skt_histogram errors;
	const struct skt_receiver_config config = {.wanted = SKT_RECEIVE_TIME, .capture = 64};
	struct sigaction action = {.sa_handler = on_end};
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct skt_receiver *receiver = NULL;
	struct skt_datagram d;
	uint64_t port, rate, size, interval, first = 0, last = 0, count = 0;
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1, room = 32 << 20;

	if (argc != 5 || skt_num_parse(argv[2], 1, 65535, &port) ||
		skt_num_parse(argv[3], 1, UINT32_MAX, &rate) ||
		skt_num_parse(argv[4], 1, 65507, &size))
		return 2;
	interval = SKT_NS_PER_SEC / rate;
	address.sll_ifindex = (int)if_nametoindex(argv[1]);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (fd < 0 || attach(fd, (uint16_t)port) ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
		skt_receiver_new(fd, AF_PACKET, &config, &receiver, NULL)) {
		perror("udp_gaps");
		return 1;
	}
	(void)sigaction(SIGTERM, &action, NULL);
	(void)puts("ready");
	(void)fflush(stdout);
	while (!ended) {
		if (skt_receiver_fill(receiver) <= 0) {
			(void)skt_datagram_wait(fd, skt_clock_ns() + 100 * SKT_NS_PER_MS, NULL);
			continue;
		}
		while (skt_receiver_next(receiver, &d)) {
			/* What the kernel has yet to cut (GSO) is seen whole. */
			size_t datagrams = SKT_MAX((d.length - HEADERS) / size, 1U);

			if (!count)
				first = d.time_ns;
			for (size_t i = count ? 0 : 1; i < datagrams; i++) {
				uint64_t gap = d.time_ns - last;

				skt_histogram_add(
					&errors, gap > interval ? gap - interval : interval - gap);
				last = d.time_ns;
			}
			last = d.time_ns;
			count += datagrams;
		}
	}
	(void)printf("%llu %.1f %llu %llu %llu\n", (unsigned long long)count,
		last > first ? (double)(count - 1) * 1e9 / (double)(last - first) : 0,
		(unsigned long long)skt_histogram_at(&errors, 500),
		(unsigned long long)skt_histogram_at(&errors, 990),
		(unsigned long long)skt_histogram_at(&errors, 999));
	skt_receiver_free(receiver);
	return 0;
}
