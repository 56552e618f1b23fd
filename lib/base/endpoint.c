#include "base/endpoint.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* Quotes are cut here, so that the reason behind them is never lost. */
#define QUOTE "'%.80s'"

static bool equals(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static bool all_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/* The LEN bytes at TEXT as a string of at most SIZE - 1; false where they do not fit. */
static bool copy(char *to, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

static int parse_zone(const char *zone, size_t len, struct skt_endpoint *ep)
{
	char digits[12];
	uint64_t index;

	if (all_digits(zone, len)) {
		if (!copy(digits, sizeof(digits), zone, len) ||
			skt_num_parse(digits, 1, UINT32_MAX, &index))
			return -EINVAL;
		ep->addr.scope_id = (uint32_t)index;
		return 0;
	}
	/* What the kernel accepts as the name of a device (dev_valid_name, net/core/dev.c). */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)zone[i] <= ' ' || zone[i] == '/' || zone[i] == ':')
			return -EINVAL;
	return len && copy(ep->zone, sizeof(ep->zone), zone, len) ? 0 : -EINVAL;
}

/* Bytes that no name of a host has; those above 0x7f may be an international name. */
static bool name_is_sound(const char *name, size_t len)
{
	static const char wrong[] = "/\\@#?%*[]()<>\"'`;,&|{}^!$=+:";

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || strchr(wrong, name[i]))
			return false;
	return len > 0 && name[0] != '-' && name[0] != '.';
}

/* HOST without its port; brackets say that it must be IPv6. */
static int parse_host(const char *text, const char *host, size_t len, enum skt_endpoint_role role,
	struct skt_endpoint *ep, struct skt_err *err)
{
	bool brackets = len >= 2 && host[0] == '[' && host[len - 1] == ']';
	const char *zone;
	size_t addr_len;

	if (len == 0 || equals(host, len, "*")) {
		if (role == SKT_ENDPOINT_REMOTE)
			return skt_fail_text(
				err, EINVAL, QUOTE ": the host is missing: HOST:PORT", text);
		return 0;
	}
	if (brackets) {
		host++;
		len -= 2;
	}
	zone = memchr(host, '%', len);
	addr_len = zone ? (size_t)(zone - host) : len;
	if (len && host[0] != '[' && skt_addr_parse(host, addr_len, &ep->addr) == 0) {
		if ((brackets || zone) && ep->addr.family != AF_INET6)
			return skt_fail_text(err, EINVAL, QUOTE ": only an IPv6 address has %s",
				text, zone ? "a zone" : "brackets");
		if (zone && parse_zone(zone + 1, len - addr_len - 1, ep))
			return skt_fail_text(err, EINVAL, QUOTE ": the zone '%.*s' is no interface",
				text, (int)SKT_MIN(len - addr_len - 1, 32), zone + 1);
		return 0;
	}
	if (brackets)
		return skt_fail_text(err, EINVAL, QUOTE ": '%.*s' is no IPv6 address", text,
			(int)SKT_MIN(len, 64), host);
	if (memchr(host, ':', len))
		return skt_fail_text(
			err, EINVAL, QUOTE ": an IPv6 address needs brackets: [ADDR]:PORT", text);
	if (role == SKT_ENDPOINT_SOURCE)
		return skt_fail_text(err, EINVAL,
			QUOTE ": '%.*s' is no address: a source is not looked up", text,
			(int)SKT_MIN(len, 64), host);
	if (len > SKT_ENDPOINT_HOST_MAX)
		return skt_fail_text(err, ENAMETOOLONG,
			QUOTE ": the name of a host has at most %d characters", text,
			SKT_ENDPOINT_HOST_MAX - 1);
	if (all_digits(host, len))
		return skt_fail_text(
			err, EINVAL, QUOTE ": the host comes first, and the port behind it", text);
	if (!name_is_sound(host, len))
		return skt_fail_text(err, EINVAL, QUOTE ": '%.*s' is no name of a host", text,
			(int)SKT_MIN(len, 64), host);
	(void)copy(ep->host, sizeof(ep->host), host, len);
	return 0;
}

/* A service name: RFC 6335 is stricter, but services(5) files are not. */
static bool service_is_sound(const char *name)
{
	for (const char *p = name; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
		bool digit = *p >= '0' && *p <= '9';

		if (!letter && !digit && (p == name || !strchr("-_.+/*", *p)))
			return false;
	}
	return *name != '\0';
}

static int parse_port(const char *text, const char *port, enum skt_endpoint_role role,
	struct skt_endpoint *ep, struct skt_err *err)
{
	uint64_t number;

	if (*port == '\0')
		return skt_fail_text(err, EINVAL, QUOTE ": the port is missing", text);
	if (all_digits(port, strlen(port))) {
		if (skt_num_parse(port, 0, UINT16_MAX, &number))
			return skt_fail_text(err, ERANGE,
				QUOTE ": the port %.20s is greater than 65535", text, port);
		if (number == 0 && role == SKT_ENDPOINT_REMOTE)
			return skt_fail_text(
				err, ERANGE, QUOTE ": nothing listens at port 0", text);
		ep->port = (uint16_t)number;
		return 0;
	}
	if (!service_is_sound(port) || !copy(ep->service, sizeof(ep->service), port, strlen(port)))
		return skt_fail_text(err, EINVAL,
			QUOTE ": '%.64s' is neither a port nor the name of a service", text, port);
	return 0;
}

static int parse_unix(
	const char *text, const char *path, struct skt_endpoint *ep, struct skt_err *err)
{
	ep->kind = SKT_ENDPOINT_UNIX;
	ep->abstract = path[0] == '@';
	if (ep->abstract)
		path++;
	if (*path == '\0')
		return skt_fail_text(err, EINVAL, QUOTE ": the %s is missing", text,
			ep->abstract ? "name" : "path");
	/* The kernel's own room is 108 bytes, one of them the NUL, or the NUL in front. */
	if (!copy(ep->path, sizeof(ep->path), path, strlen(path)))
		return skt_fail_text(err, ENAMETOOLONG,
			QUOTE ": %zu bytes, but the path of a socket has at most %d", text,
			strlen(path), (int)SKT_ENDPOINT_PATH_MAX);
	return 0;
}

static int parse_vsock(const char *text, const char *rest, enum skt_endpoint_role role,
	struct skt_endpoint *ep, struct skt_err *err)
{
	const char *colon = strchr(rest, ':');
	size_t len = colon ? (size_t)(colon - rest) : 0;
	uint64_t number;
	char cid[12];

	ep->kind = SKT_ENDPOINT_VSOCK;
	if (!colon)
		return skt_fail_text(
			err, EINVAL, QUOTE ": the port is missing: vsock:CID:PORT", text);
	if (equals(rest, len, "any") && role != SKT_ENDPOINT_REMOTE)
		ep->cid = VMADDR_CID_ANY;
	else if (equals(rest, len, "host"))
		ep->cid = VMADDR_CID_HOST;
	else if (equals(rest, len, "local"))
		ep->cid = 1; /* VMADDR_CID_LOCAL; older headers lack the name */
	else if (copy(cid, sizeof(cid), rest, len) &&
		skt_num_parse(cid, 0, UINT32_MAX - 1, &number) == 0)
		ep->cid = (uint32_t)number;
	else
		return skt_fail_text(
			err, EINVAL, QUOTE ": '%.*s' is no CID", text, (int)SKT_MIN(len, 32), rest);
	if (skt_num_parse(colon + 1, 0, UINT32_MAX - 1, &number))
		return skt_fail_text(
			err, EINVAL, QUOTE ": '%.32s' is no port of vsock", text, colon + 1);
	ep->vsock_port = (uint32_t)number;
	return 0;
}

/* The colon in front of the port, or NULL: behind the brackets, or the only one. */
static const char *port_colon(const char *text)
{
	const char *bracket = text[0] == '[' ? strrchr(text, ']') : NULL;

	if (bracket)
		return bracket[1] == ':' ? bracket + 1 : NULL;
	return strrchr(text, ':');
}

static int parse_inet(
	const char *text, enum skt_endpoint_role role, struct skt_endpoint *ep, struct skt_err *err)
{
	const char *colon = port_colon(text);
	struct skt_addr addr;
	size_t len = strcspn(text, "%");
	int r;

	if (strchr(text, ' '))
		return skt_fail_text(
			err, EINVAL, QUOTE ": a blank in it: HOST PORT are two words", text);
	if (role == SKT_ENDPOINT_SOURCE && (!colon || skt_addr_parse(text, len, &addr) == 0))
		return parse_host(text, text, strlen(text), role, ep, err);
	/* ::1:80 is an address as much as an address and a port. */
	if (colon && text[0] != '[' && memchr(text, ':', (size_t)(colon - text)))
		return skt_fail_text(err, EINVAL,
			text[strspn(text, "0123456789abcdefABCDEF:.%")]
				? QUOTE ": one colon only, in front of the port: HOST:PORT"
				: QUOTE ": an IPv6 address needs brackets: [ADDR]:PORT",
			text);
	if (colon) {
		r = parse_host(text, text, (size_t)(colon - text), role, ep, err);
		return r ? r : parse_port(text, colon + 1, role, ep, err);
	}
	/* One word: for a listener that is its port, unless it is plainly an address. */
	if (role == SKT_ENDPOINT_LOCAL && text[0] && text[0] != '[' &&
		skt_addr_parse(text, len, &addr) != 0)
		return parse_port(text, text, role, ep, err);
	return skt_fail_text(err, EINVAL, QUOTE ": the port is missing: %s", text,
		role == SKT_ENDPOINT_LOCAL ? "[HOST:]PORT" : "HOST:PORT");
}

int skt_endpoint_parse(const char *text, enum skt_endpoint_role role, struct skt_endpoint *ret,
	struct skt_err *err)
{
	struct skt_endpoint ep = {.kind = SKT_ENDPOINT_INET};
	int r;

	if (role == SKT_ENDPOINT_SOURCE && !*text)
		return skt_fail_text(err, EINVAL, "empty: expected an address");
	if (strncmp(text, "unix:", 5) == 0)
		r = parse_unix(text, text + 5, &ep, err);
	else if (strncmp(text, "vsock:", 6) == 0)
		r = parse_vsock(text, text + 6, role, &ep, err);
	else
		r = parse_inet(text, role, &ep, err);
	if (r == 0)
		*ret = ep;
	return r;
}

int skt_endpoint_parse_pair(const char *host, const char *port, enum skt_endpoint_role role,
	struct skt_endpoint *ret, struct skt_err *err)
{
	struct skt_endpoint ep = {.kind = SKT_ENDPOINT_INET};
	int r;

	r = parse_host(host, host, strlen(host), role, &ep, err);
	if (r == 0)
		r = parse_port(port, port, role, &ep, err);
	if (r == 0)
		*ret = ep;
	return r;
}

int skt_endpoint_check_zone(
	const struct skt_endpoint *ep, const char *interface, struct skt_err *err)
{
	char addr[SKT_ADDR_TEXT_MAX];

	if (ep->kind != SKT_ENDPOINT_INET || ep->addr.family != AF_INET6 || ep->zone[0] ||
		ep->addr.scope_id || interface || !skt_addr_is_link_local(&ep->addr))
		return 0;
	(void)skt_addr_text(&ep->addr, addr);
	return skt_fail_text(
		err, EINVAL, "%s is link-local: say at which interface, %s%%IFACE", addr, addr);
}

static void inet_text(const struct skt_endpoint *ep, char text[SKT_ENDPOINT_TEXT_MAX])
{
	bool v6 = ep->addr.family == AF_INET6;
	char addr[SKT_ADDR_TEXT_MAX], port[8];
	const char *host = ep->host[0] ? ep->host : "*";

	if (ep->addr.family != AF_UNSPEC)
		host = skt_addr_text(&ep->addr, addr);
	(void)snprintf(port, sizeof(port), "%u", ep->port);
	(void)snprintf(text, SKT_ENDPOINT_TEXT_MAX, "%s%s%s%s%s:%s", v6 ? "[" : "", host,
		ep->zone[0] ? "%" : "", ep->zone, v6 ? "]" : "",
		ep->service[0] ? ep->service : port);
}

const char *skt_endpoint_text(const struct skt_endpoint *endpoint, char text[SKT_ENDPOINT_TEXT_MAX])
{
	switch (endpoint->kind) {
	case SKT_ENDPOINT_INET:
		inet_text(endpoint, text);
		break;
	case SKT_ENDPOINT_UNIX:
		(void)snprintf(text, SKT_ENDPOINT_TEXT_MAX, "unix:%s%s",
			endpoint->abstract ? "@" : "", endpoint->path);
		break;
	case SKT_ENDPOINT_VSOCK:
		if (endpoint->cid == VMADDR_CID_ANY)
			(void)snprintf(
				text, SKT_ENDPOINT_TEXT_MAX, "vsock:any:%u", endpoint->vsock_port);
		else
			(void)snprintf(text, SKT_ENDPOINT_TEXT_MAX, "vsock:%u:%u", endpoint->cid,
				endpoint->vsock_port);
		break;
	}
	return text;
}
