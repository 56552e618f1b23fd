/*
 * What a filter is made of; private to filter.c, filter_parse.c and filter_operand.c.
 *
 * Negation is pushed down to the leaves while parsing (De Morgan), so that there is no `not` node:
 * matching is a walk over `and` and `or`, and narrowing needs no case for what is not so.
 */
#ifndef SKT_DIAG_FILTER_NODE_H
#define SKT_DIAG_FILTER_NODE_H

#include "base/arena.h"
#include "diag/filter.h"

enum skt_filter_kind { SKT_FILTER_AND, SKT_FILTER_OR, SKT_FILTER_STATE, SKT_FILTER_END };

/* Which end of a socket a leaf looks at. */
enum skt_filter_end { SKT_FILTER_LOCAL, SKT_FILTER_REMOTE, SKT_FILTER_EITHER };

enum skt_filter_op {
	SKT_FILTER_EQ,
	SKT_FILTER_NE,
	SKT_FILTER_LT,
	SKT_FILTER_LE,
	SKT_FILTER_GT,
	SKT_FILTER_GE
};

struct skt_filter_ports {
	const struct skt_portset *set; /* NULL: the range */
	uint32_t low, high;            /* 32 bits so that "past 65535" has a place; low > high: none
					*/
	enum skt_filter_op op;         /* EQ or a comparison: how TEXT becomes the above */
	const char *text; /* the list as written, TEXT_LEN bytes of the filter's copy */
	size_t text_len;
};

struct skt_filter_hosts {
	const struct skt_cidr *cidrs; /* any of these; in the arena */
	size_t count;
	const char *name; /* NUL-terminated, in the arena, until resolved; NULL: an address */
};

struct skt_filter_node {
	struct skt_filter_node *next;    /* the next operand of the same parent */
	struct skt_filter_node *pending; /* the next leaf that has names to resolve */
	enum skt_filter_kind kind;
	union {
		struct skt_filter_node *operands; /* AND, OR: two or more */
		uint32_t states;                  /* STATE: a mask of SKT_STATE_BIT()s */
		struct {
			enum skt_filter_end end;
			bool negated;
			bool has_hosts, has_ports; /* absent: any, also none */
			bool names_ports;          /* PORTS is a text until resolved */
			const char *at;            /* the operand, for errors of resolving */
			struct skt_filter_hosts hosts;
			struct skt_filter_ports ports;
		};
	};
};

struct skt_filter {
	struct skt_arena arena;
	const char *text; /* as written, NUL-terminated, in the arena */
	struct skt_filter_node *root;
	struct skt_filter_node *pending;
};

/* The column of AT in the text: from 1, in characters. */
size_t skt_filter_column(const struct skt_filter *filter, const char *at);

/*
 * Reads an operand into LEAF, whose END is set: a HOST with perhaps PORTS, or PORTS alone, which OP
 * compares with. WORD lies inside the filter's own copy of the text. -EINVAL with ERR in words that
 * fit behind "filter, column N: "; -ENOMEM with ERR untouched.
 */
int skt_filter_host_parse(struct skt_filter *filter, struct skt_filter_node *leaf, const char *word,
	size_t len, struct skt_err *err);
int skt_filter_ports_parse(struct skt_filter *filter, struct skt_filter_node *leaf,
	enum skt_filter_op op, const char *word, size_t len, struct skt_err *err);

/* Takes SET, in which at least the ports of PORTS->text are, for its values. -ENOMEM. */
int skt_filter_ports_set(
	struct skt_filter *filter, struct skt_filter_ports *ports, const struct skt_portset *set);

/*
 * WORD in quotes as a message shows it: cut where it is long, bytes that a terminal would obey or
 * that are not UTF-8 as `?`. Returns QUOTED.
 */
enum { SKT_FILTER_QUOTED_MAX = 72 };
const char *skt_filter_quote(const char *word, size_t len, char quoted[SKT_FILTER_QUOTED_MAX]);

#endif
