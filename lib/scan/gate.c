#include "scan/gate.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "scan/control.h"

/* Where those are parked that wait for a place among the questions: neighbours begin with 1. */
enum { PARK_PLACES = 0 };

/* Interfaces and routes come back within so long, or are gone. */
static const uint64_t change_ns = 3000 * SKT_NS_PER_MS;
/* Behind that the kernel itself repeats a SYN, which must not happen beside ours. */
static const uint64_t question_ns = 900 * SKT_NS_PER_MS;

/* ---- what becomes of those that waited ---- */

static void go_on(struct skt_scan *scan, struct skt_probe *probe, bool up, uint64_t now_ns)
{
	bool asked = probe->state == SKT_PROBE_ASKING;

	/* The question itself has arrived, with whatever it asks for: its answer is waited for
	 * from now on. */
	if (asked && up && now_ns < probe->sent_ns + question_ns &&
		scan->config->method != SKT_SCAN_HOSTS) {
		probe->state = SKT_PROBE_WAITING;
		scan->waiting++;
		skt_flight_wait(&scan->flight, probe,
			now_ns + skt_control_timeout(scan, &(struct skt_host){0}, 1));
		return;
	}
	/* It lay so long that it was none. */
	if (asked && up && probe->tries && scan->config->method != SKT_SCAN_HOSTS)
		probe->tries--;
	probe->state = SKT_PROBE_DUE;
	skt_flight_queue(&scan->flight, probe);
}

static void settled(void *ctx, uint32_t number)
{
	struct skt_scan *scan = ctx;
	const struct skt_neighbors *neighbors = &scan->neighbors;
	const bool up = skt_neighbor_at(neighbors, number)->state == SKT_NEIGHBOR_UP;
	const uint64_t now_ns = skt_clock_ns();
	struct skt_probe *probe;
	uint32_t places;

	while ((probe = skt_flight_unpark(&scan->flight, number)))
		go_on(scan, probe, up, now_ns);
	places = neighbors->asking_max > neighbors->asking
		? neighbors->asking_max - neighbors->asking
		: 0;
	while (places-- && (probe = skt_flight_unpark(&scan->flight, PARK_PLACES)))
		go_on(scan, probe, false, now_ns);
}

/* ---- beginning and end ---- */

int skt_gate_init(struct skt_scan *scan)
{
	const struct skt_scan_config *c = scan->config;
	static const uint8_t protocols[] = {[SKT_SCAN_CONNECT] = IPPROTO_TCP,
		[SKT_SCAN_SYN] = IPPROTO_TCP,
		[SKT_SCAN_UDP] = IPPROTO_UDP,
		[SKT_SCAN_HOSTS] = 0};
	const uint32_t ifindex = c->interface ? if_nametoindex(c->interface) : 0;
	int rc = skt_neighbors_init(&scan->neighbors, &scan->paths,
		c->neighbor_room ? c->neighbor_room : UINT64_MAX, c->timeout_ns);

	if (rc)
		return rc;
	scan->neighbors.settled = settled;
	scan->neighbors.ctx = scan;
	rc = skt_paths_open(&scan->paths, protocols[c->method], &c->source4, &c->source6, ifindex);
	scan->has_paths = !rc;
	if (!rc || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE)
		return rc;
	return -EOPNOTSUPP;
}

void skt_gate_fini(struct skt_scan *scan)
{
	skt_neighbors_fini(&scan->neighbors);
	skt_paths_close(&scan->paths);
}

/* ---- the gate ---- */

const struct skt_path *skt_gate_path(const struct skt_scan *scan, const struct skt_host *host)
{
	if (!host->asked || host->generation != scan->paths.generation)
		return NULL;
	return &scan->paths.list.data[host->path];
}

static const struct skt_path *find_path(
	struct skt_scan *scan, struct skt_host *host, const struct skt_plan_pair *pair)
{
	const struct skt_path *path = skt_gate_path(scan, host);

	if (path || !scan->has_paths)
		return path;
	host->asked = !skt_paths_find(&scan->paths, &pair->addr, pair->port, &host->path);
	host->generation = scan->paths.generation;
	path = skt_gate_path(scan, host);
	host->routed = path && path->kind == SKT_PATH_ROUTED;
	host->neighbor = 0;
	return path;
}

static uint32_t find_neighbor(
	struct skt_scan *scan, const struct skt_path *path, const struct skt_plan_pair *pair)
{
	return skt_neighbors_find(&scan->neighbors, path->ifindex,
		path->kind == SKT_PATH_ROUTED ? &path->next_hop : &pair->addr);
}

static void set_down(struct skt_host *host, const struct skt_addr *from)
{
	if (host->answered)
		return;
	host->state = SKT_HOST_DOWN;
	host->down_from = *from;
}

enum skt_gate skt_gate_for(struct skt_scan *scan, struct skt_host *host,
	const struct skt_plan_pair *pair, uint32_t *ret_park)
{
	const struct skt_path *path;

	if (host->state == SKT_HOST_DOWN)
		return SKT_GATE_DOWN;
	path = find_path(scan, host, pair);
	if (!path)
		return SKT_GATE_OPEN;
	if (path->kind == SKT_PATH_NONE)
		return SKT_GATE_NO_PATH;
	if (path->kind == SKT_PATH_LOCAL || !path->neighbors)
		return SKT_GATE_OPEN;
	host->neighbor = find_neighbor(scan, path, pair);
	if (!host->neighbor)
		return SKT_GATE_OPEN;
	*ret_park = host->neighbor;
	switch (skt_neighbor_at(&scan->neighbors, host->neighbor)->state) {
	case SKT_NEIGHBOR_UP:
		host->state = SKT_HOST_UP;
		return SKT_GATE_OPEN;
	case SKT_NEIGHBOR_DOWN:
		set_down(host, &path->source);
		return host->state == SKT_HOST_DOWN ? SKT_GATE_DOWN : SKT_GATE_OPEN;
	case SKT_NEIGHBOR_ASKING:
		host->state = SKT_HOST_ASKING;
		return SKT_GATE_HOLD;
	}
	if (skt_neighbors_may_ask(&scan->neighbors))
		return SKT_GATE_QUESTION;
	*ret_park = PARK_PLACES;
	return SKT_GATE_HOLD;
}

bool skt_gate_is_found(const struct skt_scan *scan, const struct skt_host *host)
{
	const struct skt_path *path = skt_gate_path(scan, host);

	return path && path->kind == SKT_PATH_ON_LINK && host->neighbor &&
		skt_neighbor_at(&scan->neighbors, host->neighbor)->found;
}

void skt_gate_ask(struct skt_scan *scan, struct skt_host *host, uint64_t now_ns)
{
	host->state = SKT_HOST_ASKING;
	skt_neighbors_ask(&scan->neighbors, host->neighbor, now_ns);
}

void skt_gate_unask(struct skt_scan *scan, struct skt_host *host, int error)
{
	if (host->neighbor)
		skt_neighbors_unask(&scan->neighbors, host->neighbor, error == ENOBUFS);
}

void skt_gate_heard(struct skt_scan *scan, struct skt_host *host)
{
	host->state = SKT_HOST_UP;
	if (host->neighbor)
		skt_neighbors_tell(&scan->neighbors, host->neighbor, SKT_NEIGHBOR_UP);
}

void skt_gate_missed(struct skt_scan *scan, struct skt_host *host, const struct skt_addr *from)
{
	set_down(host, from);
	if (host->neighbor && !skt_neighbor_at(&scan->neighbors, host->neighbor)->heard)
		skt_neighbors_tell(&scan->neighbors, host->neighbor, SKT_NEIGHBOR_DOWN);
}

enum skt_host_state skt_gate_check(struct skt_scan *scan, struct skt_host *host, uint64_t now_ns)
{
	const struct skt_path *path = skt_gate_path(scan, host);

	if (!host->neighbor || !path || host->state == SKT_HOST_DOWN)
		return host->state;
	switch (skt_neighbors_check(&scan->neighbors, host->neighbor, now_ns)) {
	case SKT_NEIGHBOR_UNKNOWN:
	case SKT_NEIGHBOR_ASKING:
		return SKT_HOST_ASKING;
	case SKT_NEIGHBOR_DOWN:
		set_down(host, &path->source);
		break;
	case SKT_NEIGHBOR_UP:
		break;
	}
	return host->state;
}

void skt_gate_lladdr(
	struct skt_scan *scan, const struct skt_plan_pair *pair, struct skt_scan_result *result)
{
	const struct skt_host *host = skt_hosts_find(&scan->hosts, pair->host);
	const struct skt_path *path = host ? skt_gate_path(scan, host) : NULL;
	struct skt_neighbor_entry entry;

	if (!path || path->kind != SKT_PATH_ON_LINK || !path->neighbors ||
		skt_neighbor_get(scan->paths.ask, path->ifindex, &pair->addr, &entry))
		return;
	memcpy(result->lladdr, entry.lladdr, sizeof(result->lladdr));
	result->lladdr_len = entry.lladdr_len;
}

void skt_gate_tick(struct skt_scan *scan, uint64_t now_ns, bool idle)
{
	if (!scan->has_paths)
		return;
	skt_paths_refresh(&scan->paths, now_ns);
	skt_neighbors_tick(&scan->neighbors, now_ns, idle);
}

bool skt_gate_has_changed(const struct skt_scan *scan, uint64_t now_ns)
{
	return scan->paths.changed_ns && now_ns < scan->paths.changed_ns + change_ns;
}

int skt_gate_fd(const struct skt_scan *scan)
{
	return scan->has_paths ? skt_paths_fd(&scan->paths) : -1;
}
