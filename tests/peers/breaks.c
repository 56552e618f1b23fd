/*
 * A peer that breaks off: breaks listen|connect close|reset BYTES reads so many bytes of the
 * connection at 127.0.0.1:7000, gives them to stdout, and closes or resets it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7000

static int open_connection(int listens)
{
	const struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!listens)
		return connect(fd, (const struct sockaddr *)&sin, sizeof(sin)) == 0 ? fd : -1;
	if (bind(fd, (const struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(fd, 1) != 0)
		return -1;
	return accept(fd, NULL, NULL);
}

int main(int argc, char **argv)
{
	const struct linger hard = {.l_onoff = 1};
	char buffer[4096];
	size_t bytes;
	int fd;

	if (argc != 4)
		return 2;
	bytes = strtoull(argv[3], NULL, 10);
	fd = open_connection(strcmp(argv[1], "listen") == 0);
	if (fd < 0) {
		perror("breaks");
		return 2;
	}
	while (bytes) {
		ssize_t n = read(fd, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer));

		if (n <= 0 || write(STDOUT_FILENO, buffer, (size_t)n) != n)
			break;
		bytes -= (size_t)n;
	}
	if (strcmp(argv[2], "reset") == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	(void)close(fd);
	return 0;
}
