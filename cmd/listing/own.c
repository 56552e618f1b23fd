#include "cmd/listing/own.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/pidfd.h"

/* "CLIENT CLIENT-PORT SERVER SERVER-PORT", as sshd(8) sets SSH_CONNECTION. */
static bool parse_session(const char *text, struct skt_own *ret)
{
	struct skt_end *const ends[] = {&ret->remote, &ret->local};

	for (size_t i = 0; i < SKT_COUNT(ends); i++) {
		size_t len = strcspn(text, " ");
		char *end;

		if (skt_addr_parse(text, len, &ends[i]->addr) || text[len] != ' ')
			return false;
		skt_addr_unmap(&ends[i]->addr);
		ends[i]->port = (uint16_t)strtoul(text + len + 1, &end, 10);
		text = *end == ' ' ? end + 1 : end;
	}
	return true;
}

static bool is_end(const struct skt_end *end, const struct skt_end *session)
{
	struct skt_addr addr = end->addr, other = session->addr;

	skt_addr_unmap(&addr);
	addr.scope_id = other.scope_id = 0;
	return end->port == session->port && skt_addr_equal(&addr, &other);
}

/* Whether SOCKET is one of the two sockets of the session: on loopback both are here. */
static bool is_session(const struct skt_own *own, const struct skt_socket *socket)
{
	return (is_end(&socket->local, &own->local) && is_end(&socket->remote, &own->remote)) ||
		(is_end(&socket->local, &own->remote) && is_end(&socket->remote, &own->local));
}

void skt_own_init(struct skt_own *own, const struct skt_context *ctx)
{
	*own = (struct skt_own){0};
	own->ancestors_count = skt_process_ancestors(
		ctx->system.proc_root, (uint32_t)getpid(), own->ancestors, SKT_OWN_ANCESTORS_MAX);
	own->over_ssh = ctx->ssh_connection && parse_session(ctx->ssh_connection, own);
}

bool skt_own_is_ancestor(const struct skt_own *own, uint32_t pid)
{
	for (size_t i = 0; i < own->ancestors_count; i++)
		if (own->ancestors[i] == pid)
			return true;
	return false;
}

const char *skt_own_reason(const struct skt_own *own, const struct skt_socket_row *row)
{
	const struct skt_holder *holders = row->processes.items;

	if (own->over_ssh && is_session(own, &row->s))
		return "this session runs over it: use --force";
	for (size_t i = 0; i < row->processes.count; i++)
		if (skt_own_is_ancestor(own, holders[i].pid))
			return "what started this sockkit holds it: use --force";
	return NULL;
}
