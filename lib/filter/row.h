/*
 * What rows are to a filter, which knows nothing of them but this: fields with names, and a way to
 * their values.
 */
#ifndef SKT_FILTER_ROW_H
#define SKT_FILTER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* What a field holds, and so which operators and operands it takes. */
enum skt_filter_type {
	SKT_FILTER_UNSIGNED,
	SKT_FILTER_SIGNED,
	SKT_FILTER_BOOL,
	SKT_FILTER_NAME, /* a number that has a name */
	SKT_FILTER_TEXT,
	SKT_FILTER_ADDRESS, /* an end without a port */
	SKT_FILTER_ENDPOINT
};

enum skt_filter_unit {
	SKT_FILTER_PLAIN,
	SKT_FILTER_BYTES,
	SKT_FILTER_MS,
	SKT_FILTER_US,
	SKT_FILTER_NS,
	SKT_FILTER_RATE /* bytes per second */
};

/* Something that a row holds under a name: a column, to this room. */
struct skt_filter_field {
	const char *name;
	enum skt_filter_type type;
	enum skt_filter_unit unit;
	const char *const *names; /* NAME: of 0 to NAMES_COUNT - 1; NULL: of no name. One of no name
				     but 0 is called by its number, as far as 255. */
	size_t names_count;
	bool early;      /* get() works on a struct skt_socket too, before anything is joined */
	const void *key; /* the caller's own */
};

struct skt_filter_value {
	uint64_t number; /* BOOL, NAME, UNSIGNED; SIGNED in two's complement */
	struct {
		const char *data;
		size_t len;
	} text;
	struct skt_end end;
};

/* The fields that rows have. */
struct skt_filter_fields {
	/* By name or by a shorter one; NULL: there is none. It lives as long as the filter. */
	const struct skt_filter_field *(*find)(const void *ctx, const char *name, size_t len);
	/* Offers every name to a suggestion. */
	void (*each_name)(const void *ctx, void (*offer)(const char *name, void *to), void *to);
	/*
	 * The INDEX-th value (from 0) of FIELD in ROW, borrowed. False where there is none so far
	 * on; most fields have one or none. *RET is written as far as the type needs it.
	 */
	bool (*get)(const void *ctx, const struct skt_filter_field *field, const void *row,
		size_t index, struct skt_filter_value *ret);
	const void *ctx;
	/*
	 * Sockets may come from network namespaces where the same number is another interface:
	 * `dev` then asks for the field `interface`, by name.
	 */
	bool foreign;
};

#endif
