#include "base/name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"

enum {
	NAME_MAX_LEN = 40,
	PART_MIN_LEN = 3, /* of a name, to be taken for it */
};

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = SKT_MIN(a, b);

	return SKT_MIN(least, c);
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

/* Three rows of the usual matrix are enough for swaps of neighbours. */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[3][NAME_MAX_LEN + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int differs = lower(a[i - 1]) != lower(b[j - 1]);

			row[j] = min3(row[j - 1] + 1, above[j] + 1, above[j - 1] + differs);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = SKT_MIN(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

/* Whether a word of NAME begins with the LEN bytes of TEXT. */
static bool is_part(const char *text, size_t len, const char *name)
{
	const char *word = len < PART_MIN_LEN ? NULL : name;

	while (word && strncasecmp(word, text, len) != 0) {
		word = strpbrk(word, "_-");
		word = word ? word + 1 : NULL;
	}
	return word;
}

void skt_suggest_begin(struct skt_suggestion *suggestion, const char *text, size_t len)
{
	*suggestion = (struct skt_suggestion){.text = text, .text_len = len};
}

void skt_suggest_offer(struct skt_suggestion *suggestion, const char *name)
{
	size_t len = strlen(name);
	unsigned int edits;

	if (suggestion->text_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
		return;
	edits = distance(suggestion->text, suggestion->text_len, name, len);
	if (edits > SKT_MAX(1, len / 3) || edits >= len) {
		if (!is_part(suggestion->text, suggestion->text_len, name))
			return;
		/* Farther than any mistake. */
		edits += NAME_MAX_LEN;
	}
	if (!suggestion->nearest || edits < suggestion->distance) {
		suggestion->nearest = name;
		suggestion->distance = edits;
	}
}
