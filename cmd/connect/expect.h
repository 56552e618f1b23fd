/* What a server must say to count as ready: --send and --expect. */
#ifndef SKT_CMD_CONNECT_EXPECT_H
#define SKT_CMD_CONNECT_EXPECT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	CONNECT_SEND_MAX = 4096, /* bytes: they fit into any send buffer, and need no loop */
	CONNECT_SAID_MAX = 4096, /* bytes of an answer that are looked at */
};

/* Zero-initialised expects nothing. */
struct connect_expect {
	bool given;    /* `regex` was compiled */
	regex_t regex; /* POSIX extended, REG_NEWLINE: `.` stays in its line, ^ and $ are its ends
			*/
	char *send;    /* owned; NULL: nothing */
	size_t send_len;
};

/*
 * Errors, told in ERR: -EINVAL. Back-references are refused: with them the peer would choose how
 * long matching takes.
 */
int connect_expect_parse(struct connect_expect *expect, const char *regex, struct skt_err *err);

/* TEXT with \r \n \t \0 \\ and \xHH. Errors, told in ERR: -EINVAL, -E2BIG; -ENOMEM. */
int connect_send_parse(struct connect_expect *expect, const char *text, struct skt_err *err);

void connect_expect_fini(struct connect_expect *expect);

/* What a peer has said so far, as text: NULs are blanks, and CR LF is LF. */
struct connect_said {
	size_t len;
	bool has_cr;
	char text[CONNECT_SAID_MAX + 1];
};

/* Takes LEN hostile bytes; those past the room are not looked at. */
void connect_said_add(struct connect_said *said, const char *bytes, size_t len);

/* Whether that is what was expected. ENDED: no more will come, so that $ is also its end. */
bool connect_said_matches(
	const struct connect_said *said, const struct connect_expect *expect, bool ended);

/* Its first line that is not empty, cut to SIZE - 1 bytes. */
void connect_said_line(const struct connect_said *said, char *ret, size_t size);

#endif
