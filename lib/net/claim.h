/* Ports that nobody else has: found free by taking them. */
#ifndef SKT_NET_CLAIM_H
#define SKT_NET_CLAIM_H

#include <stdint.h>

/*
 * Binds PORT at every address of FAMILY without SO_REUSEADDR: nothing that holds the port at any
 * address, in any state, lets that pass (net/ipv4/inet_connection_sock.c, inet_csk_get_port()).
 * AF_UNSPEC: IPv6 and IPv4 by one socket, or IPv4 alone where the kernel has no IPv6. TYPE:
 * SOCK_STREAM or SOCK_DGRAM.
 *
 * Returns a blocking, close-on-exec descriptor, not listening yet, or -errno: -EADDRINUSE the port
 * is taken, -EACCES it needs privilege.
 */
int skt_claim_port(int family, int type, uint16_t port);

#endif
