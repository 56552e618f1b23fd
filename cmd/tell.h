/* Lines for people that never make the program wait for them. */
#ifndef SKT_CMD_TELL_H
#define SKT_CMD_TELL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes LINE to FD unless that would have to wait for a reader: a pipe that is full, a terminal
 * that was stopped. At most PIPE_BUF bytes, which a pipe takes whole or not at all (pipe(7)).
 * O_NONBLOCK is not the way: it would be set for everybody who shares the descriptor. False: not
 * told; where FD cannot be written for good there is nobody to tell, and that is true.
 */
bool skt_tell(int fd, const char *line, size_t len);

#endif
