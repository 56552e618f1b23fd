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

#endif
