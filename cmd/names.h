/*
 * Names of users, interfaces and hosts: each looked up once in a run, by way of NSS and the kernel.
 */
#ifndef SKT_CMD_NAMES_H
#define SKT_CMD_NAMES_H

#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "proc/netns.h"
#include "record/look.h"

struct skt_names {
	const struct skt_look *past;              /* what they were; NULL: what they are */
	struct skt_arena arena, passing;          /* of users and hosts; of the others */
	void *users, *interfaces, *hosts, *zoned; /* tsearch(3) trees */
};

/* Forgets the names of interfaces, which come, go and are renamed. */
void skt_names_renew(struct skt_names *names);

/* Zero-initialised is empty. Frees every text that was handed out. */
void skt_names_fini(struct skt_names *names);

/* The login name of UID, or its number as text where it has none. NULL: memory is out. */
const char *skt_names_user(struct skt_names *names, uint32_t uid);

/*
 * The name of interface IFINDEX in a network namespace (NULL: this one), or its number as text
 * where it is gone.
 */
const char *skt_names_interface(struct skt_names *names, struct skt_netns *netns, uint32_t ifindex);

/* ADDR with the interface that it belongs to behind it, as in `fe80::1%eth0` (RFC 4007). */
const char *skt_names_zoned(struct skt_names *names, struct skt_netns *netns,
	const struct skt_addr *addr, uint32_t ifindex);

/*
 * The host name of ADDR, or NULL where it has none. May ask DNS and wait for it: for --resolve
 * only.
 */
const char *skt_names_host(struct skt_names *names, const struct skt_addr *addr);

#endif
