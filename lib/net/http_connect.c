#include "net/http_connect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "net/http_head.h"

enum {
	/* "HTTP/1.1 200" */
	STATUS_AT = 9,
	STATUS_END = STATUS_AT + 3,
	REASON_MAX = 80,
	/* Base64 of USER:PASSWORD (RFC 4648 4), and the NUL. */
	CREDENTIALS_MAX = (2 * SKT_PROXY_USER_MAX + 1 + 2) / 3 * 4 + 1,
};

static void encode(const char *bytes, size_t len, char ret[CREDENTIALS_MAX])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = ret;

	for (size_t i = 0; i < len; i += 3) {
		size_t count = SKT_MIN(len - i, (size_t)3);
		uint32_t bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < count ? (uint8_t)bytes[i + j] : 0u);
		for (size_t j = 0; j < 4; j++)
			*to++ = j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=';
	}
	*to = '\0';
}

size_t skt_http_connect_request(const struct skt_proxy *proxy, const struct skt_endpoint *target,
	uint16_t port, char ret[SKT_HTTP_REQUEST_MAX])
{
	struct skt_endpoint authority = *target;
	char text[SKT_ENDPOINT_TEXT_MAX], plain[2 * SKT_PROXY_USER_MAX + 2];
	char credentials[CREDENTIALS_MAX] = "";

	authority.service[0] = '\0';
	authority.port = port;
	(void)skt_endpoint_text(&authority, text);
	if (proxy->has_user) {
		int len = snprintf(plain, sizeof(plain), "%s:%s", proxy->user, proxy->password);

		encode(plain, (size_t)len, credentials);
	}
	return (size_t)snprintf(ret, SKT_HTTP_REQUEST_MAX,
		"CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", text, text,
		proxy->has_user ? "Proxy-Authorization: Basic " : "", credentials,
		proxy->has_user ? "\r\n" : "");
}

ssize_t skt_http_connect_measure(const char *bytes, size_t len)
{
	static const char version[] = "HTTP/1.";

	if (memcmp(bytes, version, SKT_MIN(len, strlen(version))) != 0)
		return -EPROTO;
	return skt_http_head_measure(bytes, len);
}

/* The status of the head, or -1: it has none. */
static int status_of(const char *bytes, size_t len)
{
	int status = 0;

	if (len < STATUS_END + 1 || bytes[STATUS_AT - 1] != ' ' ||
		!memchr(" \r\n", bytes[STATUS_END], 3))
		return -1;
	for (size_t i = STATUS_AT; i < STATUS_END; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return -1;
		status = 10 * status + (bytes[i] - '0');
	}
	return status;
}

int skt_http_connect_reply(
	const struct skt_proxy *proxy, const char *bytes, size_t len, struct skt_err *err)
{
	int status = status_of(bytes, len);
	const char *reason = bytes + STATUS_AT;
	size_t size = 0;

	if (status < 0)
		return skt_fail_text(err, EPROTO, "its answer has no status");
	/* Whatever a head of success says of a content, there is none (RFC 9110 9.3.6). */
	if (status / 100 == 2)
		return 0;
	while (reason + size < bytes + len && size < REASON_MAX && !strchr("\r\n", reason[size]))
		size++;
	if (status == 407 || status == 401)
		return skt_fail_text(err, EKEYREJECTED,
			proxy->has_user ? "it does not accept user and password"
					: "it wants a user and a password");
	return skt_fail_text(
		err, status == 504 ? ETIMEDOUT : EPROTO, "it answers \"%.*s\"", (int)size, reason);
}
