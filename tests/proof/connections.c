/*
 * Connections that are over as soon as they are made: `connections PROCESSES EACH` has so many
 * processes make EACH of them, one after another, to as many that accept them, and writes a line
 * `connected|accepted COOKIE PID` for each end. What is sent over each is one byte, and the answer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* One write of a line is whole, among those of others. */
static void tell(const char *what, int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	char line[64];
	int size;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		fail("SO_COOKIE");
	size = snprintf(line, sizeof(line), "%s %ju %d\n", what, (uintmax_t)cookie, (int)getpid());
	if (write(STDOUT_FILENO, line, (size_t)size) != size)
		fail("write");
}

static int listener(struct sockaddr_in *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, len) || listen(fd, SOMAXCONN) ||
		getsockname(fd, (struct sockaddr *)ret, &len))
		fail("listen");
	return fd;
}

static void serve(int server, long count)
{
	char byte;

	for (long i = 0; i < count; i++) {
		int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			fail("accept");
		tell("accepted", fd);
		if (read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
			fail("answer");
		(void)close(fd);
	}
}

static void ask(const struct sockaddr_in *end, long count)
{
	/* No TIME-WAIT, or ports run out. */
	const struct linger linger = {.l_onoff = 1};
	char byte = 'x';

	for (long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)end, sizeof(*end)))
			fail("connect");
		tell("connected", fd);
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			fail("ask");
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		(void)close(fd);
	}
}

static void start(void (*work)(int, const struct sockaddr_in *, long), int server,
	const struct sockaddr_in *end, long count)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child)
		return;
	work(server, end, count);
	_exit(0);
}

static void serving(int server, const struct sockaddr_in *end, long count)
{
	(void)end;
	serve(server, count);
}

static void asking(int server, const struct sockaddr_in *end, long count)
{
	(void)close(server);
	ask(end, count);
}

int main(int argc, char **argv)
{
	const long processes = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	const long each = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	struct sockaddr_in end;
	int status, failed = 0;

	if (processes < 2 || each < 1) {
		fprintf(stderr, "usage: connections PROCESSES EACH\n");
		return 2;
	}
	for (long i = 0; i < processes / 2; i++) {
		int server = listener(&end);

		start(serving, server, &end, each);
		start(asking, server, &end, each);
		(void)close(server);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
