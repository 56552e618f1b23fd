#include "cmd/listen/targets.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/macros.h"

/* ---- rules ---- */

static int read_host(const char *text, size_t len, struct target_rule *rule)
{
	rule->itself = rule->below = false;
	if (len == 0 || (len == 1 && *text == '*'))
		return 0;
	if (skt_cidr_parse(text, len, &rule->cidr) == 0)
		return 0;
	rule->itself = rule->below = text[0] == '.';
	if (text[0] == '*')
		rule->below = text[1] == '.';
	else if (text[0] != '.')
		rule->itself = true;
	if (!rule->itself) {
		text += 2;
		len -= 2;
	} else if (rule->below) {
		text++;
		len--;
	}
	if (len && text[len - 1] == '.')
		len--;
	/* A slash, a star or a bracket was meant for something else. */
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || strchr("/*[]:@,", text[i]))
			return -EINVAL;
	if (len == 0 || len >= sizeof(rule->host) || (!rule->itself && !rule->below))
		return -EINVAL;
	memcpy(rule->host, text, len);
	rule->host[len] = '\0';
	return 0;
}

static int read_ports(const char *text, struct target_rule *rule, struct skt_err *err)
{
	int r = skt_port_list_parse(text, strlen(text), &rule->ports, err);

	for (size_t i = 0; r == 0 && i < rule->ports.len; i++)
		if (rule->ports.data[i].name)
			r = skt_fail_text(err, EINVAL, "ports are numbers here");
	return r && r != -ENOMEM ? -EINVAL : r;
}

int targets_add(struct targets *targets, const char *text, bool allows, struct skt_err *err)
{
	struct target_rule rule = {.allows = allows};
	const char *host = text, *colon = strchr(text, ':'), *end;
	int r = 0;

	if (text[0] == '[') {
		host = text + 1;
		end = strchr(text, ']');
		colon = end && end[1] == ':' ? end + 1 : NULL;
		if (!end || (end[1] && !colon) ||
			skt_cidr_parse(host, (size_t)(end - host), &rule.cidr))
			r = -EINVAL;
	} else {
		/* IPv6 without brackets has no ports behind it. */
		if (colon && strchr(colon + 1, ':'))
			colon = NULL;
		end = colon ? colon : text + strlen(text);
		r = *text ? read_host(host, (size_t)(end - host), &rule) : -EINVAL;
	}
	if (r)
		return skt_fail_text(err, EINVAL,
			"expected a host, .DOMAIN, *, an address or a prefix, with :PORTS or without");
	if (colon)
		r = read_ports(colon + 1, &rule, err);
	if (r == 0)
		r = skt_vec_push(&targets->rules, rule);
	if (r)
		skt_vec_free(&rule.ports);
	else
		targets->some |= allows;
	return r;
}

void targets_free(struct targets *targets)
{
	for (size_t i = 0; i < targets->rules.len; i++)
		skt_vec_free(&targets->rules.data[i].ports);
	skt_vec_free(&targets->rules);
}

/* ---- what nobody outside could reach ---- */

/* The IPv4 address that an IPv6 one stands for (RFC 6052, RFC 3056, RFC 4291 2.5.5.1). */
static struct skt_addr embedded(const struct skt_addr *addr)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b}, compatible[12];
	struct skt_addr v4 = {.family = AF_INET}, same = *addr;
	const uint8_t *from = NULL;

	skt_addr_unmap(&same);
	if (same.family != AF_INET6 || skt_addr_is_any(&same) || skt_addr_is_loopback(&same))
		return same;
	if (memcmp(same.bytes, nat64, sizeof(nat64)) == 0 ||
		memcmp(same.bytes, compatible, sizeof(compatible)) == 0)
		from = same.bytes + 12;
	else if (same.bytes[0] == 0x20 && same.bytes[1] == 0x02)
		from = same.bytes + 2;
	if (!from)
		return same;
	memcpy(v4.bytes, from, 4);
	return v4;
}

/* Clouds tell a machine its secrets at addresses that are not link-local, too. */
static bool is_metadata(const struct skt_addr *addr)
{
	static const struct skt_addr known[] = {
		{.family = AF_INET, .bytes = {100, 100, 100, 200}}, /* Alibaba */
		{.family = AF_INET, .bytes = {192, 0, 0, 192}},     /* Oracle */
		/* Amazon: fd00:ec2::254; Google: fd20:ce::254 */
		{.family = AF_INET6, .bytes = {0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}},
		{.family = AF_INET6, .bytes = {0xfd, 0x20, 0, 0xce, [14] = 0x02, [15] = 0x54}},
	};

	for (size_t i = 0; i < SKT_COUNT(known); i++)
		if (skt_addr_equal(addr, &known[i]))
			return true;
	return false;
}

/* For nobody, wherever the proxy runs. */
static bool is_special(const struct skt_addr *addr)
{
	const struct skt_addr meant = embedded(addr);

	if (is_metadata(&meant))
		return true;
	if (meant.family == AF_INET && (meant.bytes[0] == 0 || meant.bytes[0] == 0xff))
		return true;
	return skt_addr_is_any(&meant) || skt_addr_is_loopback(&meant) ||
		skt_addr_is_link_local(&meant) || skt_addr_is_multicast(&meant);
}

/* What goes to an address of this host comes from it: the kernel's routes know, unasked of anybody.
 */
static bool is_own(const struct skt_addr *addr)
{
	struct sockaddr_storage to, from = {0};
	socklen_t len = skt_addr_to_sockaddr(addr, 9, &to), from_len = sizeof(from);
	int fd = socket(addr->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct skt_addr own;
	uint16_t port;
	bool is = fd < 0;

	/* What is not known is not allowed; who cannot be reached will be found to be so. */
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, len) == 0)
		is = getsockname(fd, (struct sockaddr *)&from, &from_len) ||
			skt_addr_from_sockaddr((const struct sockaddr *)&from, &own, &port) ||
			memcmp(own.bytes, addr->bytes, sizeof(own.bytes)) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is;
}

/* A rule that means such an address, and not merely all: it lies within what is special. */
static bool means_it(const struct target_rule *rule)
{
	struct skt_addr base = rule->cidr.addr;
	unsigned int bits = base.family == AF_INET ? 32 : 128, length = rule->cidr.length;

	if (rule->host[0])
		return !rule->below;
	if (base.family == AF_UNSPEC || length < 8)
		return false;
	for (unsigned int i = length; i < bits; i++)
		base.bytes[i / 8] = (uint8_t)(base.bytes[i / 8] & ~(0x80u >> i % 8));
	return length == bits || is_special(&base);
}

/* ---- verdicts ---- */

static bool has_port(const struct target_rule *rule, uint16_t port)
{
	for (size_t i = 0; i < rule->ports.len; i++)
		if (port >= rule->ports.data[i].low && port <= rule->ports.data[i].high)
			return true;
	return rule->ports.len == 0;
}

static bool has_name(const struct target_rule *rule, const char *name)
{
	size_t len = strlen(name), host_len = strlen(rule->host);

	if (len && name[len - 1] == '.')
		len--;
	if (len < host_len || strncasecmp(name + len - host_len, rule->host, host_len) != 0)
		return false;
	return len == host_len ? rule->itself : rule->below && name[len - host_len - 1] == '.';
}

/* ADDR NULL: none is known, and those that rules have are not met. */
static bool applies(const struct target_rule *rule, const struct skt_endpoint *target,
	const struct skt_addr *addr)
{
	if (!has_port(rule, target->port))
		return false;
	if (rule->host[0])
		return has_name(rule, target->host);
	if (rule->cidr.addr.family == AF_UNSPEC)
		return true;
	return addr && skt_cidr_contains(&rule->cidr, addr);
}

bool targets_permit(const struct targets *targets, const struct skt_endpoint *target,
	const struct skt_addr *addr)
{
	bool allowed = !targets->some, meant = false;

	for (size_t i = 0; i < targets->rules.len; i++) {
		const struct target_rule *rule = &targets->rules.data[i];

		if (!applies(rule, target, addr))
			continue;
		if (!rule->allows)
			return false;
		allowed = true;
		meant |= means_it(rule);
	}
	return allowed && (meant || !(is_special(addr) || is_own(addr)));
}

bool targets_may(const struct targets *targets, const struct skt_endpoint *target, bool resolved)
{
	bool allowed = !targets->some;

	if (!target->host[0])
		return targets_permit(targets, target, &target->addr);
	for (size_t i = 0; i < targets->rules.len; i++) {
		const struct target_rule *rule = &targets->rules.data[i];
		bool by_address = !rule->host[0] && rule->cidr.addr.family != AF_UNSPEC;

		if (applies(rule, target, NULL) && !rule->allows)
			return false;
		if (rule->allows && has_port(rule, target->port))
			allowed |= by_address ? resolved : applies(rule, target, NULL);
	}
	return allowed;
}
