/* What an open port has said, as rows show it. */
#ifndef SKT_CMD_SCAN_SAID_H
#define SKT_CMD_SCAN_SAID_H

#include "base/arena.h"
#include "cmd/scan/row.h"
#include "out/column.h"
#include "scan/greeting.h"
#include "service/identity.h"

enum scan_text {
	SCAN_WORDS,
	SCAN_PRODUCT,
	SCAN_VERSION,
	SCAN_EXTRA,
	SCAN_TLS,   /* its version */
	SCAN_NAMES, /* separated by commas */
	SCAN_ISSUER,
	SCAN_NOT_AFTER,
	SCAN_WHY,
	SCAN_TEXTS,
};

/* Texts are borrowed; those that are not there have no data. */
struct scan_said {
	const char *service; /* that speaks so; NULL: not known */
	uint8_t end;         /* enum skt_greeting_end */
	uint8_t confidence;  /* enum skt_confidence, of --service */
	struct skt_bytes texts[SCAN_TEXTS];
};

struct scan_said scan_said_greeting(const struct skt_greeting *greeting);
struct scan_said scan_said_identity(const struct skt_identity *identity, enum skt_greeting_end end);

enum { SCAN_NAMES_MAX = 64 };

/* The names of the certificate, one by one, in ROOM. */
struct skt_list scan_said_names(
	const struct scan_said *said, struct scan_row_name room[SCAN_NAMES_MAX]);

/* Gives SAID texts of its own, in ARENA. 0 or -ENOMEM. */
int scan_said_keep(struct scan_said *said, struct skt_arena *arena);

/* How many bytes its texts have, and the same in ROOM for as many. */
size_t scan_said_size(const struct scan_said *said);
void scan_said_move(struct scan_said *said, char *room);

#endif
