#include "cmd/ports/again.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/vec.h"
#include "cmd/ports/stop.h"
#include "cmd/ports/wanted.h"
#include "proc/owner.h"
#include "proc/pidfd.h"
#include "proc/process.h"

/* systemd waits 100 ms (RestartSec=), others up to a second; a look is some 200 us. */
enum { WATCH_MS = 1000, LOOK_MS = 20, TOLD_MAX = 4 };

struct newcomer {
	uint64_t inode;
	uint16_t port;
	uint8_t proto;
};

struct watch {
	const struct skt_context *ctx;
	const struct skt_portset *wanted;
	const uint64_t *known;
	size_t count;
	SKT_VEC(struct newcomer) newcomers;
};

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct watch *watch = ctx;
	const struct newcomer newcomer = {socket->inode, socket->local.port, socket->proto};

	if (!ports_match(socket, watch->wanted) || !socket->inode)
		return 0;
	for (size_t i = 0; i < watch->count; i++)
		if (watch->known[i] == socket->inode)
			return 0;
	/* The same port in the other family, or shared by SO_REUSEPORT, is no news. */
	for (size_t i = 0; i < watch->newcomers.len; i++)
		if (watch->newcomers.data[i].port == newcomer.port &&
			watch->newcomers.data[i].proto == newcomer.proto)
			return 0;
	return skt_vec_push(&watch->newcomers, newcomer);
}

/* "python3[7], started by supervisord[3]: systemctl stop web.service stops it" */
static void describe(struct skt_str *out, const char *proc_root, const struct skt_holder *holder)
{
	uint32_t pids[2] = {0};
	struct skt_arena texts = {0};
	struct skt_process parent;
	struct skt_cgroups *cgroups = NULL;
	const struct skt_cgroup *group = NULL;
	struct skt_str command = {0};

	skt_str_add_format(out, "%s[%u]", holder->name, holder->pid);
	if (skt_process_ancestors(proc_root, holder->pid, pids, 2) == 2 && pids[1] > 1 &&
		!skt_process_read(proc_root, pids[1], &texts, &parent))
		skt_str_add_format(out, ", started by %s[%u]", parent.name, parent.pid);
	if (!skt_cgroups_new(proc_root, &cgroups))
		group = skt_cgroups_by_pid(cgroups, holder->pid);
	if (group && ports_stop_command(&command, group))
		skt_str_add_format(out, ": %.*s ends it for good", (int)command.len, command.data);
	else if (group && group->container)
		skt_str_add_format(out, ": stop container %s", group->container);
	else
		skt_str_add_text(out, ": stop what starts it");
	skt_str_fini(&command);
	skt_cgroups_free(cgroups);
	skt_arena_fini(&texts);
}

static void report(const struct watch *watch, enum skt_owners_source source)
{
	const char *proc_root = watch->ctx->system.proc_root;
	struct skt_owners *owners = NULL;
	bool known = !skt_owners_new(proc_root, &owners);

	if (known)
		skt_owners_use(owners, source);
	for (size_t i = 0; known && i < watch->newcomers.len; i++)
		known = !skt_owners_want(owners, watch->newcomers.data[i].inode);
	known = known && !skt_owners_scan(owners, NULL);
	for (size_t i = 0; i < watch->newcomers.len && i < TOLD_MAX; i++) {
		const struct newcomer *newcomer = &watch->newcomers.data[i];
		const struct skt_holder *holders;
		struct skt_str text = {0};

		if (known && skt_owners_of(owners, newcomer->inode, &holders))
			describe(&text, proc_root, &holders[0]);
		else
			skt_str_add_text(&text, "a process that cannot be seen");
		skt_warn(watch->ctx, "port %u/%s is again listened on by %.*s", newcomer->port,
			skt_proto_names[newcomer->proto], (int)text.len,
			text.data ? text.data : "");
		skt_str_fini(&text);
	}
	skt_owners_free(owners);
}

int ports_again(const struct ports_options *o, const struct skt_context *ctx,
	const struct skt_portset *wanted, const uint64_t *known, size_t count)
{
	const struct skt_dump_query query = ports_query(o, wanted);
	const struct timespec pause = {.tv_nsec = LOOK_MS * (long)SKT_NS_PER_MS};
	const uint64_t end = skt_clock_ns() + WATCH_MS * SKT_NS_PER_MS;
	struct watch watch = {.ctx = ctx, .wanted = wanted, .known = known, .count = count};
	struct skt_dump_report dumped;
	struct skt_err err = {0};
	int rc;

	do {
		(void)nanosleep(&pause, NULL);
		rc = skt_dump_sockets(&ctx->system, &query, take_socket, &watch, &dumped, &err);
	} while (!rc && !watch.newcomers.len && skt_clock_ns() < end && !skt_interrupted(ctx));
	if (rc)
		skt_warn(ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	else if (watch.newcomers.len)
		report(&watch, o->owners);
	rc = rc ? rc : watch.newcomers.len > 0;
	skt_vec_free(&watch.newcomers);
	return rc;
}
