/* What `--version` says: which sockkit this is, what is inside, and where to turn to. */
#ifndef SKT_CMD_VERSION_H
#define SKT_CMD_VERSION_H

#include <stdio.h>

/* Its first line is "sockkit MAJOR.MINOR.PATCH"; the others are for people. */
void skt_version_print(FILE *stream);

#endif
