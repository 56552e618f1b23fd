#include "cmd/ports/why_verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/plural.h"
#include "cmd/ports/advice.h"
#include "cmd/ports/stop.h"
#include "diag/socket.h"
#include "proc/owner.h"

/* ---- the judgement ---- */

/* What a family wants of who binds it, the least first. */
enum way { WAY_PLAIN, WAY_REUSE_ADDRESS, WAY_REUSE_PORT, WAY_REUSE_BOTH, WAY_SHARED, WAY_NONE };

static bool fits(const struct why_try *try, enum way way)
{
	switch (way) {
	case WAY_PLAIN:
		return !try->plain;
	case WAY_REUSE_ADDRESS:
		return !try->plain || !try->reuse_address;
	case WAY_REUSE_PORT:
		return !try->plain || !try->reuse_port;
	case WAY_REUSE_BOTH:
		return !try->plain || !try->reuse_both;
	case WAY_SHARED:
		return !try->plain || !try->reuse_port || try->shared;
	case WAY_NONE:
		break;
	}
	return true;
}

static enum way least_way(const struct why_try *try)
{
	enum way way = WAY_PLAIN;

	while (!fits(try, way))
		way++;
	return way;
}

/* Whether every family that is asked for can be had in this WAY. */
static bool all(const struct why_try *tries, enum way way)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (tries[i].asked && !fits(&tries[i], way))
			return false;
	return true;
}

static bool any_result(const struct why_try *tries, int result)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (tries[i].asked && tries[i].plain == result)
			return true;
	return false;
}

static bool any_family(const struct why_try *tries)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (tries[i].asked && least_way(&tries[i]) != WAY_NONE)
			return true;
	return false;
}

enum why_verdict why_judge(const struct why_case *facts)
{
	const struct why_try *tries = facts->tries;

	if (!tries[WHY_IPV4].asked && !tries[WHY_IPV6].asked)
		return WHY_UNKNOWN;
	if (all(tries, WAY_PLAIN))
		return WHY_FREE;
	if (any_result(tries, -EACCES))
		return WHY_DENIED;
	if (!any_result(tries, -EADDRINUSE))
		return WHY_UNKNOWN;
	if (all(tries, WAY_REUSE_ADDRESS))
		return WHY_FREE_REUSE_ADDRESS;
	if (all(tries, WAY_REUSE_PORT) || all(tries, WAY_SHARED))
		return WHY_FREE_REUSE_PORT;
	if (all(tries, WAY_REUSE_BOTH))
		return WHY_FREE_REUSE_BOTH;
	return any_family(tries) || facts->places ? WHY_PARTLY : WHY_TAKEN;
}

/* ---- in words ---- */

static const char *const family_words[] = {[WHY_IPV4] = "IPv4", [WHY_IPV6] = "IPv6"};

enum { NAMED_MAX = 4 };

static void add_name(struct skt_str *out, const struct why_row *row)
{
	if (row->process)
		skt_str_add_format(out, "%s[%u]", row->process, row->pid);
	else
		skt_str_add_text(out, "its owner");
}

/* Who is named so far, and how many more there are. */
struct naming {
	struct skt_str *out;
	uint32_t pids[NAMED_MAX];
	size_t named, more;
};

static void name(struct naming *naming, const char *process, uint32_t pid)
{
	for (size_t i = 0; i < naming->named; i++)
		if (naming->pids[i] == pid)
			return;
	if (naming->named == NAMED_MAX) {
		naming->more++;
		return;
	}
	skt_str_add_format(naming->out, "%s%s[%u]", naming->named ? ", " : "", process, pid);
	naming->pids[naming->named++] = pid;
}

/* Whether ROW is in the way as the first one is: all of them have to go. */
static bool is_alike(const struct why_case *facts, const struct why_row *row)
{
	return row->proto == facts->proto && row->reason == facts->first->reason;
}

/* Every process that holds a socket of the kind of the first one. */
static void add_holders(struct skt_str *out, const struct why_case *facts)
{
	struct naming naming = {.out = out};

	for (size_t i = 0; i < facts->count; i++) {
		const struct why_row *row = &facts->rows[i];
		const struct skt_holder *holders = row->processes.items;

		if (!is_alike(facts, row))
			continue;
		for (size_t j = 0; j < row->processes.count; j++)
			name(&naming, holders[j].name, holders[j].pid);
	}
	if (!naming.named)
		add_name(out, facts->first);
	if (naming.more)
		skt_str_add_format(out, " and %zu more", naming.more);
}

static uint32_t seconds_left(const struct why_row *row)
{
	return (row->left_ms + 999) / 1000;
}

/* The command that stops the unit or container of all of them; false: there is no one such. */
static bool add_command(struct skt_str *out, const struct why_case *facts)
{
	const struct why_row *first = facts->first;
	const struct skt_cgroup group = {first->cgroup, first->unit, first->container};

	for (size_t i = 0; i < facts->count; i++) {
		const struct why_row *row = &facts->rows[i];

		if (is_alike(facts, row) &&
			(strcmp(row->unit ? row->unit : "", first->unit ? first->unit : "") != 0 ||
				strcmp(row->container ? row->container : "",
					first->container ? first->container : "") != 0))
			return false;
	}
	return ports_stop_command(out, &group);
}

/* How to stop who listens: systemd would start again what is merely ended. */
static void add_stop(struct skt_str *out, const struct why_case *facts)
{
	const struct why_row *first = facts->first;
	struct skt_str command = {0};

	skt_str_add_text(out, "stop ");
	add_holders(out, facts);
	if (add_command(&command, facts))
		skt_str_add_format(out, " (%.*s)", (int)command.len, command.data);
	else if (first->container)
		skt_str_add_format(out, " (container %s)", first->container);
	else
		skt_str_add_format(out, " (sockkit ports %s--kill %u)",
			facts->proto == SKT_PROTO_UDP ? "-u " : "", facts->port);
	skt_str_fini(&command);
}

static void add_stop_published(struct skt_str *out, const struct why_row *first)
{
	struct skt_str command = {0};

	skt_str_add_text(out, "stop the container that it is published for");
	if (ports_stop_command(&command, &first->published))
		skt_str_add_format(out, " (%.*s)", (int)command.len, command.data);
	else if (first->published.container)
		skt_str_add_format(out, " (%s)", first->published.container);
	skt_str_fini(&command);
}

/* What has to happen to the first holder. */
static void add_remedy(struct skt_str *out, const struct why_case *facts)
{
	const struct why_row *first = facts->first;

	if (!first) {
		skt_str_add_text(out,
			"something holds it that the kernel does not list (bound but not "
			"listening, before Linux 6.8)");
		return;
	}
	if (ports_keeper_advice(out, &first->keeper))
		return;
	if (facts->hidden) {
		skt_str_add_text(out, "run as root to see who holds it");
		return;
	}
	switch ((enum why_reason)first->reason) {
	case WHY_LISTENER:
		add_stop(out, facts);
		break;
	case WHY_SOCKET_UNIT:
		skt_str_add_text(
			out, "stop the socket unit (systemctl list-sockets), not the service");
		break;
	case WHY_PROXY:
		add_stop_published(out, first);
		break;
	case WHY_BOUND:
		skt_str_add_text(out, "stop ");
		add_holders(out, facts);
		break;
	case WHY_CONNECTION:
	case WHY_ACCEPTED:
		if (first->process) {
			skt_str_add_text(out, "end the connection of ");
			add_holders(out, facts);
		} else {
			skt_str_add_text(out, "wait for the connection to end");
		}
		break;
	case WHY_TIME_WAIT:
		skt_str_add_format(out, "wait %u s", seconds_left(first));
		break;
	case WHY_NAMESPACE:
	case WHY_PRIVILEGED:
	case WHY_RESERVED:
	case WHY_EPHEMERAL:
	case WHY_VERDICT:
		break;
	}
}

static void explain_free(struct skt_str *out, const struct why_case *facts)
{
	bool privileged = skt_local_ports_privileged(facts->local, facts->port);

	skt_str_add_text(out,
		privileged ? "root, or a process with CAP_NET_BIND_SERVICE, can bind it now"
			   : "any user can bind it now");
	if (skt_local_ports_ephemeral(facts->local, facts->port) &&
		!skt_portset_has(&facts->local->reserved, facts->port))
		skt_str_add_format(out,
			"; keep outgoing connections off it: sysctl "
			"net.ipv4.ip_local_reserved_ports=%u",
			facts->port);
}

/* " now", or on which terms. */
static void add_way(struct skt_str *out, const struct why_case *facts, enum way way)
{
	switch (way) {
	case WAY_PLAIN:
		break;
	case WAY_REUSE_ADDRESS:
		skt_str_add_text(out, " with SO_REUSEADDR");
		break;
	case WAY_REUSE_PORT:
		skt_str_add_text(out, " by this user with SO_REUSEPORT, which shares it");
		break;
	case WAY_REUSE_BOTH:
		skt_str_add_text(out, " with SO_REUSEADDR and SO_REUSEPORT");
		break;
	case WAY_SHARED:
		skt_str_add_format(out, " by user %s with SO_REUSEPORT, which shares it",
			facts->sharer ? facts->sharer : "?");
		break;
	case WAY_NONE:
		break;
	}
}

/* Each family that can be had, and how; then the one that cannot. Returns how many can. */
static size_t add_families(struct skt_str *out, const struct why_case *facts)
{
	size_t count = 0;

	for (size_t i = WHY_FAMILIES; i-- > 0;) {
		const enum way way = least_way(&facts->tries[i]);

		if (!facts->tries[i].asked || way == WAY_NONE)
			continue;
		skt_str_add_format(out, count++ ? ", %s" : "%s can be bound now", family_words[i]);
		add_way(out, facts, way);
	}
	for (size_t i = 0; count && i < WHY_FAMILIES; i++)
		if (facts->tries[i].asked && least_way(&facts->tries[i]) == WAY_NONE)
			skt_str_add_format(out, ", %s cannot", family_words[i]);
	return count;
}

static void explain_partly(struct skt_str *out, const struct why_case *facts)
{
	if (add_families(out, facts)) {
		skt_str_add_text(out, ": ");
	} else {
		skt_str_add_format(out,
			"not all addresses at once, but single ones that nobody holds: %s can be "
			"bound now; for all of them ",
			facts->places);
	}
	add_remedy(out, facts);
}

/* Whether the families that are not free all want the same. */
static bool is_uniform(const struct why_case *facts)
{
	const struct why_try *tries = facts->tries;

	return !tries[WHY_IPV4].asked || !tries[WHY_IPV6].asked ||
		least_way(&tries[WHY_IPV4]) == least_way(&tries[WHY_IPV6]);
}

static void explain_shared(struct skt_str *out, const struct why_case *facts)
{
	if (!is_uniform(facts))
		(void)add_families(out, facts);
	else if (facts->sharer)
		skt_str_add_format(
			out, "taken, but user %s can share it with SO_REUSEPORT", facts->sharer);
	else
		skt_str_add_text(out, "taken, but this user can share it with SO_REUSEPORT");
	skt_str_add_text(out, "; for others ");
	add_remedy(out, facts);
}

/* Root has tried as everybody who holds it; datagrams are shared by no try. */
static void explain_taken(struct skt_str *out, const struct why_case *facts)
{
	skt_str_add_text(out,
		facts->proto == SKT_PROTO_UDP ? "nobody can bind it now for himself alone: "
			: facts->root         ? "nobody can bind it now: "
					      : "this user cannot bind it now: ");
	add_remedy(out, facts);
}

/* Connections may fail also where the port is held by whom it shall be. */
static void add_drops(struct skt_str *out, const struct why_case *facts)
{
	uint64_t drops = 0;

	for (size_t i = 0; i < facts->count; i++)
		if (facts->rows[i].proto == facts->proto &&
			facts->rows[i].state == SKT_STATE_LISTEN &&
			facts->rows[i].reason < WHY_BOUND)
			drops += facts->rows[i].drops;
	if (drops)
		skt_str_add_format(out,
			"; its queue was full: %" PRIu64 " connection%s dropped since it began",
			drops, skt_plural(drops, "", "s"));
}

void why_explain(struct skt_str *out, const struct why_case *facts, enum why_verdict verdict)
{
	skt_str_add_format(out, "%u/%s: ", facts->port, skt_proto_names[facts->proto]);
	switch (verdict) {
	case WHY_FREE:
		explain_free(out, facts);
		break;
	case WHY_FREE_REUSE_ADDRESS:
		skt_str_add_text(out,
			"servers that set SO_REUSEADDR, as most do, can bind it now; for others ");
		add_remedy(out, facts);
		break;
	case WHY_FREE_REUSE_PORT:
	case WHY_FREE_REUSE_BOTH:
		explain_shared(out, facts);
		break;
	case WHY_PARTLY:
		explain_partly(out, facts);
		break;
	case WHY_DENIED:
		skt_str_add_format(out,
			"this user cannot bind ports below %u: run as root or with "
			"CAP_NET_BIND_SERVICE",
			facts->local->unprivileged_start);
		if (facts->first) {
			skt_str_add_text(out, "; and then ");
			add_remedy(out, facts);
		}
		break;
	case WHY_TAKEN:
		explain_taken(out, facts);
		break;
	case WHY_UNKNOWN:
		skt_str_add_text(out, "cannot tell: no socket could be made to try it with");
		break;
	}
	add_drops(out, facts);
}
