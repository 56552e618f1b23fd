#include "cmd/sockets/record_facts.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/listing/columns.h"
#include "proc/root.h"

int record_facts_init(
	struct record_facts *facts, const struct skt_context *ctx, enum skt_owners_source source)
{
	const char *root = ctx->system.proc_root;

	facts->ctx = ctx;
	if (geteuid() && skt_proc_root_hides(root))
		facts->hides = SKT_RECORD_HIDEPID;
	else if (!skt_proc_root_is_initial(root))
		facts->hides = SKT_RECORD_PID_NAMESPACE;
	return skt_directory_init(&facts->directory, ctx,
		SKT_NEED_OWNERS | SKT_NEED_COMMAND | SKT_NEED_CGROUP | SKT_NEED_USER |
			SKT_NEED_INTERFACE,
		false, source);
}

static int add_text(
	struct record_facts *facts, enum skt_fact fact, uint64_t number, const char *text)
{
	if (!text)
		return -ENOMEM;
	return skt_look_add(facts->look, skt_fact_kind(fact), number, text, strlen(text));
}

int record_facts_begin(struct record_facts *facts, struct skt_look *look)
{
	struct utsname host;

	skt_directory_renew(&facts->directory);
	facts->look = look;
	facts->cgroups.len = facts->pids.len = 0;
	facts->any_uid = false;
	facts->last_interface = 0;
	facts->last_cgroup = 0;
	facts->failure = 0;
	return uname(&host) ? 0 : add_text(facts, SKT_FACT_META, 2, host.nodename);
}

static bool has(const struct skt_socket *socket, unsigned int field)
{
	return socket->present >> field & 1;
}

/* What comes in runs is looked up once for each. */
int record_facts_take(const struct skt_socket *socket, void *ctx)
{
	struct record_facts *facts = ctx;
	struct skt_names *names = &facts->directory.names;
	int rc = 0;

	if (*facts->ctx->interrupted)
		return -ECANCELED;
	if (socket->inode)
		rc = skt_owners_want(facts->directory.owners, socket->inode);
	if (!rc && has(socket, SKT_SOCKET_UID) &&
		(!facts->any_uid || facts->last_uid != socket->uid)) {
		rc = add_text(
			facts, SKT_FACT_USER, socket->uid, skt_names_user(names, socket->uid));
		facts->any_uid = true;
		facts->last_uid = socket->uid;
	}
	if (!rc && socket->ifindex && facts->last_interface != socket->ifindex) {
		rc = add_text(facts, SKT_FACT_INTERFACE, socket->ifindex,
			skt_names_interface(names, NULL, socket->ifindex));
		facts->last_interface = socket->ifindex;
	}
	if (!rc && has(socket, SKT_SOCKET_CGROUP) && facts->last_cgroup != socket->cgroup_id) {
		rc = skt_vec_push(&facts->cgroups, socket->cgroup_id);
		facts->last_cgroup = socket->cgroup_id;
	}
	return rc;
}

/* ---- holders ---- */

static int add_holders(void *ctx, uint64_t inode)
{
	struct record_facts *facts = ctx;
	const struct skt_holder *holders;
	const size_t count = skt_owners_of(facts->directory.owners, inode, &holders);
	/* A socket that thousands of processes hold is told with the first of them. */
	const size_t told = SKT_MIN(count, (size_t)SKT_FACT_BYTES_MAX / (2 * sizeof(uint32_t)));
	unsigned char *room = skt_look_room(
		facts->look, skt_fact_kind(SKT_FACT_HOLDERS), inode, told * 2 * sizeof(uint32_t));

	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < told; i++) {
		const uint32_t pair[2] = {holders[i].pid, holders[i].fd};

		memcpy(room + i * sizeof(pair), pair, sizeof(pair));
		if (facts->pids.len && facts->pids.data[facts->pids.len - 1] == holders[i].pid)
			continue;
		if (skt_vec_push(&facts->pids, holders[i].pid))
			return -ENOMEM;
	}
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void add_nul(struct skt_str *out, const char *text)
{
	skt_str_add_text(out, text ? text : "");
	skt_str_add_char(out, '\0');
}

static int add_process(struct record_facts *facts, uint32_t pid)
{
	struct skt_owners *owners = facts->directory.owners;
	const struct skt_process *process = skt_owners_process(owners, pid);
	const struct skt_cgroup *cgroup = skt_cgroups_by_pid(facts->directory.cgroups, pid);
	struct skt_record_process head = {0};
	struct skt_str out = {0};
	int rc;

	if (!process)
		return 0;
	head.uid = process->uid;
	head.flags = (process->has_uid ? SKT_RECORD_HAS_UID : 0U) |
		(process->deleted ? SKT_RECORD_DELETED : 0U);
	skt_str_add(&out, (const char *)&head, sizeof(head));
	add_nul(&out, process->name);
	add_nul(&out, process->comm);
	add_nul(&out, process->exe);
	add_nul(&out, skt_owners_command(owners, pid));
	add_nul(&out, cgroup ? cgroup->path : NULL);
	rc = out.failed ? -ENOMEM
			: skt_look_add(facts->look, skt_fact_kind(SKT_FACT_PROCESS), pid, out.data,
				  out.len);
	skt_str_fini(&out);
	return rc;
}

static int add_processes(struct record_facts *facts)
{
	int rc = skt_owners_each(facts->directory.owners, add_holders, facts);

	if (!rc && facts->pids.len)
		qsort(facts->pids.data, facts->pids.len, sizeof(*facts->pids.data), compare_pids);
	for (size_t i = 0; !rc && i < facts->pids.len; i++)
		if (!i || facts->pids.data[i] != facts->pids.data[i - 1])
			rc = add_process(facts, facts->pids.data[i]);
	return rc;
}

static int add_cgroups(struct record_facts *facts)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < facts->cgroups.len; i++) {
		const uint64_t id = facts->cgroups.data[i];
		const struct skt_cgroup *cgroup = skt_cgroups_by_id(facts->directory.cgroups, id);

		if (cgroup && cgroup->path)
			rc = add_text(facts, SKT_FACT_CGROUP, id, cgroup->path);
	}
	return rc;
}

int record_facts_finish(struct record_facts *facts, const struct skt_record_meta *meta)
{
	struct skt_record_meta told = *meta;
	struct skt_err err = {0};
	int rc = skt_owners_scan(facts->directory.owners, &err);

	/* Sockets without their owners are worth more than nothing. */
	if (rc && rc != -ENOMEM) {
		if (!facts->told)
			skt_warn(facts->ctx, "no owners: %s", err.text);
		facts->told = true;
		rc = 0;
	}
	told.hidden = (uint32_t)skt_owners_hidden(facts->directory.owners);
	told.faults |= facts->hides;
	if (!rc)
		rc = add_processes(facts);
	if (!rc)
		rc = add_cgroups(facts);
	return rc ? rc
		  : skt_look_add(facts->look, skt_fact_kind(SKT_FACT_META), 1, &told, sizeof(told));
}

void record_facts_fini(struct record_facts *facts)
{
	skt_directory_fini(&facts->directory);
	skt_vec_free(&facts->cgroups);
	skt_vec_free(&facts->pids);
}
