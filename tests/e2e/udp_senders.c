/* Many senders at once: udp_senders SOCKETS DATAGRAMS PORT: each socket sends that many to PORT. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/num.h"

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct rlimit limit;
	uint64_t sockets, datagrams, port;
	int *fds;

	if (argc != 4 || skt_num_parse(argv[1], 1, 60000, &sockets) ||
		skt_num_parse(argv[2], 1, 1000, &datagrams) ||
		skt_num_parse(argv[3], 1, 65535, &port))
		return 2;
	to.sin_port = htons((uint16_t)port);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	fds = calloc(sockets, sizeof(*fds));
	for (uint64_t i = 0; fds && i < sockets; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&to, sizeof(to))) {
			perror("socket");
			free(fds);
			return 1;
		}
	}
	for (uint64_t i = 0; fds && i < datagrams; i++)
		for (uint64_t j = 0; j < sockets; j++)
			if (send(fds[j], "0123456789", 10, 0) != 10)
				perror("send");
	free(fds);
	return 0;
}
