#include "service/identity.h"

#include <string.h>

const char *const skt_confidence_names[SKT_CONFIDENCES] = {
	[SKT_CONFIDENCE_UNKNOWN] = "unknown",
	[SKT_CONFIDENCE_PORT] = "port",
	[SKT_CONFIDENCE_GREETING] = "greeting",
	[SKT_CONFIDENCE_MATCHED] = "matched",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Lines become one. */
static void copy(struct skt_identity_text *text, const char *at, size_t len)
{
	for (; len && text->len < SKT_IDENTITY_TEXT_MAX; at++, len--)
		text->data[text->len++] = is_blank(*at) ? ' ' : *at;
}

void skt_identity_append(struct skt_identity_text *text, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len && is_blank(*at)) {
		at++;
		len--;
	}
	while (len && is_blank(at[len - 1]))
		len--;
	copy(text, at, len);
}

void skt_identity_set(struct skt_identity_text *text, const void *bytes, size_t len)
{
	text->len = 0;
	skt_identity_append(text, bytes, len);
}

void skt_identity_say(struct skt_identity_text *text, const char *literal)
{
	text->len = 0;
	copy(text, literal, strlen(literal));
}

void skt_identity_add(
	struct skt_identity_text *text, const char *label, const void *bytes, size_t len)
{
	if (text->len)
		copy(text, "; ", 2);
	copy(text, label, strlen(label));
	skt_identity_append(text, bytes, len);
}

static void fill(struct skt_identity_text *text, const struct skt_identity_text *later)
{
	if (!text->len)
		*text = *later;
}

static bool is_other(const struct skt_identity_text *a, const struct skt_identity_text *b)
{
	return a->len != b->len || memcmp(a->data, b->data, a->len) != 0;
}

void skt_identity_merge(struct skt_identity *identity, const struct skt_identity *later)
{
	bool more = later->version.len && !identity->version.len;

	identity->follow = later->follow;
	if (!later->service || later->confidence < identity->confidence) {
		if (!identity->service)
			fill(&identity->words, &later->words);
		return;
	}
	/* Who knows a version knows of what. */
	if (later->confidence > identity->confidence || !identity->service ||
		(more && later->product.len && is_other(&later->product, &identity->product))) {
		const struct skt_identity_tls tls = identity->tls;

		*identity = *later;
		identity->tls = tls;
		return;
	}
	fill(&identity->product, &later->product);
	fill(&identity->version, &later->version);
	fill(&identity->extra, &later->extra);
	if (more)
		identity->words = later->words;
	fill(&identity->words, &later->words);
}
