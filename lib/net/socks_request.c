#include "net/socks_request.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "net/socks_codes.h"

enum {
	HEAD4 = 8, /* of version 4: version, command, port, address */
	HEAD5 = 4, /* of version 5: version, command, nothing, the kind of address */
};

static uint16_t port_at(const char *bytes, size_t at)
{
	return (uint16_t)(skt_socks_byte(bytes, at) << 8 | skt_socks_byte(bytes, at + 1));
}

/* ---- version 4 ---- */

/* 0.0.0.x in place of an address: a name comes behind the user. */
static bool has_name4(const char *bytes)
{
	return !bytes[4] && !bytes[5] && !bytes[6] && bytes[7];
}

/* Where the text at AT ends, its NUL included; 0: not here; -EMSGSIZE. */
static ssize_t text_end(const char *bytes, size_t len, size_t at, size_t max)
{
	const char *nul = memchr(bytes + at, '\0', SKT_MIN(len - at, max + 1));

	if (nul)
		return nul + 1 - bytes;
	return len - at > max ? -EMSGSIZE : 0;
}

ssize_t skt_socks4_measure_request(const char *bytes, size_t len)
{
	ssize_t end;

	if (len && skt_socks_byte(bytes, 0) != 4)
		return -EPROTO;
	if (len < HEAD4)
		return 0;
	end = text_end(bytes, len, HEAD4, SKT_PROXY_USER_MAX);
	if (end > 0 && has_name4(bytes))
		end = text_end(bytes, len, (size_t)end, SKT_ENDPOINT_HOST_MAX);
	return end;
}

static int read_addr(
	const char *bytes, int family, uint16_t port, struct skt_endpoint *ret, struct skt_err *err)
{
	struct skt_endpoint target = {
		.kind = SKT_ENDPOINT_INET, .addr.family = (uint8_t)family, .port = port};

	if (port == 0)
		return skt_fail_text(err, EINVAL, "it asks for port 0");
	memcpy(target.addr.bytes, bytes, family == AF_INET ? 4 : 16);
	skt_addr_unmap(&target.addr);
	*ret = target;
	return 0;
}

/* BIND and UDP ASSOCIATE are not for a proxy that joins two connections. */
static int check_command(unsigned int command, struct skt_err *err)
{
	if (command == SKT_SOCKS_COMMAND_CONNECT)
		return 0;
	return skt_fail_text(
		err, EOPNOTSUPP, "it asks for command %u of SOCKS, not for CONNECT", command);
}

int skt_socks4_read_request(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err)
{
	const char *user = bytes + HEAD4, *name = user + strlen(user) + 1;
	uint16_t port = port_at(bytes, 2);
	int r = check_command(skt_socks_byte(bytes, 1), err);

	ret->language = SKT_PROXY_SPEAKS_SOCKS4;
	if (r)
		return r;
	/* Whoever says a name only proves nothing by it. */
	ret->has_user = *user;
	(void)skt_proxy_request_text(user, strlen(user), ret->user);
	if (has_name4(bytes))
		return skt_proxy_request_target(name, strlen(name), port, &ret->target, err);
	return read_addr(bytes + 4, AF_INET, port, &ret->target, err);
}

size_t skt_socks4_answer(int r, char ret[SKT_SOCKS_ANSWER_MAX])
{
	memset(ret, 0, HEAD4);
	ret[1] = (char)(r == 0               ? SKT_SOCKS4_GRANTED
			: r == -EKEYREJECTED ? SKT_SOCKS4_GRANTED + 3
					     : SKT_SOCKS4_GRANTED + 1);
	return HEAD4;
}

/* ---- version 5 ---- */

ssize_t skt_socks5_measure_greeting(const char *bytes, size_t len)
{
	size_t whole;

	if (len && skt_socks_byte(bytes, 0) != 5)
		return -EPROTO;
	if (len < 2)
		return 0;
	whole = 2u + skt_socks_byte(bytes, 1);
	return len < whole ? 0 : (ssize_t)whole;
}

ssize_t skt_socks5_measure_user(const char *bytes, size_t len)
{
	size_t user_end, whole;

	/* The version of this exchange is 1; some say 5. */
	if (len && skt_socks_byte(bytes, 0) != 1 && skt_socks_byte(bytes, 0) != 5)
		return -EPROTO;
	if (len < 2)
		return 0;
	user_end = 2u + skt_socks_byte(bytes, 1);
	if (len <= user_end)
		return 0;
	whole = user_end + 1u + skt_socks_byte(bytes, user_end);
	return len < whole ? 0 : (ssize_t)whole;
}

ssize_t skt_socks5_measure_request(const char *bytes, size_t len)
{
	size_t size, whole;

	if (len && skt_socks_byte(bytes, 0) != 5)
		return -EPROTO;
	if (len < HEAD5)
		return 0;
	size = skt_socks_address_size(skt_socks_byte(bytes, HEAD5 - 1),
		len > HEAD5 ? skt_socks_byte(bytes, HEAD5) : UINT8_MAX);
	/* How long it is, only who knows that kind can tell. */
	if (!size)
		return HEAD5;
	whole = HEAD5 + size + 2;
	return len < whole ? 0 : (ssize_t)whole;
}

unsigned int skt_socks5_choose(const char *greeting, bool wants_user)
{
	size_t count = skt_socks_byte(greeting, 1);
	const char *methods = greeting + 2;

	/* Who can only say who he is may say it where nobody asks. */
	if (!wants_user && memchr(methods, SKT_SOCKS_METHOD_NONE, count))
		return SKT_SOCKS_METHOD_NONE;
	return memchr(methods, SKT_SOCKS_METHOD_USER, count) ? SKT_SOCKS_METHOD_USER
							     : SKT_SOCKS_METHOD_REFUSED;
}

int skt_socks5_read_user(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err)
{
	size_t user_len = skt_socks_byte(bytes, 1);
	const char *password = bytes + 2 + user_len + 1;

	ret->has_user = true;
	if (skt_proxy_request_text(bytes + 2, user_len, ret->user) ||
		skt_proxy_request_text(password, (uint8_t)password[-1], ret->password))
		return skt_fail_text(err, EINVAL, "its user or password has a NUL");
	return 0;
}

int skt_socks5_read_request(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err)
{
	const char *at = bytes + HEAD5;
	size_t len;
	int r = check_command(skt_socks_byte(bytes, 1), err);

	if (r)
		return r;
	switch (skt_socks_byte(bytes, HEAD5 - 1)) {
	case SKT_SOCKS_TYPE_V4:
		return read_addr(at, AF_INET, port_at(at, 4), &ret->target, err);
	case SKT_SOCKS_TYPE_V6:
		return read_addr(at, AF_INET6, port_at(at, 16), &ret->target, err);
	case SKT_SOCKS_TYPE_NAME:
		len = skt_socks_byte(at, 0);
		return skt_proxy_request_target(
			at + 1, len, port_at(at, 1 + len), &ret->target, err);
	}
	return skt_fail_text(err, EAFNOSUPPORT, "it asks for an address of kind %u",
		skt_socks_byte(bytes, HEAD5 - 1));
}

/* RFC 1928 6. */
static unsigned int reply_of(int r)
{
	switch (-r) {
	case 0:
		return 0;
	case EPERM:
	case EACCES:
		return 2;
	case ENETUNREACH:
	case ENETDOWN:
		return 3;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENOENT:
		return 4;
	case ECONNREFUSED:
		return 5;
	case ETIMEDOUT:
		return 6;
	case EOPNOTSUPP:
		return 7;
	case EAFNOSUPPORT:
		return 8;
	}
	return 1;
}

size_t skt_socks5_answer(int r, const struct skt_place *bound, char ret[SKT_SOCKS_ANSWER_MAX])
{
	bool v6 = bound && bound->addr.family == AF_INET6;
	size_t size = v6 ? 16 : 4;
	uint16_t port = bound ? bound->port : 0;

	memset(ret, 0, SKT_SOCKS_ANSWER_MAX);
	ret[0] = 5;
	ret[1] = (char)reply_of(r);
	ret[3] = v6 ? SKT_SOCKS_TYPE_V6 : SKT_SOCKS_TYPE_V4;
	if (bound && bound->addr.family != AF_UNSPEC)
		memcpy(ret + HEAD5, bound->addr.bytes, size);
	ret[HEAD5 + size] = (char)(port >> 8);
	ret[HEAD5 + size + 1] = (char)(port & 0xff);
	return HEAD5 + size + 2;
}
