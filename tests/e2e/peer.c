/*
 * The other end of a connection, for tests: peer [at PATH | to PORT | to PATH] SITUATION [BYTES].
 * Listens at a free port of 127.0.0.1, or `at` a unix socket, prints `PORT` and `ready`, and serves
 * one client as the situation says; or is a client itself, `to` a port of 127.0.0.1 or a unix
 * socket. Prints on stderr what it got.
 *
 *	echo            sends back what it gets, until the end
 *	answer BYTES    reads to the end, waits a second, sends BYTES and closes
 *	reset BYTES     reads BYTES and resets the connection
 *	greet-reset     sends `hello`, has it acknowledged, and resets
 *	half            ends its own half at once, reads to the end, prints the count
 *	half-slow       the same with a pause between reads
 *	send BYTES      sends BYTES and closes, without reading
 *	end-told        sends `hello`, has it acknowledged, tells whether the end was heard
 *	deaf            neither reads nor closes until it is killed
 *	greet           sends `hello` and waits for the end of the client
 *	half-reset      ends its own half, and resets when that is acknowledged
 *	half-close      ends its own half, and closes after a byte
 *	end-seen        reads to the end, and tells which it was: `end REASON after COUNT`
 *	slow-reader     the same in small pieces with pauses
 *	hello-half-reset    sends `hello`, half-closes, waits a while and resets
 *	push-reset BYTES    sends BYTES, as far as they go at once, waits a while and resets
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/patience/patience.h"

static char buffer[64 * 1024];

/* Reads up to LIMIT bytes, or to the end. Returns how many. */
static size_t read_up_to(int fd, size_t limit, int pause)
{
	size_t got = 0;

	while (got < limit) {
		size_t want = limit - got < sizeof(buffer) ? limit - got : sizeof(buffer);
		ssize_t n = recv(fd, buffer, want, 0);

		if (n <= 0)
			break;
		got += (size_t)n;
		if (pause)
			patience_rest(pause);
	}
	return got;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* A pattern that the test can compute: byte I is 'a' + I % 26. */
static void send_pattern(int fd, size_t count)
{
	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = (char)('a' + i % 26);
	while (count) {
		/* A multiple of 26, so that the next piece goes on where this one ends. */
		size_t piece = count < 26000 ? count : 26000;

		if (!send_all(fd, buffer, piece))
			return;
		count -= piece;
	}
}

static void echo(int fd)
{
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		if (!send_all(fd, buffer, (size_t)n))
			return;
}

static void reset(int fd)
{
	const struct linger hard = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void await_acknowledgement(int fd)
{
	int unsent = 1;

	while (ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent)
		patience_rest(1);
}

static void tell_end(int fd, size_t piece, int pause)
{
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, buffer, piece, 0)) > 0) {
		got += (size_t)n;
		if (pause)
			patience_rest(pause);
	}
	(void)fprintf(stderr, "end %s after %zu\n", n ? strerror(errno) : "in order", got);
}

static void serve(int fd, const char *situation, size_t bytes)
{
	if (strcmp(situation, "echo") == 0) {
		echo(fd);
	} else if (strcmp(situation, "answer") == 0) {
		(void)fprintf(stderr, "got %zu\n", read_up_to(fd, SIZE_MAX, 0));
		patience_rest(1000);
		send_pattern(fd, bytes);
	} else if (strcmp(situation, "reset") == 0) {
		(void)read_up_to(fd, bytes, 0);
		reset(fd);
	} else if (strcmp(situation, "greet-reset") == 0) {
		(void)send_all(fd, "hello\n", 6);
		await_acknowledgement(fd);
		reset(fd);
	} else if (strcmp(situation, "half-reset") == 0) {
		(void)shutdown(fd, SHUT_WR);
		patience_rest(100);
		reset(fd);
	} else if (strcmp(situation, "half-close") == 0) {
		(void)shutdown(fd, SHUT_WR);
		(void)read_up_to(fd, 1, 0);
	} else if (strcmp(situation, "end-seen") == 0) {
		tell_end(fd, sizeof(buffer), 0);
	} else if (strcmp(situation, "slow-reader") == 0) {
		tell_end(fd, 4096, 1);
	} else if (strncmp(situation, "half", 4) == 0) {
		(void)shutdown(fd, SHUT_WR);
		(void)fprintf(stderr, "got %zu\n", read_up_to(fd, SIZE_MAX, situation[4] ? 1 : 0));
	} else if (strcmp(situation, "send") == 0) {
		send_pattern(fd, bytes);
	} else if (strcmp(situation, "end-told") == 0) {
		(void)send_all(fd, "hello\n", 6);
		await_acknowledgement(fd);
		patience_rest(50);
		(void)fprintf(stderr, "told %d\n", recv(fd, buffer, 1, MSG_DONTWAIT) == 0);
	} else if (strcmp(situation, "hello-half-reset") == 0) {
		(void)send_all(fd, "hello\n", 6);
		(void)shutdown(fd, SHUT_WR);
		patience_rest(200);
		reset(fd);
	} else if (strcmp(situation, "push-reset") == 0) {
		const struct timeval patience = {.tv_usec = 100000};

		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		send_pattern(fd, bytes);
		patience_rest(200);
		reset(fd);
	} else if (strcmp(situation, "greet") == 0) {
		(void)send_all(fd, "hello\n", 6);
		(void)fprintf(stderr, "got %zu\n", read_up_to(fd, SIZE_MAX, 0));
	} else {
		(void)pause();
	}
}

/* The address that TEXT says, a path or a port. */
static socklen_t address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ret;
	struct sockaddr_un *un = (struct sockaddr_un *)ret;

	memset(ret, 0, sizeof(*ret));
	if (strchr(text, '/')) {
		un->sun_family = AF_UNIX;
		(void)snprintf(un->sun_path, sizeof(un->sun_path), "%s", text);
		return sizeof(*un);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin->sin_port = htons((uint16_t)strtoul(text, NULL, 10));
	return sizeof(*sin);
}

/* The connection to a client, or -1. */
static int await_client(int fd, const struct sockaddr_storage *sa, socklen_t len)
{
	struct sockaddr_in sin = {0};
	socklen_t sin_len = sizeof(sin);

	if (bind(fd, (const struct sockaddr *)sa, len) || listen(fd, 5) ||
		getsockname(fd, (struct sockaddr *)&sin, &sin_len))
		return -1;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)printf("%u\nready\n", sa->ss_family == AF_INET ? ntohs(sin.sin_port) : 0);
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

int main(int argc, char **argv)
{
	bool at = argc > 3 && strcmp(argv[1], "at") == 0;
	bool to = argc > 3 && strcmp(argv[1], "to") == 0;
	const char *const *words = (const char *const *)argv + (at || to ? 3 : 1);
	const int small = 16 * 1024;
	struct patience patience = {0};
	struct sockaddr_storage sa;
	socklen_t len = address(at || to ? argv[2] : "0", &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), peer = fd;

	if (argc > 1 && strcmp(words[0], "slow-reader") == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	/* A server that is about to be. */
	while (to && peer >= 0 && connect(fd, (const struct sockaddr *)&sa, len))
		if (errno != ECONNREFUSED || !patience_left(&patience))
			peer = -1;
	if (!to)
		peer = argc > 1 ? await_client(fd, &sa, len) : -1;
	if (peer < 0) {
		(void)fprintf(stderr, "peer: %s\n", strerror(errno));
		return 1;
	}
	serve(peer, words[0], words[1] ? strtoull(words[1], NULL, 10) : 0);
	(void)close(peer);
	return 0;
}
