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

#endif
