#include "cmd/host_names.h"

#include <errno.h>
#include <netdb.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/macros.h"
#include "net/offload.h"

#define PATIENCE_NS (2 * SKT_NS_PER_SEC)

struct host_entry {
	struct skt_addr addr;            /* all of its bytes are defined: they are compared */
	const char *text;                /* or NULL: none */
	struct lookup *job;              /* NULL: it is known */
	struct host_entry *next, **link; /* among those being asked for */
};

struct skt_host_names {
	struct skt_loop *loop;
	struct skt_offload *offload;
	struct skt_timer patience;
	struct skt_arena arena;
	void *tree; /* tsearch(3) of struct host_entry */
	size_t count;
	struct host_entry *pending;
	skt_host_name_fn lookup;
	void (*answered)(void *arg);
	void *arg;
};

struct lookup {
	struct skt_offload_job job;
	struct skt_host_names *names; /* not for the thread */
	struct host_entry *entry;     /* neither */
	skt_host_name_fn lookup;
	struct skt_addr addr;
	bool found;
	char host[SKT_HOST_NAME_MAX];
};

static bool system_lookup(const struct skt_addr *addr, char ret[SKT_HOST_NAME_MAX])
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(addr, 0, &sa);

	return len &&
		getnameinfo((struct sockaddr *)&sa, len, ret, SKT_HOST_NAME_MAX, NULL, 0,
			NI_NAMEREQD) == 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct skt_addr));
}

static void set_known(struct host_entry *entry)
{
	entry->job = NULL;
	*entry->link = entry->next;
	if (entry->next)
		entry->next->link = entry->link;
}

static void run_lookup(struct skt_offload_job *base)
{
	struct lookup *job = SKT_CONTAINER(base, struct lookup, job);

	job->found = job->lookup(&job->addr, job->host);
}

static void has_answered(struct skt_offload_job *base)
{
	struct lookup *job = SKT_CONTAINER(base, struct lookup, job);
	struct skt_host_names *names = job->names;

	if (job->found)
		job->entry->text = skt_arena_text(&names->arena, job->host, strlen(job->host));
	set_known(job->entry);
	free(job);
	skt_timer_set(names->loop, &names->patience,
		names->pending ? skt_clock_add(skt_clock_ns(), PATIENCE_NS) : SKT_NEVER);
	names->answered(names->arg);
}

static void give_up(struct skt_host_names *names)
{
	struct host_entry *entry;

	while ((entry = names->pending)) {
		skt_offload_abandon(names->offload, &entry->job->job);
		set_known(entry);
	}
}

static void patience_over(struct skt_timer *timer)
{
	struct skt_host_names *names = SKT_CONTAINER(timer, struct skt_host_names, patience);

	give_up(names);
	names->answered(names->arg);
}

int skt_host_names_open(struct skt_loop *loop, void (*answered)(void *arg), void *arg,
	skt_host_name_fn lookup, struct skt_host_names **ret)
{
	struct skt_host_names *names = calloc(1, sizeof(*names));
	int r;

	if (!names)
		return -ENOMEM;
	r = skt_offload_open(loop, &names->offload);
	if (r) {
		free(names);
		return r;
	}
	names->loop = loop;
	names->patience.handler = patience_over;
	names->lookup = lookup ? lookup : system_lookup;
	names->answered = answered;
	names->arg = arg;
	*ret = names;
	return 0;
}

/* Entries are the arena's. */
static void leave(void *entry)
{
	(void)entry;
}

void skt_host_names_free(struct skt_host_names *names)
{
	if (!names)
		return;
	give_up(names);
	skt_timer_remove(&names->patience);
	skt_offload_free(names->offload);
	tdestroy(names->tree, leave);
	skt_arena_fini(&names->arena);
	free(names);
}

/* A host is known by its own address. */
static struct skt_addr key_of(const struct skt_addr *addr)
{
	struct skt_addr key;

	memset(&key, 0, sizeof(key));
	if (skt_addr_is_v4_mapped(addr)) {
		memcpy(key.bytes, addr->bytes + 12, 4);
		key.family = AF_INET;
		return key;
	}
	memcpy(key.bytes, addr->bytes, sizeof(key.bytes));
	key.scope_id = addr->scope_id;
	key.family = addr->family;
	return key;
}

/* Asks for the name of ENTRY; where that cannot be, it has none. */
static void ask(struct skt_host_names *names, struct host_entry *entry)
{
	struct lookup *job = calloc(1, sizeof(*job));

	if (!job)
		return;
	job->job = (struct skt_offload_job){.run = run_lookup, .done = has_answered};
	job->names = names;
	job->entry = entry;
	job->lookup = names->lookup;
	job->addr = entry->addr;
	entry->job = job;
	entry->next = names->pending;
	if (entry->next)
		entry->next->link = &entry->next;
	entry->link = &names->pending;
	names->pending = entry;
	if (skt_offload_add(names->offload, &job->job)) {
		set_known(entry);
		free(job);
	} else if (!skt_timer_armed(&names->patience)) {
		skt_timer_set(
			names->loop, &names->patience, skt_clock_add(skt_clock_ns(), PATIENCE_NS));
	}
}

bool skt_host_names_get(struct skt_host_names *names, const struct skt_addr *addr, const char **ret)
{
	struct skt_addr key = key_of(addr);
	struct host_entry **found = tfind(&key, &names->tree, compare), *entry;

	*ret = NULL;
	if (found) {
		*ret = (*found)->text;
		return !(*found)->job;
	}
	if (names->count == SKT_HOST_NAMES_MAX)
		return true;
	entry = skt_arena_alloc(&names->arena, sizeof(*entry));
	if (!entry)
		return true;
	*entry = (struct host_entry){0};
	memcpy(&entry->addr, &key, sizeof(key));
	if (!tsearch(entry, &names->tree, compare))
		return true;
	names->count++;
	ask(names, entry);
	return !entry->job;
}

bool skt_host_names_pending(const struct skt_host_names *names)
{
	return names->pending != NULL;
}
