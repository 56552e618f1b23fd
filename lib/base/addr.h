/*
 * IPv4 and IPv6 addresses, prefixes, and the two ends of a socket. Everything is in host order but
 * the address bytes, which are in wire order because they are a string of bytes, not a number.
 */
#ifndef SKT_BASE_ADDR_H
#define SKT_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct skt_addr {
	uint8_t bytes[16]; /* IPv4: the first four, the rest zero */
	uint32_t scope_id; /* IPv6 link-local, multicast too: interface index (RFC 4007), else 0 */
	uint8_t family;    /* AF_INET, AF_INET6, or AF_UNSPEC: no address */
};

/* A prefix of 0..32 or 0..128 bits; an address alone is a full-length prefix. */
struct skt_cidr {
	struct skt_addr addr;
	uint8_t length;
};

/*
 * One end of a socket, as rows carry it: an address and a port with the names to show for them. An
 * end that is no internet address has names only; those of unix sockets are HOST alone.
 */
struct skt_end {
	struct skt_addr addr;
	uint16_t port;     /* 0: none, shown as `*` */
	uint16_t host_len; /* HOST is the whole end, of so many bytes, NULs and all; 0: a string */
	const char *host;  /* shown in place of the address; NULL: the address itself. Borrowed. */
	const char *service; /* shown in place of the port; NULL: the number. Borrowed. */
};

/* Bytes that skt_addr_put() writes at the most: the longest address with %4294967295 behind. */
enum { SKT_ADDR_TEXT_MAX = 64 };

/*
 * Writes ADDR at P in its canonical form (IPv6: RFC 5952, %scope as a number), no NUL; returns the
 * end. AF_UNSPEC writes nothing.
 */
char *skt_addr_put(char *p, const struct skt_addr *addr);

/* The same as a string in TEXT. Returns TEXT. */
const char *skt_addr_text(const struct skt_addr *addr, char text[SKT_ADDR_TEXT_MAX]);

/*
 * Reads exactly LEN bytes: dotted quad or IPv6 (RFC 4291), in brackets or not, `%NUMBER` behind an
 * IPv6 address for its scope. Names of interfaces and hosts are not resolved: -EINVAL.
 */
int skt_addr_parse(const char *text, size_t len, struct skt_addr *ret);

/* Reads `ADDR` or `ADDR/LENGTH`, whole text. Host bits may be set; they are ignored in matching. */
int skt_cidr_parse(const char *text, size_t len, struct skt_cidr *ret);

/*
 * Whether ADDR lies in CIDR. An IPv4 prefix matches IPv4-mapped IPv6 addresses (::ffff:a.b.c.d)
 * too, as the kernel's own filter does (net/ipv4/inet_diag.c).
 */
bool skt_cidr_contains(const struct skt_cidr *cidr, const struct skt_addr *addr);

bool skt_addr_equal(const struct skt_addr *a, const struct skt_addr *b);
bool skt_addr_is_any(const struct skt_addr *addr);      /* 0.0.0.0, ::, ::ffff:0.0.0.0 */
bool skt_addr_is_loopback(const struct skt_addr *addr); /* 127/8, ::1, mapped 127/8 */
bool skt_addr_is_multicast(const struct skt_addr *addr);
/* Not forwarded by routers: 169.254/16, fe80::/10; multicast 224.0.0/24, ff01 and ff02. */
bool skt_addr_is_link_local(const struct skt_addr *addr);
bool skt_addr_is_v4_mapped(const struct skt_addr *addr);

/* Makes ::ffff:a.b.c.d the a.b.c.d that it stands for; any other address stays. */
void skt_addr_unmap(struct skt_addr *addr);

/* To and from the kernel's form. Returns the length; 0 for a family that is not known. */
socklen_t skt_addr_to_sockaddr(
	const struct skt_addr *addr, uint16_t port, struct sockaddr_storage *ret);
int skt_addr_from_sockaddr(
	const struct sockaddr *sa, struct skt_addr *ret_addr, uint16_t *ret_port);

#endif
