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

/*
 * What must hold whatever users, peers and kernels do: checked in the release build too. Where it
 * does not, there is a bug, and the process ends at once, by a trap, with one line on stderr.
 */
#define SKT_ASSERT(condition) \
	(SKT_LIKELY(condition) ? (void)0 \
			       : skt_assert_failed("sockkit: " __FILE__ \
						   ":" SKT_TEXT(__LINE__) ": " #condition))
#define SKT_TEXT(value) SKT_TEXT_OF(value)
#define SKT_TEXT_OF(value) #value
_Noreturn void skt_assert_failed(const char *text) __attribute__((cold));

/* 0, or no translation: a static assertion inside of an expression. */
#define SKT_ZERO_IF(condition) (0 * sizeof(char[(condition) ? 1 : -1]))

#endif
