#include "filter/family.h"

#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"

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

uint8_t skt_filter_family_of(const char *word, size_t len, size_t *ret_len)
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

bool skt_filter_is_name(const char *word, size_t len)
{
	size_t prefix;
	const uint8_t family = skt_filter_family_of(word, len, &prefix);

	if (family)
		return !speaks_ip(family) || is_pattern(word + prefix, len - prefix);
	return word[0] == '/' || word[0] == '@' || is_pattern(word, len);
}

static bool is_any(const char *word, size_t len)
{
	return !len || (len == 1 && *word == '*');
}

void skt_filter_name_parse(struct skt_filter_place *place, const char *word, size_t len)
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
