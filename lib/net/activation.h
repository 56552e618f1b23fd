/*
 * Sockets that a service manager has opened and passes on, as it tells in the environment:
 * LISTEN_FDS of them, from descriptor 3 on, where LISTEN_PID is this process; LISTEN_FDNAMES has
 * their names, with ':' in between.
 *
 * Sources: sd_listen_fds(3), sd_is_socket(3), systemd.socket(5).
 */
#ifndef SKT_NET_ACTIVATION_H
#define SKT_NET_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SKT_ACTIVATION_FIRST = 3,
	SKT_FDNAME_MAX = 255, /* bytes (fdname_is_valid() of systemd) */
};

struct skt_activation {
	size_t count;      /* 0: none were passed on, or not to this process */
	const char *names; /* borrowed; NULL: they have none */
};

/* FDS, PID and NAMES: the values of the three variables, or NULL. */
void skt_activation_read(
	struct skt_activation *ret, const char *fds, const char *pid, const char *names);

/* Keeps them from programs. */
void skt_activation_hide(const struct skt_activation *activation);

/* The name of the one at INDEX, of *ret_len bytes; "unknown", as systemd has it, without one. */
const char *skt_activation_name(
	const struct skt_activation *activation, size_t index, size_t *ret_len);

/* Whether TEXT can be a name: ASCII, nothing that cannot be seen, no ':'. */
bool skt_fdname_is_valid(const char *text);

enum skt_passed_kind {
	SKT_PASSED_LISTENER,
	SKT_PASSED_CONNECTION, /* accepted by the manager: a stream, or records in their order */
	SKT_PASSED_DATAGRAMS,
	SKT_PASSED_OTHER, /* a stream that is neither, another kind of socket, or none */
};

/* What FD is, or -errno: it is not open. */
int skt_passed_kind(int fd);

#endif
