#include "cmd/scan/words.h"

#include <ctype.h>
#include <errno.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 64 * 1024 * 1024, PIECE = 64 * 1024 };

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

int scan_words_read(int fd, struct skt_str *text)
{
	for (;;) {
		char *room = skt_str_room(text, PIECE);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = read(fd, room, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		skt_str_commit(text, room + n);
		if (text->len > FILE_SIZE_MAX)
			return -EFBIG;
	}
}
