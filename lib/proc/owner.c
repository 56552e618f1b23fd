#include "proc/owner.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/vec.h"
#include "proc/context.h"
#include "proc/fdinfo.h"
#include "proc/inode_table.h"
#include "proc/owner_backend.h"
#include "proc/owner_flights.h"
#include "proc/process.h"

/*
 * A descriptor that holds something wanted. While the scan runs `link` is the inode; then the
 * holders of an inode are chained: the slot's head and `link` are 1 + the index of the next one.
 */
struct held {
	uint32_t link;
	uint32_t process; /* the pid; once chained, an index of `processes` */
	uint32_t fd : 31;
	uint32_t registered : 1; /* FD is an io_uring, which holds it */
};

struct known_process {
	struct skt_process process;
	bool command_read, threads_read, context_read;
	const char *context;
	const struct skt_thread *threads;
	size_t threads_count;
};

struct skt_owners {
	const char *proc_root;
	enum skt_owners_source source;
	const struct skt_past *past;   /* NULL: the present */
	struct skt_inode_table inodes; /* wanted; with `all`, found */
	bool all, want_rings;
	SKT_VEC(struct held) held;
	SKT_VEC(struct skt_owner_hit) rings; /* that were seen */
	struct skt_owner_flights flights;
	SKT_VEC(struct known_process) processes; /* by ascending pid */
	SKT_VEC(struct skt_holder) answer;       /* of the last skt_owners_of() */
	bool starved;                            /* an answer was short for want of memory */
	struct skt_arena texts;                  /* of `processes` */
	size_t hidden;
};

int skt_owners_new(const char *proc_root, struct skt_owners **ret)
{
	struct skt_owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return -ENOMEM;
	owners->proc_root = proc_root;
	*ret = owners;
	return 0;
}

/* Forgets what the last scan found, not what is wanted. */
static void forget(struct skt_owners *owners)
{
	uint32_t i;

	if (owners->all)
		skt_inode_table_fini(&owners->inodes);
	for (i = 0; i < owners->inodes.size; i++)
		owners->inodes.slots[i].head = 0;
	owners->held.len = 0;
	owners->rings.len = 0;
	skt_owner_flights_forget(&owners->flights);
	owners->processes.len = 0;
	owners->hidden = 0;
	skt_arena_fini(&owners->texts);
}

void skt_owners_renew(struct skt_owners *owners)
{
	owners->all = false;
	forget(owners);
	skt_inode_table_fini(&owners->inodes);
}

void skt_owners_free(struct skt_owners *owners)
{
	if (!owners)
		return;
	skt_inode_table_fini(&owners->inodes);
	skt_arena_fini(&owners->texts);
	skt_vec_free(&owners->held);
	skt_vec_free(&owners->rings);
	skt_owner_flights_forget(&owners->flights);
	skt_vec_free(&owners->processes);
	skt_vec_free(&owners->answer);
	free(owners);
}

int skt_owners_want(struct skt_owners *owners, uint64_t inode)
{
	struct skt_inode_slot *slot;
	int status;

	if (owners->all)
		return 0;
	status = skt_inode_table_add(&owners->inodes, inode, &slot);
	return status == -EINVAL ? 0 : status;
}

void skt_owners_want_all(struct skt_owners *owners)
{
	owners->all = true;
}

void skt_owners_want_rings(struct skt_owners *owners)
{
	owners->want_rings = true;
}

void skt_owners_use(struct skt_owners *owners, enum skt_owners_source source)
{
	owners->source = source;
}

void skt_owners_recall(struct skt_owners *owners, const struct skt_past *past)
{
	owners->past = past;
}

static int take_hits(void *ctx, const struct skt_owner_hit *hits, size_t count)
{
	struct skt_owners *owners = ctx;
	size_t i;

	if (skt_vec_reserve(&owners->held, count) < 0)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (hits[i].inode)
			owners->held.data[owners->held.len++] = (struct held){
				hits[i].inode, hits[i].pid, hits[i].fd & INT32_MAX, 0};
		else if (skt_vec_push(&owners->rings, hits[i]))
			return -ENOMEM;
	return 0;
}

static void take_hidden(void *ctx, size_t processes)
{
	struct skt_owners *owners = ctx;

	owners->hidden += processes;
}

static void take_nothing(void *ctx)
{
	struct skt_owners *owners = ctx;

	owners->held.len = owners->rings.len = 0;
}

static int recall_hits(const struct skt_owner_scan *scan, const struct skt_past *past)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < past->hits_count; i++)
		if (skt_owner_wants(scan, &past->hits[i]))
			rc = scan->hits(scan->ctx, &past->hits[i], 1);
	scan->hidden(scan->ctx, past->hidden);
	return rc;
}

static int run_backends(struct skt_owners *owners, struct skt_err *err)
{
	const struct skt_owner_scan scan = {
		.proc_root = owners->proc_root,
		.wanted = owners->all ? NULL : &owners->inodes,
		.rings = owners->want_rings,
		.hits = take_hits,
		.hidden = take_hidden,
		.ctx = owners,
	};

	return owners->past ? recall_hits(&scan, owners->past)
			    : skt_owner_run(&scan, owners->source, take_nothing, err);
}

struct registration {
	struct skt_owners *owners;
	const struct skt_owner_hit *ring;
};

static int take_registered(void *ctx, uint64_t inode)
{
	const struct registration *registration = ctx;
	struct skt_owners *owners = registration->owners;

	if (inode == 0 || inode > UINT32_MAX ||
		(!owners->all && !skt_inode_table_find(&owners->inodes, inode)))
		return 0;
	return skt_vec_push(&owners->held,
		(struct held){(uint32_t)inode, registration->ring->pid,
			registration->ring->fd & INT32_MAX, 1});
}

static int read_rings(struct skt_owners *owners)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < owners->rings.len; i++) {
		struct registration registration = {owners, &owners->rings.data[i]};

		status = skt_fdinfo_each_registered(owners->proc_root, registration.ring->pid,
			registration.ring->fd, take_registered, &registration);
	}
	return status;
}

static int compare_processes(const void *a, const void *b)
{
	uint32_t x = ((const struct known_process *)a)->process.pid;
	uint32_t y = ((const struct known_process *)b)->process.pid;

	return (x > y) - (x < y);
}

static struct known_process *find_process(struct skt_owners *owners, uint32_t pid)
{
	const struct known_process key = {.process.pid = pid};

	if (!owners->processes.len)
		return NULL;
	return bsearch(&key, owners->processes.data, owners->processes.len, sizeof(key),
		compare_processes);
}

static int describe(struct skt_owners *owners, uint32_t pid, struct known_process *ret)
{
	const struct skt_past_process *past;

	if (!owners->past)
		return skt_process_read(owners->proc_root, pid, &owners->texts, &ret->process);
	past = skt_past_process_find(owners->past, pid);
	ret->process = past ? past->process : (struct skt_process){.pid = pid, .name = "?"};
	/* What was not recorded is not to be read either. */
	ret->command_read = ret->threads_read = ret->context_read = true;
	return 0;
}

static int name_processes(struct skt_owners *owners)
{
	size_t i, kept = 0;
	int status;

	/* Hits come in runs of one process, so that few are listed twice. */
	for (i = 0; i < owners->held.len; i++) {
		uint32_t pid = owners->held.data[i].process;

		if (i > 0 && pid == owners->held.data[i - 1].process)
			continue;
		if (skt_vec_push(&owners->processes, (struct known_process){.process.pid = pid}))
			return -ENOMEM;
	}
	if (!owners->processes.len)
		return 0;
	qsort(owners->processes.data, owners->processes.len, sizeof(*owners->processes.data),
		compare_processes);
	for (i = 0; i < owners->processes.len; i++) {
		struct known_process *known = &owners->processes.data[i];

		if (kept > 0 && known->process.pid == owners->processes.data[kept - 1].process.pid)
			continue;
		status = describe(owners, known->process.pid, &owners->processes.data[kept]);
		if (status < 0)
			return status;
		kept++;
	}
	owners->processes.len = kept;
	return 0;
}

static int chain_holders(struct skt_owners *owners)
{
	const struct known_process *known = NULL;
	size_t i;
	int status;

	for (i = 0; i < owners->held.len; i++) {
		struct held *held = &owners->held.data[i];
		struct skt_inode_slot *slot;

		status = skt_inode_table_add(&owners->inodes, held->link, &slot);
		if (status < 0)
			return status;
		if (!known || known->process.pid != held->process)
			known = find_process(owners, held->process);
		SKT_ASSERT(known); /* name_processes() has every process that holds something */
		held->process = (uint32_t)(known - owners->processes.data);
		held->link = slot->head;
		slot->head = (uint32_t)i + 1;
	}
	return 0;
}

int skt_owners_scan(struct skt_owners *owners, struct skt_err *err)
{
	int status;

	forget(owners);
	if (!owners->all && !owners->inodes.len)
		return 0;
	status = run_backends(owners, err);
	if (status < 0)
		goto out;
	status = read_rings(owners);
	if (status == 0)
		status = owners->held.len < UINT32_MAX ? name_processes(owners) : -ENOMEM;
	if (status == 0)
		status = chain_holders(owners);
	if (status < 0)
		skt_fail(err, -status, "find the holders of sockets");
out:
	if (status < 0)
		forget(owners);
	return status;
}

static int compare_holders(const void *a, const void *b)
{
	const struct skt_holder *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

/* By ascending pid and descriptor, each once: two threads may show one table of descriptors. */
static void settle_answer(struct skt_owners *owners)
{
	struct skt_holder *holders = owners->answer.data;
	size_t i, kept = 1;

	if (owners->answer.len < 2)
		return;
	qsort(holders, owners->answer.len, sizeof(*holders), compare_holders);
	for (i = 1; i < owners->answer.len; i++)
		if (compare_holders(&holders[i], &holders[kept - 1]) != 0)
			holders[kept++] = holders[i];
	owners->answer.len = kept;
}

/* Those that hold INODE by a descriptor of it, or those that REGISTERED it. */
static size_t collect(struct skt_owners *owners, uint64_t inode, bool registered)
{
	const struct skt_inode_slot *slot = skt_inode_table_find(&owners->inodes, inode);
	uint32_t next = slot ? slot->head : 0;

	owners->answer.len = 0;
	while (next) {
		const struct held *held = &owners->held.data[next - 1];
		const struct skt_process *process = &owners->processes.data[held->process].process;

		next = held->link;
		if (held->registered != registered)
			continue;
		if (skt_vec_push(&owners->answer,
			    (struct skt_holder){.present = 1 << SKT_HOLDER_FD,
				    .pid = process->pid,
				    .fd = held->fd,
				    .name = process->name,
				    .comm = process->comm ? process->comm : process->name})) {
			owners->starved = true;
			break;
		}
	}
	settle_answer(owners);
	return owners->answer.len;
}

size_t skt_owners_of(struct skt_owners *owners, uint64_t inode, const struct skt_holder **ret)
{
	size_t count = collect(owners, inode, false);

	*ret = owners->answer.data;
	return count;
}

bool skt_owners_starved(const struct skt_owners *owners)
{
	return owners->starved;
}

int skt_owners_each(
	const struct skt_owners *owners, int (*fn)(void *ctx, uint64_t inode), void *ctx)
{
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < owners->inodes.size; i++)
		if (owners->inodes.slots[i].inode && owners->inodes.slots[i].head)
			status = fn(ctx, owners->inodes.slots[i].inode);
	return status;
}

bool skt_owners_ring(struct skt_owners *owners, uint64_t inode, struct skt_holder *ret)
{
	if (!collect(owners, inode, true))
		return false;
	*ret = owners->answer.data[0];
	return true;
}

int skt_owners_in_flight(struct skt_owners *owners, uint64_t inode, struct skt_holder *ret)
{
	const struct skt_owner_hit *hit;
	struct skt_process process;
	int rc = owners->past
		? -EOPNOTSUPP
		: skt_owner_flights_find(&owners->flights, owners->proc_root, owners->source,
			  owners->all ? NULL : &owners->inodes, inode, &hit);

	if (rc <= 0)
		return rc;
	rc = skt_process_read(owners->proc_root, hit->pid, &owners->texts, &process);
	if (rc < 0)
		return rc;
	*ret = (struct skt_holder){.present = 1 << SKT_HOLDER_FD,
		.pid = hit->pid,
		.fd = hit->fd,
		.name = process.name,
		.comm = process.comm ? process.comm : process.name};
	return 1;
}

const struct skt_process *skt_owners_process(struct skt_owners *owners, uint32_t pid)
{
	const struct known_process *known = find_process(owners, pid);

	return known ? &known->process : NULL;
}

const char *skt_owners_command(struct skt_owners *owners, uint32_t pid)
{
	struct known_process *known = find_process(owners, pid);

	if (!known)
		return NULL;
	if (!known->command_read) {
		known->process.command =
			skt_process_command(owners->proc_root, pid, &owners->texts);
		known->command_read = true;
	}
	return known->process.command;
}

size_t skt_owners_threads(struct skt_owners *owners, uint32_t pid, const struct skt_thread **ret)
{
	struct known_process *known = find_process(owners, pid);

	if (!known)
		return 0;
	if (!known->threads_read) {
		known->threads_count =
			skt_threads_read(owners->proc_root, pid, &owners->texts, &known->threads);
		known->threads_read = true;
	}
	*ret = known->threads;
	return known->threads_count;
}

const char *skt_owners_context(struct skt_owners *owners, uint32_t pid)
{
	struct known_process *known = find_process(owners, pid);

	if (!known)
		return NULL;
	if (!known->context_read) {
		known->context = skt_context_of_process(owners->proc_root, pid, &owners->texts);
		known->context_read = true;
	}
	return known->context;
}

const char *skt_owners_socket_context(struct skt_owners *owners, uint32_t pid, uint32_t fd)
{
	if (owners->past)
		return NULL;
	return skt_context_of_socket(owners->proc_root, pid, fd, &owners->texts);
}

size_t skt_owners_hidden(const struct skt_owners *owners)
{
	return owners->hidden;
}
