#include "net/socks.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "net/socks_codes.h"

/* ---- what is said ---- */

struct writer {
	char *bytes;
	size_t len;
};

static void put(struct writer *to, const void *bytes, size_t len)
{
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
}

static void put_byte(struct writer *to, unsigned int byte)
{
	to->bytes[to->len++] = (char)byte;
}

static void put_port(struct writer *to, uint16_t port)
{
	put_byte(to, port >> 8);
	put_byte(to, port & 0xff);
}

/* With the length in front, or a NUL behind. */
static void put_text(struct writer *to, const char *text, bool counted)
{
	size_t len = SKT_MIN(strlen(text), (size_t)UINT8_MAX);

	if (counted)
		put_byte(to, (unsigned int)len);
	put(to, text, len);
	if (!counted)
		put_byte(to, 0);
}

static void request4(const struct skt_proxy *proxy, const struct skt_endpoint *target,
	uint16_t port, struct writer *to)
{
	static const char no_address[] = {0, 0, 0, 1};

	put_byte(to, 4);
	put_byte(to, SKT_SOCKS_COMMAND_CONNECT);
	put_port(to, port);
	put(to, target->host[0] ? (const void *)no_address : target->addr.bytes, 4);
	put_text(to, proxy->user, false);
	if (target->host[0])
		put_text(to, target->host, false);
}

static void request5(const struct skt_endpoint *target, uint16_t port, struct writer *to)
{
	put_byte(to, 5);
	put_byte(to, SKT_SOCKS_COMMAND_CONNECT);
	put_byte(to, 0);
	if (target->host[0]) {
		put_byte(to, SKT_SOCKS_TYPE_NAME);
		put_text(to, target->host, true);
	} else {
		bool v4 = target->addr.family == AF_INET;

		put_byte(to, v4 ? SKT_SOCKS_TYPE_V4 : SKT_SOCKS_TYPE_V6);
		put(to, target->addr.bytes, v4 ? 4 : 16);
	}
	put_port(to, port);
}

size_t skt_socks_request(const struct skt_proxy *proxy, enum skt_socks_phase phase,
	const struct skt_endpoint *target, uint16_t port, char ret[SKT_SOCKS_REQUEST_MAX])
{
	struct writer to = {.bytes = ret};

	if (proxy->scheme != SKT_PROXY_SOCKS5) {
		request4(proxy, target, port, &to);
		return to.len;
	}
	switch (phase) {
	case SKT_SOCKS_METHOD:
		put_byte(&to, 5);
		put_byte(&to, proxy->has_user ? 2 : 1);
		put_byte(&to, SKT_SOCKS_METHOD_NONE);
		if (proxy->has_user)
			put_byte(&to, SKT_SOCKS_METHOD_USER);
		break;
	case SKT_SOCKS_USER:
		put_byte(&to, 1);
		put_text(&to, proxy->user, true);
		put_text(&to, proxy->password, true);
		break;
	case SKT_SOCKS_CONNECT:
		request5(target, port, &to);
		break;
	}
	return to.len;
}

/* ---- what is told ---- */

ssize_t skt_socks4_measure(const char *bytes, size_t len)
{
	/* Some say the version that they speak. */
	if (len && skt_socks_byte(bytes, 0) != 0 && skt_socks_byte(bytes, 0) != 4)
		return -EPROTO;
	return len < 8 ? 0 : 8;
}

ssize_t skt_socks5_measure_short(const char *bytes, size_t len)
{
	/* That of the phase of user and password is 1 (RFC 1929); some say 5 there, too. */
	if (len && skt_socks_byte(bytes, 0) != 5 && skt_socks_byte(bytes, 0) != 1)
		return -EPROTO;
	return len < 2 ? 0 : 2;
}

ssize_t skt_socks5_measure(const char *bytes, size_t len)
{
	size_t size, whole;

	if (len && skt_socks_byte(bytes, 0) != 5)
		return -EPROTO;
	/* Who says no may say nothing more. */
	if (len >= 2 && skt_socks_byte(bytes, 1))
		return 2;
	if (len < 5)
		return 0;
	size = skt_socks_address_size(skt_socks_byte(bytes, 3), skt_socks_byte(bytes, 4));
	if (!size)
		return -EPROTO;
	whole = 4 + size + 2;
	return len < whole ? 0 : (ssize_t)whole;
}

static int reply4(const char *bytes, struct skt_err *err)
{
	switch (skt_socks_byte(bytes, 1)) {
	case SKT_SOCKS4_GRANTED:
		return 0;
	case SKT_SOCKS4_GRANTED + 1:
		return skt_fail_text(err, EPROTO, "it refuses, or has failed");
	case SKT_SOCKS4_GRANTED + 2:
	case SKT_SOCKS4_GRANTED + 3:
		return skt_fail_text(err, EKEYREJECTED, "it does not accept the user");
	}
	return skt_fail_text(err, EPROTO, "it answers %u", skt_socks_byte(bytes, 1));
}

static int reply_method(const struct skt_proxy *proxy, const char *bytes, enum skt_socks_phase *ret,
	struct skt_err *err)
{
	unsigned int method = skt_socks_byte(bytes, 1);

	if (skt_socks_byte(bytes, 0) != 5)
		return skt_fail_text(err, EPROTO, "it speaks version %u", skt_socks_byte(bytes, 0));
	if (method == SKT_SOCKS_METHOD_REFUSED)
		return skt_fail_text(err, EKEYREJECTED,
			proxy->has_user ? "it takes neither user and password nor nobody"
					: "it wants a user and a password");
	/* What was not offered cannot be chosen. */
	if (method != SKT_SOCKS_METHOD_NONE &&
		(method != SKT_SOCKS_METHOD_USER || !proxy->has_user))
		return skt_fail_text(err, EPROTO, "it wants method %u", method);
	*ret = method == SKT_SOCKS_METHOD_USER ? SKT_SOCKS_USER : SKT_SOCKS_CONNECT;
	return 0;
}

/* RFC 1928 6. */
static int reply_connect(const char *bytes, struct skt_err *err)
{
	static const struct {
		int error;
		const char *words;
	} codes[] = {
		{0, ""},
		{EPROTO, "it has failed"},
		{EPROTO, "its rules do not allow this"},
		{ENETUNREACH, "it finds the network unreachable"},
		{EHOSTUNREACH, "it finds the host unreachable"},
		{ECONNREFUSED, "its connection was refused"},
		{ETIMEDOUT, "its packets have expired on the way"},
		{EPROTO, "it does not connect"},
		{EPROTO, "it does not know this kind of address"},
	};
	unsigned int code = skt_socks_byte(bytes, 1);

	if (code == 0)
		return 0;
	if (code >= SKT_COUNT(codes))
		return skt_fail_text(err, EPROTO, "it answers %u", code);
	return skt_fail_text(err, codes[code].error, "%s", codes[code].words);
}

int skt_socks_reply(const struct skt_proxy *proxy, const char *bytes, enum skt_socks_phase *ret,
	struct skt_err *err)
{
	if (proxy->scheme != SKT_PROXY_SOCKS5)
		return reply4(bytes, err);
	switch (*ret) {
	case SKT_SOCKS_METHOD:
		return reply_method(proxy, bytes, ret, err);
	case SKT_SOCKS_USER:
		if (skt_socks_byte(bytes, 1))
			return skt_fail_text(
				err, EKEYREJECTED, "it does not accept user and password");
		*ret = SKT_SOCKS_CONNECT;
		return 0;
	case SKT_SOCKS_CONNECT:
		break;
	}
	return reply_connect(bytes, err);
}
