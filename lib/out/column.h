/*
 * Columns are data. A row is a plain struct whose first member is `uint64_t present`; a column says
 * where in it a value is, of what type, and how users call it: field name = column name = JSON key
 * = CSV header. Everything that prints, sorts, completes or documents columns reads these tables.
 */
#ifndef SKT_OUT_COLUMN_H
#define SKT_OUT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

enum skt_type {
	SKT_TYPE_BOOL,
	SKT_TYPE_U8,
	SKT_TYPE_U16,
	SKT_TYPE_U32,
	SKT_TYPE_U64,
	SKT_TYPE_I64,
	SKT_TYPE_NAME,  /* uint8_t, an index into column->names; one of no name is its number */
	SKT_TYPE_TEXT,  /* const char *, NUL-terminated, hostile bytes allowed; NULL: absent */
	SKT_TYPE_BYTES, /* struct skt_bytes, NULs and all; NULL: absent */
	SKT_TYPE_ADDR,  /* struct skt_addr; AF_UNSPEC: absent */
	SKT_TYPE_END,   /* struct skt_end, `address:port` as one text; nothing set: `*:*`, null */
	SKT_TYPE_LIST,  /* struct skt_list of structs described by column->items */
	SKT_TYPE_CHARS, /* char[], NUL-terminated text in the row itself; empty: absent */
	SKT_TYPE_FLAGS, /* uint32_t, a set of bits, column->names by bit; an array in JSON */
};

/* Units that the table humanises; machine formats carry the raw number, the unit is in its name. */
enum skt_unit {
	SKT_UNIT_NONE,
	SKT_UNIT_BYTES,
	SKT_UNIT_MS,
	SKT_UNIT_US,
	SKT_UNIT_NS,
	SKT_UNIT_BYTES_PER_S,
};

/* What a name says about its row; the table colours it so, where colour is wanted. */
enum skt_tone { SKT_TONE_PLAIN, SKT_TONE_GOOD, SKT_TONE_NOTICE, SKT_TONE_BAD, SKT_TONE_FAINT };

enum {
	SKT_COLUMN_TABLE = 1, /* shown by default in the table */
	SKT_COLUMN_DATA = 2,  /* shown by default in json, jsonl and csv */
	SKT_COLUMN_BOTH = 3,
	SKT_COLUMN_RIGHT = 4,  /* aligned to the right though not a number */
	SKT_COLUMN_LEFT = 8,   /* aligned to the left though a number */
	SKT_COLUMN_BARE = 16,  /* END: the address or host alone, without the port */
	SKT_COLUMN_PROSE = 32, /* sentences: on a terminal, the last column goes on in more lines */
	SKT_COLUMN_ZONED = 64, /* ADDR, BARE: of this network namespace; zones have their names */
};

/*
 * What a column's `present` holds: nothing where the value is always there, or SKT_PRESENT(bit) for
 * a bit of the row's `present` word; the value is absent where that bit is clear.
 */
enum { SKT_PRESENT_ALWAYS = 0 };
#define SKT_PRESENT(bit) ((uint8_t)((bit) + 1 + SKT_ZERO_IF((bit) < 64)))

/* Items of one row: COUNT structs of the item_size of the column. Borrowed while the row is
 * written. */
struct skt_list {
	const void *items;
	size_t count;
};

/* Text of LEN bytes. Borrowed while the row is written, or until end() where rows are sorted. */
struct skt_bytes {
	const char *data;
	size_t len;
};

struct skt_column {
	const char *name;
	const char *help;   /* one line, for --help, completion and the man page's check */
	uint8_t type;       /* enum skt_type */
	uint8_t unit;       /* enum skt_unit */
	uint8_t flags;      /* SKT_COLUMN_* */
	uint8_t present;    /* SKT_PRESENT(bit), SKT_PRESENT_ALWAYS */
	uint16_t offset;    /* of the value in the row */
	uint16_t item_size; /* LIST: sizeof one item */
	/*
	 * The offset in the row of a pointer to the struct that holds the value, as if that were
	 * the row; where it is NULL, the value is absent. 0: the row itself. Who keeps a row copies
	 * the VIA_SIZE bytes too, once for all columns with the same VIA; they hold no pointers.
	 */
	uint16_t via, via_size;
	/* With VIA: the value is there only if the uint16_t at LENGTH_AT is at least LEAST. */
	uint16_t length_at, least;
	uint32_t needs;      /* bits that the owner of the table gives a meaning: what it costs */
	uint8_t names_count; /* NAME, FLAGS: entries of names */
	uint8_t width;       /* where no rows can be waited for; 0: what the type usually takes */
	/* The higher, the sooner it is left out where rows stream to a narrow terminal; 0: never.
	 */
	uint8_t spare;
	const char *const *names; /* NAME: text of each value; FLAGS: of each bit */
	const uint8_t *tones;     /* NAME: enum skt_tone of each value, or NULL: all plain */
	const char *group;        /* the long form: what it is about, in a word or two; or NULL */
	/* Heading in the table, where NAME in upper case with `-` for `_` is too wide; or NULL. */
	const char *title;
	const struct skt_column *items; /* LIST: columns of an item, ended by one without a name */
	/* LIST: writes one item as the table and CSV show it (escaping is the renderer's work). */
	void (*item_text)(struct skt_str *out, const void *item);
	/* LIST: writes one item for a table in a narrow terminal; or NULL. */
	void (*item_brief)(struct skt_str *out, const void *item);
	/* Writes what the table shows for people in place of the value, if that is not absent. */
	void (*row_text)(struct skt_str *out, const void *row);
	/* Numbers: what the value, which is there, says about its row; or NULL: as TONE has it. */
	enum skt_tone (*tone_of)(const void *row);
	uint8_t tone; /* Numbers: enum skt_tone of any but 0 */
};

#define SKT_TYPE_OF(value) \
	_Generic((value), bool: SKT_TYPE_BOOL, uint8_t: SKT_TYPE_U8, uint16_t: SKT_TYPE_U16, \
		uint32_t: SKT_TYPE_U32, uint64_t: SKT_TYPE_U64, int64_t: SKT_TYPE_I64, \
		char *: SKT_TYPE_CHARS, const char *: SKT_TYPE_TEXT, \
		struct skt_bytes: SKT_TYPE_BYTES, \
		struct skt_addr: SKT_TYPE_ADDR, \
		struct skt_end: SKT_TYPE_END, struct skt_list: SKT_TYPE_LIST)

/* Where FIELD is in ROW. */
#define SKT_COLUMN_OFFSET(row, field) \
	(uint16_t)(offsetof(row, field) + SKT_ZERO_IF(sizeof(row) <= UINT16_MAX))

/* The column TITLE whose value is FIELD of ROW; the type follows from the field. */
#define SKT_COLUMN_AS(row, title, field, ...) \
	{ \
		.name = (title), .type = SKT_TYPE_OF(((row *)0)->field), \
		.offset = SKT_COLUMN_OFFSET(row, field), __VA_ARGS__ \
	}

/* The usual case: the column is called what the field is called. */
#define SKT_COLUMN(row, field, ...) SKT_COLUMN_AS(row, #field, field, __VA_ARGS__)

/* A uint8_t field that indexes the array TEXTS. */
#define SKT_COLUMN_NAME(row, title, field, texts, ...) \
	{ \
		.name = (title), .type = SKT_TYPE_NAME, .offset = offsetof(row, field), \
		.names = (texts), .names_count = SKT_COUNT(texts), __VA_ARGS__ \
	}

/*
 * A value of TYPE (SKT_TYPE_*) that stands apart, in a STRUCT whose first member is `uint64_t
 * present`, to which the member POINTER of ROW points.
 */
#define SKT_COLUMN_VIA(row, pointer, struct_, title, type_, field, ...) \
	{ \
		.name = (title), .type = (type_), .offset = SKT_COLUMN_OFFSET(struct_, field), \
		.via = offsetof(row, pointer), .via_size = sizeof(struct_), __VA_ARGS__ \
	}

/* Tables of columns end with this. */
#define SKT_COLUMN_END \
	{ \
		.name = NULL \
	}

/* A choice of columns of one table, in the order they are shown. */
struct skt_selection {
	const struct skt_column *
		*columns; /* COUNT pointers into the table; owned, free with fini */
	size_t count;
};

/*
 * Chooses from TABLE by SPEC: `a,b,c` (just these, in this order), `all`, `+a,b` (the defaults and
 * these behind), `-a,b` (the defaults without these). NULL: the defaults, which are the columns
 * with DEFAULT_FLAG, followed by those whose names stand in EXTRA (NULL-terminated, or NULL) and
 * are not among them yet. Errors: -EINVAL for an empty list or item, -ENOENT for an unknown name
 * (ERR names it, with the nearest known one), -EEXIST for a name twice, -ENOMEM.
 */
int skt_selection_parse(const struct skt_column *table, const char *spec, uint8_t default_flag,
	const char *const *extra, struct skt_selection *ret, struct skt_err *err);
void skt_selection_fini(struct skt_selection *selection);

/* Whether a column of this name is among the chosen ones. */
bool skt_selection_has(const struct skt_selection *selection, const char *name);

/* The column of TABLE called by the LEN bytes at NAME, or NULL. */
const struct skt_column *skt_column_find(
	const struct skt_column *table, const char *name, size_t len);

/*
 * The same by whatever people may take for its name: that name, else the same without its unit
 * (`rtt` for `rtt_us`), or the heading of the table (`RECV-Q`, `Local-Address`), in any case and
 * with `-` and `_` alike; the first of TABLE where several are called so.
 */
const struct skt_column *skt_column_called(
	const struct skt_column *table, const char *name, size_t len);

/* The length of COLUMN's name without its unit, as of `rtt_us`; 0: there is none in it. */
size_t skt_column_brief_len(const struct skt_column *column);

/* Adds COLUMN, unless it is there. -ENOMEM. */
int skt_selection_add(struct skt_selection *selection, const struct skt_column *column);

/*
 * Takes the next name of the list SPEC, from *NEXT on, and moves *NEXT behind it and its comma, or
 * to NULL after the last. Returns the column, or NULL with the failure in *RET_RC.
 */
const struct skt_column *skt_column_next(const struct skt_column *table, const char *spec,
	const char **next, int *ret_rc, struct skt_err *err);

/* -EEXIST: a list names COLUMN twice. */
int skt_column_fail_twice(const struct skt_column *column, struct skt_err *err);

#endif
