/* Netlink attributes, one behind the other (include/uapi/linux/netlink.h, struct nlattr). */
#ifndef SKT_DIAG_ATTRIBUTE_H
#define SKT_DIAG_ATTRIBUTE_H

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/macros.h"

struct skt_attribute {
	unsigned int type; /* without NLA_F_* */
	const char *value; /* not aligned to more than 4 bytes */
	size_t len;
};

/* Takes the first attribute off the *LEN bytes at *P: 1. 0: none is left; -EBADMSG. */
static inline int skt_attribute_next(const char **p, size_t *len, struct skt_attribute *ret)
{
	struct nlattr attr;
	size_t step;

	if (!*len)
		return 0;
	if (SKT_UNLIKELY(*len < sizeof(attr)))
		return -EBADMSG;
	memcpy(&attr, *p, sizeof(attr));
	if (SKT_UNLIKELY(attr.nla_len < sizeof(attr) || attr.nla_len > *len))
		return -EBADMSG;
	ret->type = attr.nla_type & (unsigned int)NLA_TYPE_MASK;
	ret->value = *p + sizeof(attr);
	ret->len = attr.nla_len - sizeof(attr);
	/* The last one need not be padded. */
	step = ((size_t)attr.nla_len + NLA_ALIGNTO - 1) & ~(size_t)(NLA_ALIGNTO - 1);
	step = SKT_MIN(step, *len);
	*p += step;
	*len -= step;
	return 1;
}

/* Copies the first SIZE bytes of a value of LEN bytes; false where it has fewer. */
static inline bool skt_attribute_get(const void *value, size_t len, void *ret, size_t size)
{
	if (SKT_UNLIKELY(len < size))
		return false;
	memcpy(ret, value, size);
	return true;
}

#endif
