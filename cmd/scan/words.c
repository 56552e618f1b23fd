#include "cmd/scan/words.h"

#include <ctype.h>

static bool is_between(char c, char comma)
{
	return isspace((unsigned char)c) || c == comma;
}

struct scan_word scan_word_next(const char **text, const char *end, char comma)
{
	struct scan_word word = {*text, 0};

	while (word.text < end && (is_between(*word.text, comma) || *word.text == '#')) {
		if (*word.text != '#')
			word.text++;
		else
			while (word.text < end && *word.text != '\n')
				word.text++;
	}
	while (word.text + word.len < end && !is_between(word.text[word.len], comma) &&
		word.text[word.len] != '#')
		word.len++;
	*text = word.text + word.len;
	return word;
}
