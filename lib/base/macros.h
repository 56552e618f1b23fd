/* The few macros that every room uses. */
#ifndef SKT_BASE_MACROS_H
#define SKT_BASE_MACROS_H

#include <stddef.h>

#define SKT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SKT_MIN(a, b) ((a) < (b) ? (a) : (b))
#define SKT_MAX(a, b) ((a) > (b) ? (a) : (b))

/* The struct of TYPE whose MEMBER is at POINTER. */
#define SKT_CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define SKT_LIKELY(x) __builtin_expect(!!(x), 1)
#define SKT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SKT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define SKT_UNUSED __attribute__((unused))

#endif
