/*
 * One answer of a family that does not speak IP, or one line of its file in /proc/net: the first
 * byte is the protocol (enum skt_proto), or that and 128 for a line; the rest is what is read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag/family.h"
#include "diag/socket_detail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text lies in TEXT or is a constant: either way it ends. */
static void check_end(const struct skt_end *end)
{
	if (end->host && !end->host_len && strlen(end->host) >= SKT_SOCKET_TEXT_MAX)
		abort();
	if (end->host_len && (!end->host || end->host_len > SKT_SOCKET_TEXT_MAX))
		abort();
	if (end->service && strlen(end->service) >= SKT_SOCKET_TEXT_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_socket_detail detail = {0};
	struct skt_socket_text text;
	const struct skt_family *family;
	struct skt_socket socket;
	uint8_t proto;
	int rc;

	if (!size)
		return 0;
	proto = (data[0] & 127) % SKT_PROTO_COUNT;
	family = skt_family_of(proto);
	if (!family || (data[0] & 128 && !family->parse_line))
		return 0;
	memset(&text, 0, sizeof(text));
	text.detail = size & 1 ? &detail : NULL;
	rc = data[0] & 128 ? family->parse_line((const char *)data + 1, size - 1, &text, &socket)
			   : family->parse(data + 1, size - 1, &text, &socket);
	if (rc == -EBADMSG)
		return 0;
	if (rc || socket.proto != proto || socket.state >= SKT_STATE_COUNT ||
		socket.present >> SKT_SOCKET_FIELDS)
		abort();
	if (detail.present >> SKT_DETAIL_FIELDS ||
		!memchr(detail.vfs_device, '\0', sizeof(detail.vfs_device)))
		abort();
	check_end(&socket.local);
	check_end(&socket.remote);
	return 0;
}
