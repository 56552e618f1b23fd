/* The raw sockets of the SYN engine, and the source ports whose answers they let through. */
#ifndef SKT_SCAN_SYN_SOCKET_H
#define SKT_SCAN_SYN_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "scan/engine.h"

enum { SKT_SYN_PORTS = 32 }; /* source ports, one for each try */

/* Which: those that hear of TCP and of ICMP, and the one that IPv4 is sent by. */
enum { SKT_SYN_TCP4, SKT_SYN_TCP6, SKT_SYN_ICMP4, SKT_SYN_ICMP6, SKT_SYN_SEND4, SKT_SYN_SOCKETS };

/*
 * Opens one, for SKT_SYN_PORTS ports from FIRST_PORT on. *RET stays as it is where the kernel does
 * not have the family. -errno: -EPERM without CAP_NET_RAW.
 */
int skt_syn_socket_open(
	const struct skt_engine_config *config, size_t which, uint16_t first_port, int *ret);

/* The first of SKT_SYN_PORTS that no socket of this host gets by itself. */
uint16_t skt_syn_ports_choose(uint64_t random);

#endif
