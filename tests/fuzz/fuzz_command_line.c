/* Command lines as they are typed: translated from other programs' words, and completed. A word a
 * line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/complete/filter.h"
#include "cmd/complete/place.h"
#include "cmd/listing/columns.h"
#include "cmd/translate.h"

enum { WORDS_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void translate(char *const *words, size_t count)
{
	struct skt_str text = {0};
	struct skt_translation t;

	if (!skt_translate(words[0], (const char *const *)words + 1, count - 1, &t))
		skt_translation_text(&text, &t);
	skt_translation_fini(&t);
	if (!skt_translate_taken(words[0], (const char *const *)words + 1, count - 1, &t))
		skt_translation_text(&text, &t);
	skt_translation_fini(&t);
	skt_str_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words[WORDS_MAX] = {text}, *rest = text;
	struct complete_place place;
	struct complete_filter at;
	size_t count = 1;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	at = complete_filter_at(text, skt_socket_columns);
	SKT_ASSERT(at.typed <= strlen(text));
	while (count < WORDS_MAX && (rest = strchr(rest, '\n'))) {
		*rest++ = '\0';
		words[count++] = rest;
	}
	translate(words, count);
	if (!complete_place_find(words, count, &place))
		SKT_ASSERT(place.front <= strlen(place.word));
	complete_place_fini(&place);
	free(text);
	return 0;
}
