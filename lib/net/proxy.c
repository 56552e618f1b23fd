#include "net/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/num.h"

static const struct {
	const char *name;
	enum skt_proxy_scheme scheme;
	uint16_t port; /* where none is named: IANA's, and that of squid */
} schemes[] = {
	{"socks4", SKT_PROXY_SOCKS4, 1080},
	{"socks4a", SKT_PROXY_SOCKS4A, 1080},
	{"socks5", SKT_PROXY_SOCKS5, 1080},
	{"socks5h", SKT_PROXY_SOCKS5, 1080},
	{"http", SKT_PROXY_HTTP, 3128},
	{"https", SKT_PROXY_HTTPS, 443},
};

/* ---- reading ---- */

/* Decodes LEN bytes of a URL; -EINVAL: too long, a NUL, or no two digits behind a %. */
static int decode(const char *text, size_t len, char ret[SKT_PROXY_USER_MAX + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < len ? skt_hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? skt_hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (!c || count == SKT_PROXY_USER_MAX)
			return -EINVAL;
		ret[count++] = c;
	}
	ret[count] = '\0';
	return 0;
}

static int read_userinfo(const char *text, size_t len, struct skt_proxy *proxy, struct skt_err *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	int r = decode(text, user_len, proxy->user);

	if (r == 0 && colon)
		r = decode(colon + 1, len - user_len - 1, proxy->password);
	if (r)
		return skt_fail_text(err, EINVAL,
			"user and password have at most %d bytes each, with %%XX for what a URL "
			"cannot hold",
			SKT_PROXY_USER_MAX);
	proxy->has_user = true;
	return 0;
}

int skt_proxy_read_user(const char *text, size_t len, struct skt_proxy *ret, struct skt_err *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon ? (size_t)(colon - text) : len;
	size_t password_len = colon ? len - user_len - 1 : 0;

	if (!user_len || user_len > SKT_PROXY_USER_MAX || password_len > SKT_PROXY_USER_MAX ||
		memchr(text, '\0', len))
		return skt_fail_text(err, EINVAL,
			"expected USER:PASSWORD, of at most %d bytes each", SKT_PROXY_USER_MAX);
	memcpy(ret->user, text, user_len);
	ret->user[user_len] = '\0';
	if (colon)
		memcpy(ret->password, colon + 1, password_len);
	ret->password[password_len] = '\0';
	ret->has_user = true;
	return 0;
}

/* HOST or HOST:PORT, perhaps with a slash behind. */
static int read_host(const char *text, uint16_t port, struct skt_proxy *proxy, struct skt_err *err)
{
	char joined[SKT_ENDPOINT_TEXT_MAX];
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	bool has_port = strchr(bracket ? bracket : text, ':');
	size_t len = strlen(text);

	if (len && text[len - 1] == '/')
		len--;
	if (len + 8 > sizeof(joined) || strncmp(text, "unix:", 5) == 0)
		return skt_fail_text(err, EINVAL, "expected HOST or HOST:PORT");
	if (has_port)
		(void)snprintf(joined, sizeof(joined), "%.*s", (int)len, text);
	else
		(void)snprintf(joined, sizeof(joined), "%.*s:%u", (int)len, text, port);
	if (skt_endpoint_parse(joined, SKT_ENDPOINT_REMOTE, &proxy->endpoint, err))
		return -EINVAL;
	if (proxy->endpoint.kind != SKT_ENDPOINT_INET || proxy->endpoint.service[0])
		return skt_fail_text(err, EINVAL, "expected HOST or HOST:PORT, with a number");
	return 0;
}

int skt_proxy_read_url(const char *text, struct skt_proxy *ret, struct skt_err *err)
{
	const char *rest = strstr(text, "://"), *at;
	struct skt_proxy proxy = {0};
	size_t len = rest ? (size_t)(rest - text) : 0, i = 0;
	int r = 0;

	while (i < SKT_COUNT(schemes) &&
		!(strlen(schemes[i].name) == len && strncasecmp(text, schemes[i].name, len) == 0))
		i++;
	if (!rest || i == SKT_COUNT(schemes))
		return skt_fail_text(err, EINVAL,
			"expected socks5://HOST:PORT, or socks4, socks4a, http or https in its place");
	proxy.scheme = schemes[i].scheme;
	rest += 3;
	at = strrchr(rest, '@');
	if (at)
		r = read_userinfo(rest, (size_t)(at - rest), &proxy, err);
	if (r == 0)
		r = read_host(at ? at + 1 : rest, schemes[i].port, &proxy, err);
	if (r == 0)
		*ret = proxy;
	return r;
}

const char *skt_proxy_text(const struct skt_proxy *proxy, char text[SKT_PROXY_URL_MAX])
{
	char endpoint[SKT_ENDPOINT_TEXT_MAX];
	size_t i = 0;

	while (schemes[i].scheme != proxy->scheme)
		i++;
	(void)snprintf(text, SKT_PROXY_URL_MAX, "%s://%s", schemes[i].name,
		skt_endpoint_text(&proxy->endpoint, endpoint));
	return text;
}

int skt_proxy_suits(
	const struct skt_proxy *proxy, const struct skt_endpoint *target, struct skt_err *err)
{
	char text[SKT_ENDPOINT_TEXT_MAX];

	(void)skt_endpoint_text(target, text);
	if (target->kind != SKT_ENDPOINT_INET)
		return skt_fail_text(err, EINVAL, "'%.128s': proxies connect to HOST:PORT", text);
	if (target->zone[0] || target->addr.scope_id)
		return skt_fail_text(err, EINVAL,
			"'%.128s': a proxy does not know the interfaces of this host", text);
	if (target->addr.family == AF_INET6 &&
		(proxy->scheme == SKT_PROXY_SOCKS4 || proxy->scheme == SKT_PROXY_SOCKS4A))
		return skt_fail_text(
			err, EINVAL, "'%.128s': SOCKS 4 knows no IPv6: use socks5://", text);
	return 0;
}

/* ---- exceptions ---- */

/* NAME is DOMAIN, or below it; a dot of the root, or in front, says nothing. */
static bool is_below(const char *name, const char *domain, size_t len)
{
	size_t name_len = strlen(name);

	if (name_len && name[name_len - 1] == '.')
		name_len--;
	if (len && domain[0] == '.') {
		domain++;
		len--;
	}
	if (!len || name_len < len || strncasecmp(name + name_len - len, domain, len) != 0)
		return false;
	return name_len == len || name[name_len - len - 1] == '.';
}

static bool is_meant(const char *word, size_t len, const struct skt_endpoint *target)
{
	struct skt_cidr cidr;

	if (len == 1 && *word == '*')
		return true;
	if (target->host[0])
		return is_below(target->host, word, len);
	if (len > 2 && word[0] == '[' && word[len - 1] == ']') {
		word++;
		len -= 2;
	}
	return skt_cidr_parse(word, len, &cidr) == 0 && skt_cidr_contains(&cidr, &target->addr);
}

bool skt_proxy_excepts(const char *list, const struct skt_endpoint *target)
{
	while (list && *list) {
		size_t len = strcspn(list, ", \t");

		if (len && is_meant(list, len, target))
			return true;
		list += len;
		list += strspn(list, ", \t");
	}
	return false;
}
