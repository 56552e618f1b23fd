/*
 * A terminal taken over as a whole: its alternate screen, keys as they are pressed, and everything
 * as it was before when it is handed back. The sequences are those that terminals have had in
 * common since the VT100 (ECMA-48) and xterm's for the alternate screen, so there is no terminfo.
 */
#ifndef SKT_OUT_SCREEN_H
#define SKT_OUT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/str.h"

struct skt_screen {
	int in, out;           /* terminals, borrowed */
	struct termios before; /* of IN */
	bool taken;
	unsigned int width, height; /* as of skt_screen_measure() */
};

/*
 * Takes the terminal: no echo, no lines, no cursor. Signals are still made by ^C, ^Z and ^\. 0, or
 * -ENOTTY and the like.
 */
int skt_screen_take(struct skt_screen *screen, int in, int out);

/* Hands it back as it was; nothing where it is not taken. */
void skt_screen_give(struct skt_screen *screen);

/* Takes it again where a shell has had it meanwhile: after SIGCONT. */
void skt_screen_retake(struct skt_screen *screen);

/* Asks for the size: at first, and after SIGWINCH. 80 by 24 where nobody knows. */
void skt_screen_measure(struct skt_screen *screen);

/* Keys without a character of their own, behind all characters. */
enum skt_key {
	SKT_KEY_NONE = 0x110000, /* a sequence that is not known, and says nothing */
	SKT_KEY_ESCAPE,
	SKT_KEY_ENTER,
	SKT_KEY_BACKSPACE,
	SKT_KEY_UP,
	SKT_KEY_DOWN,
	SKT_KEY_LEFT,
	SKT_KEY_RIGHT,
	SKT_KEY_HOME,
	SKT_KEY_END,
	SKT_KEY_PAGE_UP,
	SKT_KEY_PAGE_DOWN,
};

/*
 * Reads one key of the LEN > 0 bytes at P: a character (code point), or an enum skt_key. Returns
 * the bytes that it takes, or 0 where these are the beginning of a key, unless FINAL: no more is to
 * come, and what is there is a lone escape or nothing.
 */
size_t skt_key_parse(const char *p, size_t len, bool final, uint32_t *ret_key);

/* Bytes that the longest key takes that is understood: longer ones are passed over. */
enum { SKT_KEY_MAX = 32 };

#endif
