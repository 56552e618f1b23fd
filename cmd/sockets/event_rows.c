#include "cmd/sockets/event_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "diag/socket_fill.h"

enum { SLOTS = 1024 };

struct event_process {
	uint32_t pid; /* 0: a free slot */
	char comm[16];
	struct skt_process process;
	const char *command;
	const struct skt_cgroup *cgroup;
};

/* What an event alone tells; the rest is of the process that it names. */
static const uint32_t needs_of_events = SKT_NEED_USER | SKT_NEED_INTERFACE | SKT_NEED_SERVICE |
	SKT_NEED_ZONE | SKT_NEED_CGROUP | SKT_NEED_NETNS;

/* What its process tells, or the follower knows. */
static const uint32_t needs_of_processes = SKT_NEED_OWNERS | SKT_NEED_COMMAND | SKT_NEED_DIRECTION;

bool event_rows_suffice(uint32_t needs)
{
	return !(needs & ~(needs_of_events | needs_of_processes));
}

/* How long what was read of a process, or is a name, is taken to be so. */
static const uint64_t fresh_ns = SKT_NS_PER_SEC;

int event_rows_open(
	struct event_rows *rows, const struct skt_listing *listing, const struct skt_context *ctx)
{
	int rc = skt_directory_init(&rows->directory, ctx, listing->needs & needs_of_events,
		listing->rows->resolve, listing->owners);

	rows->composer = (struct skt_composer){.ctx = ctx, .directory = &rows->directory};
	rows->needs = listing->needs;
	rows->real_ns = skt_clock_real_ns() - skt_clock_ns();
	rows->processes = calloc(SLOTS, sizeof(*rows->processes));
	rows->selector = listing->netns;
	/* What is wrong with a selector, the first look will say. */
	if (!rc && (listing->netns || listing->needs & SKT_NEED_NETNS))
		(void)skt_netns_find(
			rows->directory.proc_root, rows->selector, &rows->namespaces, NULL);
	return rows->processes ? rc : -ENOMEM;
}

static bool selects_all(const struct event_rows *rows)
{
	return rows->selector && strcmp(rows->selector, "all") == 0;
}

uint32_t event_rows_netns(const struct event_rows *rows)
{
	struct stat own;

	if (selects_all(rows))
		return 0;
	if (rows->namespaces.list.len)
		return (uint32_t)rows->namespaces.list.data[0].inode;
	/* No namespace has this number. */
	return stat("/proc/self/ns/net", &own) ? UINT32_MAX : (uint32_t)own.st_ino;
}

bool event_rows_at_home(const struct event_rows *rows)
{
	return !rows->selector ||
		(!selects_all(rows) && rows->namespaces.list.len &&
			rows->namespaces.list.data[0].own);
}

static struct skt_netns *find_netns(struct event_rows *rows, uint32_t inode)
{
	for (size_t i = 0; i < rows->namespaces.list.len; i++)
		if (rows->namespaces.list.data[i].inode == inode)
			return &rows->namespaces.list.data[i];
	return NULL;
}

/* The namespace of INODE; NULL: that of this process, which has no name. */
static struct skt_netns *netns_of(struct event_rows *rows, uint32_t inode)
{
	struct skt_netns *found = find_netns(rows, inode);

	if (found || (!rows->selector && !rows->namespaces.list.len))
		return found;
	/* New ones come, but not so often that they are looked for at each event. */
	if (!rows->searched && selects_all(rows)) {
		skt_netns_set_fini(&rows->namespaces);
		(void)skt_netns_find(
			rows->directory.proc_root, rows->selector, &rows->namespaces, NULL);
		rows->searched = true;
		found = find_netns(rows, inode);
		if (found)
			return found;
	}
	(void)snprintf(
		rows->unnamed_label, sizeof(rows->unnamed_label), "net:[%" PRIu32 "]", inode);
	rows->unnamed =
		(struct skt_netns){.label = rows->unnamed_label, .inode = inode, .held = -1};
	return &rows->unnamed;
}

/* Forgets what may be another by now. */
static void renew(struct event_rows *rows)
{
	const uint64_t now = skt_clock_ns();

	if (rows->renewed_ns && now - rows->renewed_ns < fresh_ns)
		return;
	rows->renewed_ns = now;
	rows->real_ns = skt_clock_real_ns() - now;
	skt_directory_renew(&rows->directory);
	memset(rows->processes, 0, SLOTS * sizeof(*rows->processes));
	skt_arena_fini(&rows->texts);
	rows->searched = false;
}

/* What is known of the process of EVENT, while it may still be looked at. NULL: memory is out. */
static const struct event_process *process_of(
	struct event_rows *rows, const struct skt_tcp_event *event)
{
	struct event_process *known = &rows->processes[event->pid % SLOTS];
	const char *proc_root = rows->directory.proc_root;

	/* Who calls himself otherwise now runs another program. */
	if (known->pid == event->pid && !memcmp(known->comm, event->comm, sizeof(known->comm)))
		return known;
	*known = (struct event_process){.pid = event->pid};
	memcpy(known->comm, event->comm, sizeof(known->comm));
	known->comm[sizeof(known->comm) - 1] = '\0';
	if (skt_process_read(proc_root, event->pid, &rows->texts, &known->process))
		return NULL;
	if (rows->needs & SKT_NEED_COMMAND)
		known->command = skt_process_command(proc_root, event->pid, &rows->texts);
	if (rows->needs & SKT_NEED_CGROUP)
		known->cgroup = skt_cgroups_by_pid(rows->directory.cgroups, event->pid);
	return known;
}

static int join_process(
	struct event_rows *rows, const struct skt_tcp_event *event, struct skt_socket_row *row)
{
	const struct event_process *known = process_of(rows, event);
	const struct skt_cgroup *cgroup;

	if (!known)
		return -ENOMEM;
	cgroup = known->cgroup;
	/* One that has ended already is called what it called itself. */
	rows->holder = (struct skt_holder){.pid = event->pid,
		.name = known->process.comm ? known->process.name : known->comm,
		.comm = known->comm};
	row->processes = (struct skt_list){.items = &rows->holder, .count = 1};
	row->pid = event->pid;
	row->process = rows->holder.name;
	row->comm = known->comm;
	row->command = known->command;
	row->s.present |= UINT64_C(1) << SKT_ROW_PID;
	if (known->process.exe) {
		row->exe = known->process.exe;
		row->deleted = known->process.deleted;
		row->s.present |= UINT64_C(1) << SKT_ROW_EXE;
	}
	if (cgroup && !row->unit && !row->container && (cgroup->unit || cgroup->container)) {
		row->cgroup = cgroup->path;
		row->unit = cgroup->unit;
		row->container = cgroup->container;
	}
	return 0;
}

enum skt_state event_state(const struct skt_tcp_event *event)
{
	switch ((enum skt_tcp_event_kind)event->kind) {
	case SKT_TCP_CONNECTING:
		return SKT_STATE_SYN_SENT;
	case SKT_TCP_LISTENING:
		return SKT_STATE_LISTEN;
	case SKT_TCP_ACCEPTED:
	case SKT_TCP_CONNECTED:
	case SKT_TCP_ARRIVED:
		return SKT_STATE_ESTABLISHED;
	case SKT_TCP_UNCONNECTED:
	case SKT_TCP_BROKEN:
	case SKT_TCP_DESTROYED:
		break;
	}
	return SKT_STATE_CLOSED;
}

static struct skt_end end_of(
	const struct skt_tcp_event *event, const uint8_t bytes[16], uint16_t port)
{
	struct skt_end end = {.port = port, .addr.family = event->family};

	memcpy(end.addr.bytes, bytes, event->family == AF_INET ? 4 : 16);
	if (skt_addr_is_link_local(&end.addr) && !skt_addr_is_v4_mapped(&end.addr))
		end.addr.scope_id = event->ifindex;
	return end;
}

static struct skt_socket socket_of(const struct skt_tcp_event *event)
{
	struct skt_socket socket = {
		.proto = SKT_PROTO_TCP,
		.family = event->family,
		.type = SOCK_STREAM,
		.state = (uint8_t)event_state(event),
		.local = end_of(event, event->local, event->local_port),
		.remote = end_of(event, event->remote, event->remote_port),
	};
	const uint32_t cookie[2] = {(uint32_t)event->cookie, (uint32_t)(event->cookie >> 32)};

	skt_socket_fill_interface(&socket, event->ifindex);
	skt_socket_fill_ends(&socket);
	skt_socket_fill_owner(&socket, event->uid, event->inode);
	skt_socket_fill_cookie(&socket, cookie);
	if (event->cgroup_id) {
		socket.cgroup_id = event->cgroup_id;
		socket.present |= SKT_SOCKET_BIT(SKT_SOCKET_CGROUP);
	}
	return socket;
}

static int compose(struct event_rows *rows, const struct skt_socket *socket, uint32_t netns,
	struct skt_socket_row *ret)
{
	const struct skt_row_facts facts = {0};

	renew(rows);
	rows->composer.netns = netns_of(rows, netns);
	return skt_composer_row(&rows->composer, socket, &facts, ret);
}

int event_rows_of(
	struct event_rows *rows, const struct skt_socket *socket, struct skt_socket_row *ret)
{
	int rc = compose(rows, socket, event_rows_netns(rows), ret);

	if (!rc)
		skt_composer_resolve(&rows->composer, ret);
	return rc;
}

int event_rows_make(
	struct event_rows *rows, const struct skt_tcp_event *event, struct skt_socket_row *ret)
{
	const struct skt_socket socket = socket_of(event);
	int rc = compose(rows, &socket, event->netns, ret);

	if (!rc && event->pid && rows->needs & (SKT_NEED_OWNERS | SKT_NEED_CGROUP))
		rc = join_process(rows, event, ret);
	if (!rc)
		skt_composer_resolve(&rows->composer, ret);
	return rc;
}

void event_row_inherit(struct skt_socket_row *row, const struct skt_socket_row *other)
{
	const uint64_t owner = UINT64_C(1) << SKT_ROW_PID | UINT64_C(1) << SKT_ROW_EXE |
		SKT_SOCKET_BIT(SKT_SOCKET_UID) | SKT_SOCKET_BIT(SKT_SOCKET_INODE);

	row->s.present = (row->s.present & ~owner) | (other->s.present & owner);
	row->s.uid = other->s.uid;
	row->s.inode = other->s.inode;
	row->user = other->user;
	row->processes = other->processes;
	row->pid = other->pid;
	row->process = other->process;
	row->comm = other->comm;
	row->command = other->command;
	row->exe = other->exe;
	row->deleted = other->deleted;
	row->cgroup = other->cgroup;
	row->unit = other->unit;
	row->container = other->container;
	row->direction = other->direction;
}

void event_rows_close(struct event_rows *rows)
{
	skt_composer_fini(&rows->composer);
	skt_directory_fini(&rows->directory);
	skt_arena_fini(&rows->texts);
	free(rows->processes);
	skt_netns_set_fini(&rows->namespaces);
	*rows = (struct event_rows){0};
}
