/* The numbers of SOCKS that both of its sides know (RFC 1928, RFC 1929; version 4 by Y. Lee). */
#ifndef SKT_NET_SOCKS_CODES_H
#define SKT_NET_SOCKS_CODES_H

#include <stddef.h>
#include <stdint.h>

enum {
	SKT_SOCKS_COMMAND_CONNECT = 1,
	SKT_SOCKS_METHOD_NONE = 0,
	SKT_SOCKS_METHOD_USER = 2,
	SKT_SOCKS_METHOD_REFUSED = 0xff,
	SKT_SOCKS_TYPE_V4 = 1,
	SKT_SOCKS_TYPE_NAME = 3,
	SKT_SOCKS_TYPE_V6 = 4,
	SKT_SOCKS4_GRANTED = 90,
};

static inline uint8_t skt_socks_byte(const char *bytes, size_t at)
{
	return (uint8_t)bytes[at];
}

/*
 * How long an address of RFC 1928 5 is that is of TYPE and begins with FIRST: for a name that is
 * its length, which is counted too. 0: there is no such type.
 */
static inline size_t skt_socks_address_size(unsigned int type, uint8_t first)
{
	switch (type) {
	case SKT_SOCKS_TYPE_V4:
		return 4;
	case SKT_SOCKS_TYPE_V6:
		return 16;
	case SKT_SOCKS_TYPE_NAME:
		return 1u + first;
	}
	return 0;
}

#endif
