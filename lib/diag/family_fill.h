/* What several families have in common, for those who fill a struct skt_socket. */
#ifndef SKT_DIAG_FAMILY_FILL_H
#define SKT_DIAG_FAMILY_FILL_H

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/str.h"
#include "diag/attribute.h"
#include "diag/family.h"
#include "diag/socket_detail.h"
#include "diag/socket_fill.h"

/* Reads one attribute of a message. False where it is malformed. */
typedef bool skt_socket_attribute_fn(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr);

/* Reads the attributes behind the HEAD bytes that PAYLOAD begins with. -EBADMSG. */
static inline int skt_socket_fill_attributes(const void *payload, size_t len, size_t head,
	skt_socket_attribute_fn *read, struct skt_socket *socket, struct skt_socket_text *text)
{
	const char *p = (const char *)payload + head;
	struct skt_attribute attr;
	int rc;

	len -= head;
	if (text->detail)
		*text->detail = (struct skt_socket_detail){0};
	socket->detail = text->detail;
	while ((rc = skt_attribute_next(&p, &len, &attr)) > 0)
		if (!read(socket, text, &attr))
			return -EBADMSG;
	return rc;
}

/* NUMBER as a string at P, which has room for it. Returns P. */
static inline const char *skt_socket_number(char *p, uint64_t number)
{
	*skt_put_u64(p, number) = '\0';
	return p;
}

/* Room for two such numbers in one text: where the second one goes. */
enum { SKT_SOCKET_SECOND = SKT_PUT_U64_MAX + 1 };

static inline bool skt_socket_fill_uid(struct skt_socket *socket, const struct skt_attribute *attr)
{
	if (!skt_attribute_get(attr->value, attr->len, &socket->uid, sizeof(socket->uid)))
		return false;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_UID);
	return true;
}

/* *_DIAG_MEMINFO: the same numbers as INET_DIAG_SKMEMINFO. */
static inline void skt_socket_keep_memory(
	const struct skt_socket_text *text, const struct skt_attribute *attr)
{
	if (text->detail)
		(void)skt_socket_detail_read(text->detail, SKT_DETAIL_MEMORY, SKT_PROTO_UNIX, 0,
			INET_DIAG_SKMEMINFO, attr->value, attr->len);
}

/* The queues as well, where all that is known is the memory that they take. */
static inline bool skt_socket_fill_memory(struct skt_socket *socket,
	const struct skt_socket_text *text, const struct skt_attribute *attr)
{
	uint32_t memory[SK_MEMINFO_WMEM_ALLOC + 1];

	if (!skt_attribute_get(attr->value, attr->len, memory, sizeof(memory)))
		return false;
	skt_socket_keep_memory(text, attr);
	skt_socket_fill_queues(
		socket, memory[SK_MEMINFO_RMEM_ALLOC], memory[SK_MEMINFO_WMEM_ALLOC]);
	return true;
}

#endif
