#include "cmd/connect/host.h"

#include "base/macros.h"

static void answered(struct skt_resolve *resolve)
{
	struct connect_host *host = SKT_CONTAINER(resolve, struct connect_host, resolve);
	struct connect_host_user *user;

	for (host->cursor = host->users; (user = host->cursor);) {
		host->cursor = user->next;
		user->answered(user);
	}
}

static bool is_known(const struct connect_host *host)
{
	return host->resolve.v6.count || host->resolve.v4.count;
}

int connect_host_join(struct connect_host *host, struct connect_host_user *user,
	struct skt_resolver *resolver, uint64_t deadline_ns, bool again)
{
	bool pending = skt_resolve_pending(&host->resolve);

	if (!pending && !is_known(host) && (again || !host->asked)) {
		int r;

		host->resolve = (struct skt_resolve){.answered = answered};
		r = skt_resolve_start(
			resolver, host->name, host->family, deadline_ns, &host->resolve);
		if (r)
			return r;
		host->asked = true;
	}
	user->host = host;
	user->next = NULL;
	user->link = host->users ? host->tail : &host->users;
	*user->link = user;
	host->tail = &user->next;
	return 0;
}

void connect_host_leave(struct connect_host_user *user)
{
	if (!user->host)
		return;
	if (user->host->cursor == user)
		user->host->cursor = user->next;
	*user->link = user->next;
	if (user->next)
		user->next->link = user->link;
	else
		user->host->tail = user->link;
	user->host = NULL;
}
