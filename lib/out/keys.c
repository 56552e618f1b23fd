#include "out/keys.h"

#include "base/macros.h"
#include "base/str.h"

/* By the last byte of `ESC [ LETTER` and `ESC O LETTER`. */
static uint32_t letter_key(char letter)
{
	switch (letter) {
	case 'A':
		return SKT_KEY_UP;
	case 'B':
		return SKT_KEY_DOWN;
	case 'C':
		return SKT_KEY_RIGHT;
	case 'D':
		return SKT_KEY_LEFT;
	case 'H':
		return SKT_KEY_HOME;
	case 'F':
		return SKT_KEY_END;
	}
	return SKT_KEY_NONE;
}

/* By the number in `ESC [ NUMBER ~`. */
static uint32_t number_key(char digit)
{
	switch (digit) {
	case '1':
	case '7':
		return SKT_KEY_HOME;
	case '4':
	case '8':
		return SKT_KEY_END;
	case '5':
		return SKT_KEY_PAGE_UP;
	case '6':
		return SKT_KEY_PAGE_DOWN;
	}
	return SKT_KEY_NONE;
}

/* `ESC [ ... FINAL` (ECMA-48, 5.4): parameters are 0x20..0x3f, the final byte is 0x40..0x7e. */
static size_t parse_sequence(const char *p, size_t len, uint32_t *ret_key)
{
	size_t i = 2;

	while (i < len && p[i] >= 0x20 && p[i] < 0x40)
		i++;
	if (i == len)
		return 0;
	if (i == 2)
		*ret_key = letter_key(p[2]);
	else if (i == 3 && p[3] == '~')
		*ret_key = number_key(p[2]);
	else
		*ret_key = SKT_KEY_NONE;
	return i + 1;
}

/* What begins with an escape. */
static size_t parse_escape(const char *p, size_t len, uint32_t *ret_key)
{
	if (len < 2)
		return 0;
	if (p[1] == '[')
		return parse_sequence(p, len, ret_key);
	if (p[1] == 'O') {
		if (len < 3)
			return 0;
		*ret_key = letter_key(p[2]);
		return 3;
	}
	*ret_key = SKT_KEY_ESCAPE;
	return 1;
}

size_t skt_key_parse(const char *p, size_t len, bool final, uint32_t *ret_key)
{
	size_t n;

	len = SKT_MIN(len, (size_t)SKT_KEY_MAX);
	if (*p == '\033') {
		n = parse_escape(p, len, ret_key);
		if (n || (!final && len < SKT_KEY_MAX))
			return n;
		*ret_key = len == 1 ? SKT_KEY_ESCAPE : SKT_KEY_NONE;
		return len;
	}
	n = skt_utf8_decode(p, len, ret_key);
	/* The rest of a character may be on its way; what never becomes one is passed over. */
	if (!n && !final && len < 4 && (unsigned char)*p >= 0xc2 && (unsigned char)*p < 0xf5)
		return 0;
	if (!n) {
		*ret_key = SKT_KEY_NONE;
		return 1;
	}
	if (*ret_key == '\r' || *ret_key == '\n')
		*ret_key = SKT_KEY_ENTER;
	if (*ret_key == '\b' || *ret_key == 0x7f)
		*ret_key = SKT_KEY_BACKSPACE;
	return n;
}
