/*
 * What a filter is made of; private to this room.
 *
 * Negation is pushed down to the leaves while parsing (De Morgan), so that there is no `not` node:
 * matching is a walk over `and` and `or`, narrowing needs no case for what is not so, and taking a
 * leaf that cannot be told yet for true can only let more pass.
 */
#ifndef SKT_FILTER_NODE_H
#define SKT_FILTER_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/port.h"
#include "filter/row.h"

enum skt_filter_kind {
	SKT_FILTER_AND,
	SKT_FILTER_OR,
	SKT_FILTER_STATE,
	SKT_FILTER_END,    /* the local or the remote end */
	SKT_FILTER_NUMBER, /* interface, mark or cgroup */
	SKT_FILTER_FIELD
};

/* Which end of a socket a leaf looks at. */
enum skt_filter_end { SKT_FILTER_LOCAL, SKT_FILTER_REMOTE, SKT_FILTER_EITHER };

enum skt_filter_number { SKT_FILTER_DEV, SKT_FILTER_MARK, SKT_FILTER_CGROUP };

enum skt_filter_op {
	SKT_FILTER_EQ,
	SKT_FILTER_NE,
	SKT_FILTER_LT,
	SKT_FILTER_LE,
	SKT_FILTER_GT,
	SKT_FILTER_GE,
	SKT_FILTER_LIKE,
	SKT_FILTER_UNLIKE
};

struct skt_filter_text {
	const char *data;
	size_t len;
};

struct skt_filter_ports {
	const struct skt_portset *set; /* NULL: the range */
	uint32_t low, high;            /* 32 bits so that "past 65535" has a place; low > high: none
					*/
	enum skt_filter_op op;         /* EQ or a comparison: how TEXT becomes the above */
	struct skt_filter_text text;   /* the list as written, in the filter's copy */
};

struct skt_filter_hosts {
	const struct skt_cidr *cidrs; /* any of these; in the arena */
	size_t count;
	const char *name; /* NUL-terminated, in the arena, until resolved; NULL: an address */
};

/* What one end must be like. */
struct skt_filter_place {
	bool has_hosts, has_ports; /* absent: any, also none */
	bool names_ports;          /* PORTS is a text until resolved */
	bool has_path;             /* PATH, a pattern of the name or of the address as shown */
	bool has_service;          /* SERVICE, a pattern of what stands in place of a port */
	bool autobound;            /* PORTS are the ephemeral ones: a range until resolved */
	struct skt_filter_hosts hosts;
	struct skt_filter_ports ports;
	struct skt_filter_text path, service;
	uint8_t family; /* AF_*; 0: any */
};

/* One of the values that a field is compared with. */
struct skt_filter_item {
	bool absent;        /* `-`: there is no value */
	uint64_t low, high; /* numbers, with the sign bit flipped where SIGNED; low > high: none */
	struct skt_filter_text text;
};

struct skt_filter_node {
	struct skt_filter_node *next;    /* the next operand of the same parent */
	struct skt_filter_node *pending; /* the next leaf that has names to resolve */
	enum skt_filter_kind kind;
	bool negated;   /* leaves but STATE */
	const char *at; /* leaves: the operand, for errors of resolving */
	union {
		struct skt_filter_node *operands; /* AND, OR: two or more */
		uint32_t states;                  /* STATE: a mask of SKT_STATE_BIT()s */
		struct {                          /* END */
			enum skt_filter_end end;
			struct skt_filter_place place;
		};
		struct { /* NUMBER */
			enum skt_filter_number number;
			uint64_t value, mask;
			const char *name; /* until resolved, as hosts.name; equal to nothing */
		};
		struct { /* FIELD */
			const struct skt_filter_field *field;
			const struct skt_filter_item *items; /* any of these; in the arena */
			size_t count;
			bool glob;                            /* their texts are patterns */
			struct skt_filter_place *field_place; /* ADDRESS, ENDPOINT, or NULL */
		};
	};
};

struct skt_filter {
	struct skt_arena arena;
	const struct skt_filter_fields *fields; /* NULL: none */
	const char *text;                       /* as written, NUL-terminated, in the arena */
	struct skt_filter_node *root;
	struct skt_filter_node *pending;
	bool needs_row; /* a field of it is not early */
	bool asks_mark, asks_remote_name;
};

/* The column of AT in the text: from 1, in characters. */
size_t skt_filter_column(const struct skt_filter *filter, const char *at);

/*
 * Read an operand: into PLACE a HOST with perhaps PORTS, or PORTS alone, which OP compares with;
 * into LEAF, whose NUMBER or FIELD is set, what it is compared with. WORD lies inside the filter's
 * own copy of the text; *AT, the place that errors are about, is moved where that is inside of it.
 * -EINVAL with ERR in words that fit behind "filter, column N: "; -ENOMEM.
 */
int skt_filter_host_parse(struct skt_filter *filter, struct skt_filter_place *place,
	const char *word, size_t len, struct skt_err *err);
int skt_filter_ports_parse(struct skt_filter *filter, struct skt_filter_place *place,
	enum skt_filter_op op, const char *word, size_t len, struct skt_err *err);
int skt_filter_number_parse(struct skt_filter *filter, struct skt_filter_node *leaf,
	const char *word, size_t len, struct skt_err *err);
int skt_filter_field_parse(struct skt_filter *filter, struct skt_filter_node *leaf,
	enum skt_filter_op op, const char *word, size_t len, bool quoted, struct skt_err *err);

/*
 * How many of the LEN > 0 bytes at WORD, a list of HOSTs, are the first one. A comma behind ports
 * goes on with ports where what follows can be some: `10/8:22,80` is one HOST, `10/8,::1` two.
 */
size_t skt_filter_host_len(const char *word, size_t len);

/* Makes WORD, as it stands, what LEAF's FIELD must be. -ENOMEM with ERR. */
int skt_filter_text_parse(struct skt_filter *filter, struct skt_filter_node *leaf, const char *word,
	size_t len, struct skt_err *err);

/* The place that LEAF compares with, of an end or of a field that is one; NULL: none. */
static inline struct skt_filter_place *skt_filter_leaf_place(struct skt_filter_node *leaf)
{
	if (leaf->kind == SKT_FILTER_END)
		return &leaf->place;
	return leaf->kind == SKT_FILTER_FIELD ? leaf->field_place : NULL;
}

/* Whether PLACE says what no program for the kernel can: names, and a family of its own. */
static inline bool skt_filter_place_is_named(const struct skt_filter_place *place)
{
	return place->has_path || place->has_service || place->family;
}

/* Whether END, of a socket of FAMILY, is as PLACE says. */
bool skt_filter_place_match(
	const struct skt_filter_place *place, uint8_t family, const struct skt_end *end);

/* What stands in the place of a sign makes the order of numbers that of unsigned ones. */
#define SKT_FILTER_SIGN_BIT (UINT64_C(1) << 63)

/* The name that NUMBER, a value of FIELD, has there; NULL: none. */
static inline const char *skt_filter_name_of(const struct skt_filter_field *field, uint64_t number)
{
	return number < field->names_count ? field->names[number] : NULL;
}

/* Whether a value of LEAF's field in ROW is one of those asked for; negation is the caller's. */
bool skt_filter_field_match(
	const struct skt_filter *filter, const struct skt_filter_node *leaf, const void *row);

/* Takes SET, in which at least the ports of PORTS->text are, for its values. -ENOMEM. */
int skt_filter_ports_set(
	struct skt_filter *filter, struct skt_filter_ports *ports, const struct skt_portset *set);

/* The port before the first gap above LOW, which is in SET. */
size_t skt_filter_run_end(const struct skt_portset *set, size_t low);

/*
 * WORD in quotes as a message shows it: cut where it is long, bytes that a terminal would obey or
 * that are not UTF-8 as `?`. Returns QUOTED.
 */
enum { SKT_FILTER_QUOTED_MAX = 72 };
const char *skt_filter_quote(const char *word, size_t len, char quoted[SKT_FILTER_QUOTED_MAX]);

/* Refuses WORD; FORMAT has one %s for it in quotes. */
#define skt_filter_refuse(err, word, len, format) \
	skt_fail_text(err, EINVAL, format, \
		skt_filter_quote(word, len, (char[SKT_FILTER_QUOTED_MAX]){0}))

#endif
