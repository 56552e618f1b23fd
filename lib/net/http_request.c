#include "net/http_request.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "net/http_head.h"

ssize_t skt_http_measure_request(const char *bytes, size_t len)
{
	/* A method is a word in capitals, whoever invented it. */
	for (size_t i = 0; i < len && bytes[i] != ' '; i++)
		if ((bytes[i] < 'A' || bytes[i] > 'Z') && (i == 0 || bytes[i] != '-'))
			return -EPROTO;
	return skt_http_head_measure(bytes, len);
}

/* ---- the first line ---- */

struct request_line {
	const char *method, *target, *version; /* borrowed from the head */
	size_t method_len, target_len;
	/* Of a target with a scheme: what stands behind the host. */
	const char *path;
	size_t path_len;
};

static int read_line(const struct skt_http_line *line, struct request_line *ret)
{
	static const char version[] = "HTTP/1.";
	const char *end = line->text + line->len, *blank = memchr(line->text, ' ', line->len);
	const char *last = memrchr(line->text, ' ', line->len);

	if (!blank || last == blank || blank == line->text)
		return -EPROTO;
	*ret = (struct request_line){
		.method = line->text,
		.method_len = (size_t)(blank - line->text),
		.target = blank + 1,
		.target_len = (size_t)(last - blank - 1),
		.version = last + 1,
	};
	if ((size_t)(end - ret->version) != strlen(version) + 1 ||
		memcmp(ret->version, version, strlen(version)) != 0 || end[-1] < '0' ||
		end[-1] > '9')
		return -EPROTO;
	for (size_t i = 0; i < ret->target_len; i++)
		if ((uint8_t)ret->target[i] <= ' ' || (uint8_t)ret->target[i] >= 0x7f)
			return -EPROTO;
	return ret->target_len ? 0 : -EPROTO;
}

/* HOST, or HOST:PORT where PORT, if not 0, is that of one without. */
static int read_authority(const char *text, size_t len, unsigned int port, struct skt_endpoint *ret,
	struct skt_err *err)
{
	const char *bracket = len && text[0] == '[' ? memchr(text, ']', len) : NULL;
	const char *rest = bracket ? bracket + 1 : text;
	const char *colon = memchr(rest, ':', len - (size_t)(rest - text));
	size_t host_len = colon ? (size_t)(colon - text) : len;

	if (bracket && rest != (colon ? colon : text + len))
		return skt_fail_text(err, EINVAL, "it asks for a host whose name is none");
	if (colon && (port == 0 || host_len + 1 < len)) {
		port = 0;
		for (const char *p = colon + 1; p < text + len; p++) {
			if (*p < '0' || *p > '9' || port > UINT16_MAX)
				return skt_fail_text(
					err, EINVAL, "it asks for a port that is none");
			port = 10 * port + (unsigned int)(*p - '0');
		}
	}
	if (port > UINT16_MAX)
		return skt_fail_text(err, EINVAL, "it asks for a port that is none");
	return skt_proxy_request_target(text, host_len, (uint16_t)port, ret, err);
}

/* `http://HOST[:PORT][/PATH]`: a user in it is refused (RFC 9110 4.2.4). */
static int read_url(struct request_line *line, struct skt_endpoint *ret, struct skt_err *err)
{
	static const char scheme[] = "http://";
	const char *end = line->target + line->target_len, *host, *at;

	if (line->target[0] == '/' || line->target[0] == '*')
		return skt_fail_text(err, EPROTO, "it asks for no host, as if this were a server");
	if (line->target_len < strlen(scheme) ||
		strncasecmp(line->target, scheme, strlen(scheme)) != 0)
		return skt_fail_text(
			err, EOPNOTSUPP, "it asks for something else than http:// or CONNECT");
	host = line->target + strlen(scheme);
	for (at = host; at < end && !strchr("/?#", *at); at++)
		;
	line->path = at;
	line->path_len = (size_t)(end - at);
	if (memchr(line->path, '#', line->path_len))
		return skt_fail_text(err, EPROTO, "its URL has a fragment");
	return read_authority(host, (size_t)(at - host), 80, ret, err);
}

/* ---- who asks ---- */

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 (RFC 4648 4), whose padding may be missing. Returns the length, or -EINVAL. */
static ssize_t decode(const char *text, size_t len, char *ret, size_t max)
{
	size_t count = 0, filled = 0;
	uint32_t bits = 0;

	while (len && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return -EINVAL;
		bits = (bits << 6 | (uint32_t)digit) & 0xffff;
		filled += 6;
		if (filled < 8)
			continue;
		if (count == max)
			return -EINVAL;
		filled -= 8;
		ret[count++] = (char)(bits >> filled & 0xff);
	}
	return (ssize_t)count;
}

/* What cannot be read is nobody's. */
static void read_credentials(const struct skt_http_line *line, struct skt_proxy_request *ret)
{
	static const char scheme[] = "Basic ";
	char plain[2 * SKT_PROXY_USER_MAX + 1];
	size_t skipped = strlen(scheme);
	const char *colon;
	ssize_t len;

	if (line->value_len < skipped || strncasecmp(line->value, scheme, skipped) != 0)
		return;
	while (skipped < line->value_len && line->value[skipped] == ' ')
		skipped++;
	len = decode(line->value + skipped, line->value_len - skipped, plain, sizeof(plain));
	colon = len > 0 ? memchr(plain, ':', (size_t)len) : NULL;
	ret->has_user = colon &&
		skt_proxy_request_text(plain, (size_t)(colon - plain), ret->user) == 0 &&
		skt_proxy_request_text(
			colon + 1, (size_t)(plain + len - colon - 1), ret->password) == 0;
	explicit_bzero(plain, sizeof(plain));
}

int skt_http_read_request(
	const char *head, size_t len, struct skt_proxy_request *ret, struct skt_err *err)
{
	static const char connect[] = "CONNECT";
	const char *at = head, *end = head + len;
	struct request_line request;
	struct skt_http_line line;
	int r = skt_http_head_next(&at, end, true, &line);

	/* An answer has to be in this language, whatever is wrong. */
	ret->language = SKT_PROXY_SPEAKS_HTTP;
	if (r <= 0 || read_line(&line, &request))
		return skt_fail_text(err, EPROTO, "its first line is none of HTTP");
	while ((r = skt_http_head_next(&at, end, false, &line)) > 0)
		if (skt_http_line_is(&line, "Proxy-Authorization"))
			read_credentials(&line, ret);
	if (r)
		return skt_fail_text(err, EPROTO, "a field of its head is none");
	if (request.method_len == strlen(connect) &&
		memcmp(request.method, connect, strlen(connect)) == 0) {
		ret->language = SKT_PROXY_SPEAKS_CONNECT;
		return read_authority(request.target, request.target_len, 0, &ret->target, err);
	}
	return read_url(&request, &ret->target, err);
}

/* ---- passing on ---- */

/* Whether one of the fields Connection of the head names the field LINE. */
static bool is_named(const char *head, size_t len, const struct skt_http_line *line)
{
	const char *at = head, *end = head + len;
	struct skt_http_line other;
	bool first = true;

	for (; skt_http_head_next(&at, end, first, &other) > 0; first = false) {
		const char *value = other.value;

		if (first || !skt_http_line_is(&other, "Connection"))
			continue;
		while (value < other.value + other.value_len) {
			size_t left = (size_t)(other.value + other.value_len - value), size = 0;

			while (size < left && !strchr(", \t", value[size]))
				size++;
			if (size == line->name_len && strncasecmp(value, line->text, size) == 0)
				return true;
			value += size + 1;
		}
	}
	return false;
}

/* About this connection, and none of the server's business (RFC 9110 7.6.1), or said anew. */
static bool is_ours(const char *head, size_t len, const struct skt_http_line *line)
{
	static const char *const ours[] = {"Connection", "Proxy-Connection", "Proxy-Authorization",
		"Proxy-Authenticate", "Keep-Alive", "TE", "Upgrade", "Host"};
	/* Without these nobody knows where the request ends, whatever Connection says of them. */
	static const char *const needed[] = {"Content-Length", "Transfer-Encoding"};

	for (size_t i = 0; i < SKT_COUNT(ours); i++)
		if (skt_http_line_is(line, ours[i]))
			return true;
	for (size_t i = 0; i < SKT_COUNT(needed); i++)
		if (skt_http_line_is(line, needed[i]))
			return false;
	return is_named(head, len, line);
}

void skt_http_pass_request(
	const char *head, size_t len, const struct skt_proxy_request *request, struct skt_str *ret)
{
	const char *at = head, *end = head + len;
	struct skt_endpoint target = request->target;
	struct skt_http_line line;
	struct request_line first;
	char host[SKT_ENDPOINT_TEXT_MAX];
	bool asks_all;

	/* It was read before. */
	if (skt_http_head_next(&at, end, true, &line) <= 0 || read_line(&line, &first) ||
		read_url(&first, &target, NULL))
		return;
	asks_all = first.method_len == 7 && memcmp(first.method, "OPTIONS", 7) == 0;
	(void)skt_endpoint_text(&target, host);
	skt_str_add(ret, first.method, first.method_len);
	skt_str_add_char(ret, ' ');
	if (!first.path_len || first.path[0] == '?')
		skt_str_add_char(ret, asks_all && !first.path_len ? '*' : '/');
	skt_str_add(ret, first.path, first.path_len);
	skt_str_add_format(ret, " HTTP/1.%c\r\nHost: %.*s\r\n", first.version[7],
		(int)(target.port == 80 ? strlen(host) - strlen(":80") : strlen(host)), host);
	while (skt_http_head_next(&at, end, false, &line) > 0) {
		if (is_ours(head, len, &line))
			continue;
		skt_str_add(ret, line.text, line.len);
		skt_str_add_text(ret, "\r\n");
	}
	skt_str_add_format(ret, "Via: 1.%c sockkit\r\nConnection: close\r\n\r\n", first.version[7]);
}

/* ---- answers ---- */

static const char *status_of(int r)
{
	switch (-r) {
	case EPERM:
	case EACCES:
		return "403 Forbidden";
	case EKEYREJECTED:
		return "407 Proxy Authentication Required";
	case ETIMEDOUT:
		return "504 Gateway Timeout";
	case EPROTO:
	case EINVAL:
		return "400 Bad Request";
	case EMSGSIZE:
		return "431 Request Header Fields Too Large";
	case EOPNOTSUPP:
		return "501 Not Implemented";
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EADDRNOTAVAIL:
		return "503 Service Unavailable";
	}
	return "502 Bad Gateway";
}

size_t skt_http_answer(int r, const char *why, char ret[SKT_HTTP_ANSWER_MAX])
{
	size_t len = strnlen(why, 255);

	if (r == 0)
		return (size_t)snprintf(
			ret, SKT_HTTP_ANSWER_MAX, "HTTP/1.1 200 Connection established\r\n\r\n");
	return (size_t)snprintf(ret, SKT_HTTP_ANSWER_MAX,
		"HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\nsockkit: %.*s\n",
		status_of(r),
		r == -EKEYREJECTED ? "Proxy-Authenticate: Basic realm=\"sockkit\"\r\n" : "",
		len + strlen("sockkit: \n"), (int)len, why);
}
