/*
 * Kinds of sockets: rows that are alike in some columns are one group. Only groups take memory, and
 * there is a limit to these. They outlive a look, with what they were before.
 */
#ifndef SKT_CMD_SOCKETS_GROUPS_H
#define SKT_CMD_SOCKETS_GROUPS_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/listing/columns.h"
#include "cmd/sockets/totals.h"

enum { SOCKETS_GROUPS_MAX = 65536 };

/* How many looks a trend shows; and bytes of its text, of U+2581 to U+2588. */
enum { SOCKETS_TREND = 16, SOCKETS_TREND_TEXT = 3 * SOCKETS_TREND + 1 };

/* Bits of row.s.present behind those of struct skt_socket_row. */
enum { SOCKETS_GROUP_OPENED = SKT_ROW_FIELDS, SOCKETS_GROUP_FIELDS };

struct sockets_group {
	struct skt_socket_row row; /* first: the count is one of its columns */
	uint64_t count, ipv4, ipv6, orphaned;
	uint64_t opened, open_rate;    /* since the look before; OPENED: a second */
	struct sockets_values *values; /* NULL: nothing is added up */
	bool kept;                     /* shown, though nothing is in it */
	char trend[SOCKETS_TREND_TEXT];
	/* Private. */
	uint32_t history[SOCKETS_TREND]; /* bytes/s, the latest last */
	size_t history_len;
	unsigned int idle; /* looks at which nothing was in it */
	uint64_t hash;
	const char *key;
	size_t key_len;
};

/* Zero-initialised but for BY and TOTALS. */
struct sockets_groups {
	const struct skt_selection *by;
	const struct sockets_totals *totals;
	SKT_VEC(struct sockets_group) list;
	/* Private. */
	uint32_t *slots;    /* 1 + the place of a group, or 0; at most half are taken */
	size_t slots_count; /* a power of two */
	struct skt_arena texts;
	struct skt_str key;
};

/*
 * The group of ROW, whose addresses are unmapped, made where that is the first of it; good until
 * the next call. *ret NULL: there are too many. -ENOMEM.
 */
int sockets_groups_of(
	struct sockets_groups *groups, struct skt_socket_row *row, struct sockets_group **ret);

/* The group that had this hash; NULL: there is none any more. */
struct sockets_group *sockets_groups_find(const struct sockets_groups *groups, uint64_t hash);

/* Before a look: all are empty, and those that were so for long are forgotten. -ENOMEM. */
int sockets_groups_renew(struct sockets_groups *groups);

/* After a look: GROUP has moved so many bytes a second. */
void sockets_group_trend(struct sockets_group *group, uint64_t rate);

void sockets_groups_fini(struct sockets_groups *groups);

#endif
