#include "cmd/listing/held_by.h"

#include <errno.h>

#include "cmd/listing/columns.h"
#include "cmd/listing/holder.h"
#include "proc/fdinfo.h"
#include "proc/root.h"

static bool has(const struct skt_socket *s, unsigned int field)
{
	return s->present >> field & 1;
}

int skt_held_by_prepare(struct skt_held_by *held_by, const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_owners *owners, struct skt_err *err)
{
	const size_t before = held_by->waiting.len;
	int rc = skt_carriers_read(system, query->source, &held_by->waiting);

	for (size_t i = before; !rc && i < held_by->waiting.len; i++)
		rc = skt_owners_want(owners, held_by->waiting.data[i]);
	if (query->protos[SKT_PROTO_UDP] && !rc)
		rc = skt_tunnels_read(system, &held_by->tunnels, err);
	return rc;
}

/* Whether it waits in the queue of a listener: no other connection is without a holder. */
static bool is_queued(const struct skt_socket *socket)
{
	return !has(socket, SKT_SOCKET_INODE) &&
		(socket->proto == SKT_PROTO_TCP || socket->proto == SKT_PROTO_MPTCP) &&
		(SKT_STATE_BIT(socket->state) &
			(SKT_STATE_BIT(SKT_STATE_ESTABLISHED) |
				SKT_STATE_BIT(SKT_STATE_CLOSE_WAIT) |
				SKT_STATE_BIT(SKT_STATE_SYN_RECEIVED)));
}

uint64_t skt_held_by_listener(
	const struct skt_listeners *listeners, const struct skt_socket *socket)
{
	return is_queued(socket) ? skt_listeners_waited_at(listeners, socket) : 0;
}

static const struct skt_tunnel *tunnel_of(const struct skt_held_by *held_by,
	const struct skt_netns *netns, const struct skt_socket *s)
{
	for (size_t i = 0; s->proto == SKT_PROTO_UDP && i < held_by->tunnels.len; i++) {
		const struct skt_tunnel *tunnel = &held_by->tunnels.data[i];

		if (tunnel->netns == netns && tunnel->port && tunnel->port == s->local.port)
			return tunnel;
	}
	return NULL;
}

/*
 * Of a port that no device tells: maybe it is of one whose port is not told. Such a socket is made
 * by the kernel, so it is root's. *ret_name: the device if it is alone.
 */
static bool may_be_tunnel(const struct skt_held_by *held_by, const struct skt_netns *netns,
	const struct skt_socket *s, const char **ret_name)
{
	size_t found = 0;

	if (s->proto != SKT_PROTO_UDP || s->state != SKT_STATE_UNCONNECTED || s->uid != 0)
		return false;
	for (size_t i = 0; i < held_by->tunnels.len; i++) {
		const struct skt_tunnel *tunnel = &held_by->tunnels.data[i];

		if (tunnel->netns == netns && tunnel->port == 0)
			*ret_name = found++ ? NULL : tunnel->name;
	}
	return found > 0;
}

static bool is_netlink_of_kernel(const struct skt_socket *s)
{
	return s->proto == SKT_PROTO_NETLINK && s->local.service &&
		strcmp(s->local.service, "kernel") == 0;
}

static void find_carriers(struct skt_held_by *held_by, struct skt_directory *directory)
{
	for (size_t i = 0; i < held_by->waiting.len; i++) {
		const struct skt_holder *holders;

		if (!skt_owners_of(directory->owners, held_by->waiting.data[i], &holders) ||
			!skt_fdinfo_files_in_flight(
				directory->proc_root, holders[0].pid, holders[0].fd))
			continue;
		if (!held_by->carriers++)
			held_by->carrier = holders[0];
	}
}

static void settle(struct skt_held_by *held_by, struct skt_directory *directory)
{
	held_by->settled = true;
	if (directory->past) {
		held_by->hiding = directory->past->hiding;
		if (!held_by->hiding && directory->past->hidden)
			held_by->hiding = "descriptors denied";
		return;
	}
	find_carriers(held_by, directory);
	held_by->unlisted = directory->euid && skt_proc_root_hides(directory->proc_root);
	if (held_by->unlisted)
		held_by->hiding = "hidepid";
	else if (skt_owners_hidden(directory->owners))
		held_by->hiding = "descriptors denied";
	else if (!skt_proc_root_is_initial(directory->proc_root))
		held_by->hiding = "pid namespace";
}

/* Of another user's socket, where processes of others may not be looked at. */
static struct skt_keeper hidden_user(const struct skt_held_by *held_by,
	struct skt_directory *directory, const struct skt_socket *socket)
{
	const char *user =
		held_by->unlisted ? NULL : skt_names_user(&directory->names, socket->uid);

	return (struct skt_keeper){.kind = SKT_KEEPER_HIDDEN,
		.is_user = user != NULL,
		.name = user ? user : held_by->hiding};
}

/* One that has an inode, so that something must hold it, and no process is seen to. */
static struct skt_keeper find_unseen(struct skt_held_by *held_by, struct skt_directory *directory,
	const struct skt_netns *netns, const struct skt_socket *socket)
{
	const char *device = NULL;

	if (!held_by->settled)
		settle(held_by, directory);
	if (held_by->hiding && directory->euid && has(socket, SKT_SOCKET_UID) &&
		socket->uid != directory->euid)
		return hidden_user(held_by, directory, socket);
	if (!held_by->hiding && may_be_tunnel(held_by, netns, socket, &device))
		return (struct skt_keeper){.kind = SKT_KEEPER_MAYBE_KERNEL, .name = device};
	if (held_by->carriers) {
		struct skt_keeper keeper = {.kind = SKT_KEEPER_IN_FLIGHT, .has_holder = true};
		int rc = skt_owners_in_flight(directory->owners, socket->inode, &keeper.holder);

		if (rc > 0)
			return keeper;
		keeper = (struct skt_keeper){.kind = SKT_KEEPER_MAYBE_IN_FLIGHT,
			.has_holder = held_by->carriers == 1,
			.holder = held_by->carrier};
		if (rc < 0)
			return keeper;
	}
	if (held_by->hiding)
		return (struct skt_keeper){.kind = SKT_KEEPER_HIDDEN, .name = held_by->hiding};
	return (struct skt_keeper){.kind = SKT_KEEPER_UNSEEN};
}

struct skt_keeper skt_held_by_find(struct skt_held_by *held_by, struct skt_directory *directory,
	const struct skt_netns *netns, const struct skt_socket *socket, uint64_t listener)
{
	const struct skt_tunnel *tunnel = tunnel_of(held_by, netns, socket);
	struct skt_keeper keeper = {.kind = SKT_KEEPER_ORPHANED};
	const struct skt_holder *holders;

	if (socket->state == SKT_STATE_TIME_WAIT) {
		keeper.kind = SKT_KEEPER_TIME_WAIT;
	} else if (is_queued(socket)) {
		keeper.kind = SKT_KEEPER_NOT_ACCEPTED;
		keeper.has_holder = skt_owners_of(directory->owners, listener, &holders) > 0;
		if (keeper.has_holder)
			keeper.holder = holders[0];
	} else if (is_netlink_of_kernel(socket)) {
		keeper.kind = SKT_KEEPER_KERNEL;
	} else if (!has(socket, SKT_SOCKET_INODE)) {
		keeper.kind = SKT_KEEPER_ORPHANED;
	} else if (skt_owners_ring(directory->owners, socket->inode, &keeper.holder)) {
		keeper.kind = SKT_KEEPER_IO_URING;
		keeper.has_holder = true;
	} else if (tunnel) {
		keeper.kind = SKT_KEEPER_KERNEL;
		keeper.name = tunnel->name;
	} else {
		keeper = find_unseen(held_by, directory, netns, socket);
	}
	return keeper;
}

void skt_keeper_text(struct skt_str *out, const struct skt_keeper *keeper)
{
	static const char *const words[] = {
		[SKT_KEEPER_NONE] = "",
		[SKT_KEEPER_TIME_WAIT] = "time-wait",
		[SKT_KEEPER_ORPHANED] = "orphaned",
		[SKT_KEEPER_NOT_ACCEPTED] = "not accepted",
		[SKT_KEEPER_IO_URING] = "io_uring",
		[SKT_KEEPER_KERNEL] = "kernel",
		[SKT_KEEPER_MAYBE_KERNEL] = "kernel?",
		[SKT_KEEPER_IN_FLIGHT] = "in flight",
		[SKT_KEEPER_MAYBE_IN_FLIGHT] = "in flight?",
		[SKT_KEEPER_HIDDEN] = "hidden",
		[SKT_KEEPER_UNSEEN] = "unseen",
	};

	skt_str_add_text(out, words[keeper->kind]);
	if (!keeper->has_holder && !keeper->name)
		return;
	skt_str_add_text(out, keeper->is_user ? " (user " : " (");
	if (keeper->has_holder)
		skt_holder_text(out, &keeper->holder);
	else
		skt_str_add_text(out, keeper->name);
	skt_str_add_char(out, ')');
}

void skt_held_by_fini(struct skt_held_by *held_by)
{
	skt_vec_free(&held_by->waiting);
	skt_vec_free(&held_by->tunnels);
}
