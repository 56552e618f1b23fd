/* Which way a socket may go: -4 -6 -I, as every command takes them that opens sockets by itself. */
#ifndef SKT_CMD_WAY_H
#define SKT_CMD_WAY_H

#include <argp.h>

struct skt_way_options {
	int family;            /* AF_UNSPEC: both */
	const char *interface; /* a name or a number, or NULL; borrowed from argv */
};

extern const struct argp skt_way_argp; /* input: struct skt_way_options * */

#endif
