/* What stands behind `src` and `dst`: an address, a prefix or a name of hosts, with perhaps ports.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/macros.h"
#include "base/num.h"
#include "filter/family.h"

enum { PORT_MAX = 65535, HOST_NAME_MAX_LEN = 253 };

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

/* What stands in PIECE behind a '%' is moved to ZONE. */
static void cut_zone(struct piece *piece, struct piece *zone)
{
	const char *percent = memchr(piece->text, '%', piece->len);

	if (!percent)
		return;
	zone->text = percent + 1;
	zone->len = piece->len - (size_t)(zone->text - piece->text);
	piece->len = (size_t)(percent - piece->text);
}

/* The interface of a prefix, in front of its length or behind, is a condition of its own. */
static int refuse_zone(const struct pieces *pieces, struct skt_err *err)
{
	struct piece addr = pieces->addr, length = pieces->length, zone = pieces->zone;

	cut_zone(&addr, &zone);
	cut_zone(&length, &zone);
	if (!zone.len)
		return skt_fail_text(err, EINVAL, "expected the name of an interface behind '%%'");
	return skt_fail_text(err, EINVAL,
		"a prefix takes no name of an interface: write '%.*s/%.*s and dev %.*s'",
		(int)SKT_MIN(addr.len, (size_t)SKT_ADDR_TEXT_MAX), addr.text,
		(int)SKT_MIN(length.len, (size_t)3), length.text,
		(int)SKT_MIN(zone.len, (size_t)IF_NAMESIZE), zone.text);
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
		if (pieces->length.text && strchr(text, '%'))
			return refuse_zone(pieces, err);
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
	if (pieces->length.text && memchr(pieces->length.text, '%', pieces->length.len))
		return refuse_zone(pieces, err);
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

		(void)skt_filter_family_of(word, end, &prefix);
		/* What is there so far has ports, and this is more of them? */
		if (!end || skt_filter_is_name(word, end) ||
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
	named = skt_filter_is_name(word, len);
	place->family = skt_filter_family_of(word, len, &prefix);
	word += prefix;
	len -= prefix;
	if (named) {
		skt_filter_name_parse(place, word, len);
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
