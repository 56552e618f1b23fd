#include "diag/socket_copy.h"

#include <errno.h>
#include <string.h>

#include "base/end.h"
#include "base/macros.h"
#include "diag/socket_detail.h"

bool skt_socket_lends(const struct skt_socket *socket)
{
	return socket->detail || socket->list || socket->local.host || socket->local.service ||
		socket->remote.host;
}

static int keep_detail(struct skt_socket *socket, struct skt_arena *arena)
{
	struct skt_socket_detail *copy;

	if (!socket->detail)
		return 0;
	copy = skt_arena_alloc(arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *socket->detail;
	socket->detail = copy;
	return 0;
}

static int keep_text(const char **text, size_t len, struct skt_arena *arena)
{
	if (!*text)
		return 0;
	*text = skt_arena_text(arena, *text, len);
	return *text ? 0 : -ENOMEM;
}

int skt_socket_keep(struct skt_socket *socket, struct skt_arena *arena)
{
	struct skt_end *const ends[] = {&socket->local, &socket->remote};
	int rc = keep_detail(socket, arena);

	if (!rc)
		rc = keep_text((const char **)&socket->list, socket->list_len, arena);
	for (size_t i = 0; !rc && i < SKT_COUNT(ends); i++) {
		rc = keep_text(&ends[i]->host, skt_end_host_len(ends[i]), arena);
		if (!rc)
			rc = keep_text(&ends[i]->service,
				ends[i]->service ? strlen(ends[i]->service) : 0, arena);
	}
	return rc;
}
