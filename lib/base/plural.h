/* Words that go by a number. */
#ifndef SKT_BASE_PLURAL_H
#define SKT_BASE_PLURAL_H

#include <stdint.h>

/* ONE where COUNT is 1, else MANY: `"%llu host%s", n, skt_plural(n, "", "s")`. Both must outlive
 * it. */
static inline const char *skt_plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

#endif
