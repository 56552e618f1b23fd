#include "cmd/scan/said.h"

#include <errno.h>
#include <string.h>

struct scan_said scan_said_greeting(const struct skt_greeting *greeting)
{
	struct scan_said said = {
		.service = greeting->service,
		.end = (uint8_t)greeting->end,
	};

	if (greeting->len)
		said.texts[SCAN_WORDS] = (struct skt_bytes){greeting->text, greeting->len};
	return said;
}

static struct skt_bytes bytes_of(const struct skt_identity_text *text)
{
	return (struct skt_bytes){text->len ? text->data : NULL, text->len};
}

struct scan_said scan_said_identity(const struct skt_identity *identity, enum skt_greeting_end end)
{
	return (struct scan_said){
		.service = identity->service,
		.end = (uint8_t)end,
		.confidence = identity->confidence,
		.texts =
			{
				[SCAN_WORDS] = bytes_of(&identity->words),
				[SCAN_PRODUCT] = bytes_of(&identity->product),
				[SCAN_VERSION] = bytes_of(&identity->version),
				[SCAN_EXTRA] = bytes_of(&identity->extra),
				[SCAN_TLS] = bytes_of(&identity->tls.version),
				[SCAN_NAMES] = bytes_of(&identity->tls.names),
				[SCAN_ISSUER] = bytes_of(&identity->tls.issuer),
				[SCAN_NOT_AFTER] = bytes_of(&identity->tls.not_after),
				[SCAN_WHY] = bytes_of(&identity->tls.why),
			},
	};
}

struct skt_list scan_said_names(
	const struct scan_said *said, struct scan_row_name room[SCAN_NAMES_MAX])
{
	const struct skt_bytes *text = &said->texts[SCAN_NAMES];
	const char *at = text->data, *end = at ? at + text->len : NULL;
	size_t count = 0;

	while (at && at < end && count < SCAN_NAMES_MAX) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		comma = comma ? comma : end;
		room[count++] = (struct scan_row_name){.name = {at, (size_t)(comma - at)}};
		at = comma + 1;
	}
	return (struct skt_list){room, count};
}

int scan_said_keep(struct scan_said *said, struct skt_arena *arena)
{
	for (size_t i = 0; i < SCAN_TEXTS; i++) {
		struct skt_bytes *text = &said->texts[i];

		if (!text->len)
			continue;
		text->data = skt_arena_text(arena, text->data, text->len);
		if (!text->data)
			return -ENOMEM;
	}
	return 0;
}

size_t scan_said_size(const struct scan_said *said)
{
	size_t size = 0;

	for (size_t i = 0; i < SCAN_TEXTS; i++)
		size += said->texts[i].len;
	return size;
}

void scan_said_move(struct scan_said *said, char *room)
{
	for (size_t i = 0; i < SCAN_TEXTS; i++) {
		struct skt_bytes *text = &said->texts[i];

		if (!text->len)
			continue;
		memcpy(room, text->data, text->len);
		text->data = room;
		room += text->len;
	}
}
