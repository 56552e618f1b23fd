#include "net/pull.h"

#include <endian.h>
#include <string.h>

#include "base/siphash.h"

enum { MAGIC = 8, COOKIE_AT = 16 };

static const char magic[MAGIC + 1] = "sktpull1";

void skt_pull_put(uint8_t at[SKT_PULL_SIZE], enum skt_pull_kind kind, uint64_t cookie)
{
	cookie = htobe64(cookie);
	memset(at, 0, SKT_PULL_SIZE);
	memcpy(at, magic, MAGIC);
	at[MAGIC] = (uint8_t)kind;
	memcpy(at + COOKIE_AT, &cookie, sizeof(cookie));
}

bool skt_pull_parse(
	const uint8_t *bytes, size_t len, enum skt_pull_kind *ret_kind, uint64_t *ret_cookie)
{
	uint64_t cookie;

	if (len != SKT_PULL_SIZE || memcmp(bytes, magic, MAGIC) != 0 ||
		(bytes[MAGIC] != SKT_PULL_REQUEST && bytes[MAGIC] != SKT_PULL_CHALLENGE))
		return false;
	memcpy(&cookie, bytes + COOKIE_AT, sizeof(cookie));
	*ret_kind = bytes[MAGIC];
	*ret_cookie = be64toh(cookie);
	return true;
}

uint64_t skt_pull_cookie(const uint64_t key[2], const struct sockaddr *address, socklen_t len)
{
	return skt_siphash(key, address, len) | 1;
}
