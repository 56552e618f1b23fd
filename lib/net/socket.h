/* What dialling and serving do to their sockets alike. */
#ifndef SKT_NET_SOCKET_H
#define SKT_NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/endpoint.h"

/*
 * A socket, non-blocking and close-on-exec; of MPTCP where *MPTCP asks for it and the kernel has
 * it, else *MPTCP becomes false. Returns the descriptor or -errno.
 */
int skt_socket_open(int family, int type, bool *mptcp);

/* setsockopt() of an int. 0 or -errno. */
int skt_socket_set(int fd, int level, int name, int value);

/*
 * Binds FD to the interface NAME, in and out (SO_BINDTODEVICE). 0 or -errno; -ENODEV: there is none
 * of that name; -EPERM: before Linux 5.7 it needs CAP_NET_RAW.
 */
int skt_socket_bind_device(int fd, const char *name);

/*
 * Has the kernel hold so many BYTES for the receiver, or for the sender, of FD; the system's limit
 * (net.core.rmem_max, wmem_max) holds for those without CAP_NET_ADMIN. 0: leaves it as it is.
 */
void skt_socket_set_receive_buffer(int fd, uint64_t bytes);
void skt_socket_set_send_buffer(int fd, uint64_t bytes);

/*
 * Binds FD to the interface NAME: SO_BINDTODEVICE, or where that is not permitted, IP_UNICAST_IF,
 * which chooses the way out only. 0 or -errno; -ENODEV: there is none of that name.
 */
int skt_socket_bind_interface(int fd, int family, const char *name);

/* The kernel's form of a unix or vsock endpoint. Returns its length. */
socklen_t skt_socket_address(const struct skt_endpoint *endpoint, struct sockaddr_storage *ret);

/* Closes so that the peer of a connection sees a reset, and no state is left behind. */
void skt_socket_abort(int fd);

#endif
