/* What stands behind `src`, `dst`, `sport`, `dport` and `port` in a filter. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/num.h"
#include "base/str.h"
#include "filter/node.h"

enum { PORT_MAX = 65535, HOST_NAME_MAX_LEN = 253, QUOTED_BYTES = 60 };

const char *skt_filter_quote(const char *word, size_t len, char quoted[SKT_FILTER_QUOTED_MAX])
{
	char *out = quoted;
	uint32_t code;

	*out++ = '\'';
	for (size_t i = 0; i < len;) {
		size_t n = skt_utf8_decode(word + i, len - i, &code);

		if (i + SKT_MAX(n, 1) > QUOTED_BYTES) {
			memcpy(out, "...", 3);
			out += 3;
			break;
		}
		/* C0, DEL and C1 are what terminals act upon. */
		if (!n || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			*out++ = '?';
		} else {
			memcpy(out, word + i, n);
			out += n;
		}
		i += SKT_MAX(n, 1);
	}
	*out++ = '\'';
	*out = '\0';
	return quoted;
}

static size_t lowest_port(const struct skt_portset *set)
{
	size_t port = 0;

	while (port <= PORT_MAX && !skt_portset_has(set, (uint16_t)port))
		port++;
	return port;
}

size_t skt_filter_run_end(const struct skt_portset *set, size_t low)
{
	while (low < PORT_MAX && skt_portset_has(set, (uint16_t)(low + 1)))
		low++;
	return low;
}

static size_t highest_port(const struct skt_portset *set)
{
	size_t port = PORT_MAX;

	while (port && !skt_portset_has(set, (uint16_t)port))
		port--;
	return port;
}

/*
 * A comparison with several ports, which only a service name can stand for, holds where it holds
 * with one of them. Port 0 says that there is no port, so it is neither below nor above any.
 */
int skt_filter_ports_set(
	struct skt_filter *filter, struct skt_filter_ports *ports, const struct skt_portset *set)
{
	uint32_t lowest = (uint32_t)lowest_port(set), highest = (uint32_t)highest_port(set);
	struct skt_portset *copy;

	ports->set = NULL;
	ports->low = 1;
	ports->high = 0;
	if (lowest > PORT_MAX)
		return 0;
	switch (ports->op) {
	case SKT_FILTER_EQ:
	case SKT_FILTER_NE:
	case SKT_FILTER_LIKE:
	case SKT_FILTER_UNLIKE:
		ports->low = lowest;
		ports->high = highest;
		if (skt_filter_run_end(set, lowest) == highest)
			return 0;
		copy = skt_arena_alloc(&filter->arena, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *set;
		ports->set = copy;
		return 0;
	case SKT_FILTER_LT:
		ports->high = highest ? highest - 1 : 0;
		return 0;
	case SKT_FILTER_LE:
		ports->high = highest;
		return 0;
	case SKT_FILTER_GT:
		ports->low = lowest + 1;
		ports->high = PORT_MAX;
		return 0;
	case SKT_FILTER_GE:
		ports->low = SKT_MAX(lowest, 1);
		ports->high = PORT_MAX;
		return 0;
	}
	return -EINVAL;
}

static int ports_list(struct skt_filter *filter, struct skt_filter_place *place,
	const struct skt_port_list *list, struct skt_err *err)
{
	struct skt_portset set = {0};

	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];

		if (item->name) {
			place->names_ports = true;
			return 0;
		}
		for (uint32_t port = item->low; port <= item->high; port++)
			skt_portset_add(&set, (uint16_t)port);
	}
	if (skt_filter_ports_set(filter, &place->ports, &set))
		return skt_fail(err, ENOMEM, "filter");
	return 0;
}

int skt_filter_ports_parse(struct skt_filter *filter, struct skt_filter_place *place,
	enum skt_filter_op op, const char *word, size_t len, struct skt_err *err)
{
	bool compares = op != SKT_FILTER_EQ && op != SKT_FILTER_NE;
	struct skt_port_list list = {0};
	int rc;

	if (len && word[0] == ':') {
		word++;
		len--;
		if (!len)
			return skt_fail_text(err, EINVAL, "expected a port after ':'");
	}
	if (len == 1 && word[0] == '*' && !compares)
		return 0;
	rc = skt_port_list_parse(word, len, &list, err);
	if (rc)
		goto out;
	if (compares && (list.len != 1 || list.data[0].low != list.data[0].high)) {
		rc = skt_filter_refuse(err, word, len, "a comparison takes one port, not %s");
		goto out;
	}
	place->has_ports = true;
	place->ports.low = 1; /* none, until names are resolved */
	place->ports.op = op;
	place->ports.text = (struct skt_filter_text){word, len};
	rc = ports_list(filter, place, &list, err);
out:
	skt_vec_free(&list);
	return rc;
}

/* As ss(8) calls the families, and those that it does not know by the names of --query. */
static const struct {
	const char *prefix;
	uint8_t family;
} families[] = {
	{"unix:", AF_UNIX},
	{"inet:", AF_INET},
	{"inet6:", AF_INET6},
	{"link:", AF_PACKET},
	{"packet:", AF_PACKET},
	{"netlink:", AF_NETLINK},
	{"vsock:", AF_VSOCK},
	{"xdp:", AF_XDP},
	{"tipc:", AF_TIPC},
};

/* The family that WORD begins with, and the length of its prefix; 0: none. */
static uint8_t family_of(const char *word, size_t len, size_t *ret_len)
{
	*ret_len = 0;
	for (size_t i = 0; i < SKT_COUNT(families); i++) {
		const size_t prefix = strlen(families[i].prefix);

		if (len < prefix || memcmp(word, families[i].prefix, prefix) != 0)
			continue;
		*ret_len = prefix;
		return families[i].family;
	}
	return 0;
}

static bool speaks_ip(uint8_t family)
{
	return family == AF_INET || family == AF_INET6;
}

/* `*:PORT` and `ADDRESS:*` are no patterns. */
static bool is_pattern(const char *word, size_t len)
{
	if (len >= 2 && memcmp(word + len - 2, ":*", 2) == 0)
		len -= 2;
	if (word[0] == '*' && (len == 1 || word[1] == ':'))
		return false;
	return memchr(word, '*', len) || memchr(word, '?', len);
}

/* The name of a socket that speaks no IP, `@` and what is in no file system, or a pattern. */
static bool is_name(const char *word, size_t len)
{
	size_t prefix;
	const uint8_t family = family_of(word, len, &prefix);

	if (family)
		return !speaks_ip(family) || is_pattern(word + prefix, len - prefix);
	return word[0] == '/' || word[0] == '@' || is_pattern(word, len);
}

static bool is_any(const char *word, size_t len)
{
	return !len || (len == 1 && *word == '*');
}

/* WORD, past its family: a path or a pattern; of other families NAME[:SERVICE], each `*` for any.
 */
static void name_parse(struct skt_filter_place *place, const char *word, size_t len)
{
	const bool parts = place->family && place->family != AF_UNIX && !speaks_ip(place->family);
	const char *colon = parts ? memchr(word, ':', len) : NULL;
	const size_t name_len = colon ? (size_t)(colon - word) : len;

	place->has_path = !parts || !is_any(word, name_len);
	place->path = (struct skt_filter_text){word, name_len};
	if (!colon)
		return;
	place->service = (struct skt_filter_text){colon + 1, len - name_len - 1};
	place->has_service = !is_any(place->service.data, place->service.len);
}

/* A HOST taken apart: ADDRESS, %ZONE behind a bracket, /LENGTH, :PORTS. */
struct piece {
	const char *text; /* NULL: not there */
	size_t len;
};

struct pieces {
	struct piece addr, zone, length, ports;
	bool brackets;
};

/* Takes from *P what stands between MARK, which must be next, and any of STOPS. */
static struct piece take(const char **p, const char *end, char mark, const char *stops)
{
	const char *start = *p + 1, *stop = start;

	if (*p == end || **p != mark)
		return (struct piece){0};
	while (stop < end && !strchr(stops, *stop))
		stop++;
	*p = stop;
	return (struct piece){start, (size_t)(stop - start)};
}

static bool is_addr(const char *text, size_t len)
{
	struct skt_addr addr;

	return skt_addr_parse(text, len, &addr) == 0;
}

static bool is_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/*
 * Where the address ends that is written without brackets: at the slash, else at the last colon,
 * unless the colons are an IPv6 address's own. ss takes the last colon for the port's always, so
 * what could be both (`::1:22`) is refused rather than read in another way than there.
 */
static int bare_end(const char *word, size_t len, size_t *ret, struct skt_err *err)
{
	const char *end = word + len, *stop = memchr(word, '/', len);
	const char *colon = memrchr(word, ':', len), *zone = memchr(word, '%', len);

	if (stop) {
		*ret = (size_t)(stop - word);
		return 0;
	}
	if (zone && is_addr(word, (size_t)(zone - word))) {
		stop = memchr(zone, ':', (size_t)(end - zone));
	} else if (!is_addr(word, len)) {
		stop = colon;
	} else if (colon && is_addr(word, (size_t)(colon - word)) &&
		is_digits(colon + 1, (size_t)(end - colon - 1))) {
		return skt_filter_refuse(err, word, len,
			"%s could be an address or an address and a port: write [ADDRESS] or "
			"[ADDRESS]:PORT");
	}
	*ret = stop ? (size_t)(stop - word) : len;
	return 0;
}

static int split(const char *word, size_t len, struct pieces *ret, struct skt_err *err)
{
	const char *p = word, *end = word + len;
	size_t addr_len = len;
	int rc;

	if (word[0] == '[') {
		ret->brackets = true;
		ret->addr = take(&p, end, '[', "]");
		if (p == end)
			return skt_filter_refuse(err, word, len, "expected ']' at the end of %s");
		p++;
		ret->zone = take(&p, end, '%', "/:");
	} else {
		rc = bare_end(word, len, &addr_len, err);
		if (rc)
			return rc;
		ret->addr = (struct piece){word, addr_len};
		p += addr_len;
	}
	ret->length = take(&p, end, '/', ":");
	ret->ports = take(&p, end, ':', "");
	if (p != end)
		return skt_filter_refuse(
			err, p, (size_t)(end - p), "expected ':' and a port, found %s");
	/* ss writes the length inside of the brackets: [fe80::/10]:22 */
	if (ret->brackets && ret->addr.text && !ret->length.text) {
		const char *slash = memchr(ret->addr.text, '/', ret->addr.len);

		if (slash) {
			ret->length.text = slash + 1;
			ret->length.len =
				(size_t)(ret->addr.text + ret->addr.len - ret->length.text);
			ret->addr.len = (size_t)(slash - ret->addr.text);
		}
	}
	return 0;
}

static bool is_wildcard(const struct piece *addr)
{
	static const char *const words[] = {"", "*", "all", "any", "default"};

	for (size_t i = 0; i < SKT_COUNT(words); i++)
		if (strlen(words[i]) == addr->len && memcmp(words[i], addr->text, addr->len) == 0)
			return true;
	return false;
}

static bool is_dotted(const char *text)
{
	return text[strspn(text, "0123456789.")] == '\0';
}

/* `10/8` and `193.233.7/24` leave out zeros, as ss and ip(8) allow. */
static int short_v4(const char *text, struct skt_addr *ret)
{
	char full[sizeof("255.255.255.255") + sizeof(".0.0.0")];
	size_t dots = 0, len = strlen(text);

	for (const char *p = text; *p; p++)
		dots += *p == '.';
	if (!is_dotted(text) || dots > 2 || len >= sizeof("255.255.255"))
		return -EINVAL;
	memcpy(full, text, len);
	memcpy(full + len, ".0.0.0", 2 * (3 - dots));
	return skt_addr_parse(full, len + 2 * (3 - dots), ret);
}

/* A host's name, or an IPv6 address with the name of an interface behind. */
static bool is_host_name(const char *name)
{
	const char *percent = strchr(name, '%');

	if (percent)
		return percent[1] && is_addr(name, (size_t)(percent - name)) &&
			memchr(name, ':', (size_t)(percent - name));
	if (strlen(name) > HOST_NAME_MAX_LEN || name[0] == '-' || name[0] == '.' || is_dotted(name))
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p) && (unsigned char)*p < 0x80)
			return false;
	return true;
}

static int length_parse(
	const struct piece *piece, const struct skt_addr *addr, uint8_t *ret, struct skt_err *err)
{
	uint64_t longest = addr->family == AF_INET ? 32 : 128, length;
	char digits[4] = "";

	if (piece->len < sizeof(digits))
		memcpy(digits, piece->text, piece->len);
	if (skt_num_parse(digits, 0, longest, &length))
		return skt_fail_text(err, EINVAL,
			"expected a length of 0 to %d after '/', found %s", (int)longest,
			skt_filter_quote(
				piece->text, piece->len, (char[SKT_FILTER_QUOTED_MAX]){0}));
	*ret = (uint8_t)length;
	return 0;
}

/* Explains why TEXT is no address. */
static int refuse_host(const char *text, const struct pieces *pieces, struct skt_err *err)
{
	size_t len = strlen(text);
	uint64_t port;

	if (!pieces->brackets && !pieces->length.text && !skt_num_parse(text, 0, PORT_MAX, &port))
		return skt_filter_refuse(
			err, text, len, "expected an address, found %s; a port has ':' before it");
	if (pieces->brackets)
		return skt_filter_refuse(err, text, len, "%s is not an IPv6 address");
	return skt_filter_refuse(err, text, len, "%s is neither an address nor the name of a host");
}

static int host_parse(struct skt_filter *filter, struct skt_filter_hosts *hosts,
	const struct pieces *pieces, struct skt_err *err)
{
	size_t zone = pieces->zone.text ? pieces->zone.len + 1 : 0;
	char *text = skt_arena_alloc(&filter->arena, pieces->addr.len + zone + 1);
	struct skt_cidr *cidr = skt_arena_alloc(&filter->arena, sizeof(*cidr));

	if (!text || !cidr)
		return skt_fail(err, ENOMEM, "filter");
	if (pieces->addr.text)
		memcpy(text, pieces->addr.text, pieces->addr.len);
	if (zone)
		memcpy(text + pieces->addr.len, pieces->zone.text - 1, zone);
	if (skt_addr_parse(text, pieces->addr.len + zone, &cidr->addr) &&
		(!pieces->length.text || pieces->brackets || short_v4(text, &cidr->addr))) {
		if (!is_host_name(text) || (pieces->brackets && !strchr(text, ':')))
			return refuse_host(text, pieces, err);
		if (pieces->length.text)
			return skt_filter_refuse(err, text, strlen(text),
				"a prefix length needs a numeric address, not %s");
		hosts->name = text;
		return 0;
	}
	if (pieces->brackets && cidr->addr.family != AF_INET6)
		return refuse_host(text, pieces, err);
	cidr->length = cidr->addr.family == AF_INET ? 32 : 128;
	hosts->cidrs = cidr;
	hosts->count = 1;
	return pieces->length.text ? length_parse(&pieces->length, &cidr->addr, &cidr->length, err)
				   : 0;
}

/* Whether the LEN bytes at TEXT could go on a list of ports. */
static bool looks_like_ports(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_+", text[i]))
			return false;
	return true;
}

size_t skt_filter_host_len(const char *word, size_t len)
{
	const char *comma = memchr(word, ',', len);

	while (comma) {
		const size_t end = (size_t)(comma - word), rest = len - end - 1;
		const char *next = memchr(comma + 1, ',', rest);
		struct pieces pieces = {0};
		size_t prefix;

		(void)family_of(word, end, &prefix);
		/* What is there so far has ports, and this is more of them? */
		if (!end || is_name(word, end) ||
			split(word + prefix, end - prefix, &pieces, NULL) || !pieces.ports.text ||
			!looks_like_ports(comma + 1, next ? (size_t)(next - comma - 1) : rest))
			return end;
		comma = next;
	}
	return len;
}

int skt_filter_host_parse(struct skt_filter *filter, struct skt_filter_place *place,
	const char *word, size_t len, struct skt_err *err)
{
	struct pieces pieces = {0};
	size_t prefix;
	bool named;
	int rc;

	if (!len)
		return skt_fail_text(err, EINVAL, "expected an address, found nothing");
	named = is_name(word, len);
	place->family = family_of(word, len, &prefix);
	word += prefix;
	len -= prefix;
	if (named) {
		name_parse(place, word, len);
		return 0;
	}
	rc = split(word, len, &pieces, err);
	if (rc)
		return rc;
	if (pieces.brackets || pieces.length.text || !is_wildcard(&pieces.addr)) {
		place->has_hosts = true;
		rc = host_parse(filter, &place->hosts, &pieces, err);
		if (rc)
			return rc;
	}
	if (!pieces.ports.text)
		return 0;
	return skt_filter_ports_parse(
		filter, place, SKT_FILTER_EQ, pieces.ports.text - 1, pieces.ports.len + 1, err);
}
