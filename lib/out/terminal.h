/* What the terminal behind a descriptor is like. The environment is the caller's business. */
#ifndef SKT_OUT_TERMINAL_H
#define SKT_OUT_TERMINAL_H

#include <stdbool.h>

/* Whether FD is a terminal. */
bool skt_terminal_is(int fd);

/* Its width in columns (TIOCGWINSZ); COLUMNS, when not NULL, is the user's own word and wins; 80
 * where nobody knows; 0 where FD is not a terminal. */
unsigned int skt_terminal_width(int fd, const char *columns);

#endif
