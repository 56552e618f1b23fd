#include "cmd/naming.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"

#define FINISH_NS (10 * SKT_NS_PER_SEC)

/* How soon *stop is noticed. */
#define SLICE_NS (50 * SKT_NS_PER_MS)

/* Rows are looked at after each step of the loop. */
static void answered(void *arg SKT_UNUSED)
{
}

int skt_naming_open(struct skt_naming *naming, skt_host_name_fn lookup)
{
	int r = skt_loop_init(&naming->loop);

	if (r)
		return r;
	naming->tail = &naming->first;
	r = skt_host_names_open(&naming->loop, answered, NULL, lookup, &naming->names);
	if (r)
		skt_loop_fini(&naming->loop);
	return r;
}

static struct skt_naming_row *take_first(struct skt_naming *naming)
{
	struct skt_naming_row *row = naming->first;

	naming->first = row->next;
	if (!naming->first)
		naming->tail = &naming->first;
	naming->count--;
	naming->bytes -= row->size;
	return row;
}

void skt_naming_close(struct skt_naming *naming)
{
	if (!naming->names)
		return;
	while (naming->first)
		free(take_first(naming));
	skt_host_names_free(naming->names);
	skt_loop_fini(&naming->loop);
	naming->names = NULL;
}

static bool is_full(const struct skt_naming *naming)
{
	return naming->count > SKT_NAMING_ROWS || naming->bytes > SKT_NAMING_BYTES;
}

static bool look(struct skt_naming *naming, const struct skt_addr *addr, const char **ret)
{
	*ret = NULL;
	return addr->family == AF_UNSPEC || skt_host_names_get(naming->names, addr, ret);
}

/* Writes the rows whose turn it is; ALL: those without a name, too. */
static int write_due(struct skt_naming *naming, bool all)
{
	const char *host;
	int r = 0;

	while (r == 0 && naming->first) {
		bool known = look(naming, &naming->first->addr, &host);
		struct skt_naming_row *row;

		if (!known && !all && !is_full(naming))
			break;
		row = take_first(naming);
		r = naming->write(naming->arg, row, host);
		free(row);
	}
	return r;
}

int skt_naming_add(struct skt_naming *naming, struct skt_naming_row *row)
{
	skt_naming_ask(naming, &row->addr);
	row->next = NULL;
	*naming->tail = row;
	naming->tail = &row->next;
	naming->count++;
	naming->bytes += row->size;
	return write_due(naming, false);
}

int skt_naming_step(struct skt_naming *naming, uint64_t deadline_ns)
{
	(void)skt_loop_step(&naming->loop, deadline_ns);
	return write_due(naming, false);
}

void skt_naming_ask(struct skt_naming *naming, const struct skt_addr *addr)
{
	const char *host;

	(void)look(naming, addr, &host);
}

const char *skt_naming_host(struct skt_naming *naming, const struct skt_addr *addr)
{
	const char *host;

	(void)look(naming, addr, &host);
	return host;
}

int skt_naming_finish(struct skt_naming *naming, const volatile sig_atomic_t *stop)
{
	uint64_t end_ns = skt_clock_add(skt_clock_ns(), FINISH_NS), now;
	int r = 0;

	while (r == 0 && !*stop && skt_host_names_pending(naming->names) &&
		(now = skt_clock_ns()) < end_ns)
		r = skt_naming_step(naming, SKT_MIN(now + SLICE_NS, end_ns));
	return r ? r : write_due(naming, true);
}
