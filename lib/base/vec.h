/*
 * Growable arrays of any type: SKT_VEC(struct thing) list = {0}; freed with skt_vec_free().
 * Growth doubles, so appending is O(1) amortised. Failures return -ENOMEM and change nothing.
 */
#ifndef SKT_BASE_VEC_H
#define SKT_BASE_VEC_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SKT_VEC(type) \
	struct { \
		type *data; \
		size_t len, cap; /* in items */ \
	}

/* The same with a tag, for lists that functions hand on. */
#define SKT_VEC_DECLARE(tag, type) \
	struct tag { \
		type *data; \
		size_t len, cap; /* in items */ \
	}

/* Makes room for EXTRA more items; 0 or -ENOMEM. */
#define skt_vec_reserve(vec, extra) \
	((vec)->cap - (vec)->len >= (size_t)(extra) \
			? 0 \
			: skt_vec_grow(&(vec)->data, &(vec)->cap, (vec)->len, (size_t)(extra), \
				  sizeof(*(vec)->data)))

/* Appends a copy of ITEM; 0 or -ENOMEM. */
#define skt_vec_push(vec, ...) \
	(skt_vec_reserve(vec, 1) ? -ENOMEM : ((vec)->data[(vec)->len++] = (__VA_ARGS__), 0))

#define skt_vec_free(vec) \
	do { \
		free((vec)->data); \
		(vec)->data = NULL; \
		(vec)->len = (vec)->cap = 0; \
	} while (0)

/*
 * Grows the array at the address FIELD, whatever its type, to LEN + EXTRA items or more. Called
 * through the macros above.
 */
int skt_vec_grow(void *field, size_t *cap, size_t len, size_t extra, size_t item_size);

#endif
