#include "cmd/ports/why_verdict.h"

#include <errno.h>
#include <string.h>

#include "cmd/ports/stop.h"
#include "diag/socket.h"

/* ---- the judgement ---- */

/* Whether every family that is asked for came to RESULT in one of two ways. */
static bool all(const struct why_try *tries, bool reuse_address, bool reuse_port)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (tries[i].asked && tries[i].plain &&
			(!reuse_address || tries[i].reuse_address) &&
			(!reuse_port || tries[i].reuse_port))
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

static bool family_free(const struct why_try *try)
{
	return try->asked && (!try->plain || !try->reuse_address);
}

enum why_verdict why_judge(const struct why_try tries[WHY_FAMILIES])
{
	if (!tries[WHY_IPV4].asked && !tries[WHY_IPV6].asked)
		return WHY_UNKNOWN;
	if (all(tries, false, false))
		return WHY_FREE;
	if (any_result(tries, -EACCES))
		return WHY_DENIED;
	if (!any_result(tries, -EADDRINUSE))
		return WHY_UNKNOWN;
	if (all(tries, true, false))
		return WHY_FREE_REUSE_ADDRESS;
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (family_free(&tries[i]))
			return WHY_PARTLY;
	if (all(tries, false, true))
		return WHY_FREE_REUSE_PORT;
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (tries[i].asked && !tries[i].loopback)
			return WHY_PARTLY;
	return WHY_TAKEN;
}

/* ---- in words ---- */

static const char *const family_words[] = {[WHY_IPV4] = "IPv4", [WHY_IPV6] = "IPv6"};
static const char *const loopback_words[] = {[WHY_IPV4] = "127.0.0.1", [WHY_IPV6] = "::1"};

static void add_holder(struct skt_str *out, const struct why_row *row)
{
	if (row->process)
		skt_str_add_format(out, "%s[%u]", row->process, row->pid);
	else
		skt_str_add_text(out, "its owner");
}

static uint32_t seconds_left(const struct why_row *row)
{
	return (row->left_ms + 999) / 1000;
}

/* How to stop who listens: systemd would start again what is merely ended. */
static void add_stop(struct skt_str *out, const struct why_case *facts)
{
	const struct why_row *first = facts->first;
	const struct skt_cgroup group = {first->cgroup, first->unit, first->container};
	struct skt_str command = {0};

	skt_str_add_text(out, "stop ");
	add_holder(out, first);
	if (ports_stop_command(&command, &group))
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
		add_holder(out, first);
		break;
	case WHY_CONNECTION:
	case WHY_ACCEPTED:
		if (first->process) {
			skt_str_add_text(out, "end the connection of ");
			add_holder(out, first);
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

static void explain_partly(struct skt_str *out, const struct why_case *facts)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++) {
		if (!family_free(&facts->tries[i]))
			continue;
		skt_str_add_format(out, "%s can be bound now%s, %s can not: ", family_words[i],
			facts->tries[i].plain ? " with SO_REUSEADDR" : "", family_words[!i]);
		add_remedy(out, facts);
		return;
	}
	skt_str_add_text(out, "not all addresses at once, but single ones that nobody holds:");
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (facts->tries[i].asked && !facts->tries[i].loopback)
			skt_str_add_format(out, " %s", loopback_words[i]);
	skt_str_add_text(out, " can be bound now; for all of them ");
	add_remedy(out, facts);
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
		skt_str_add_text(
			out, "taken, but this user can share it with SO_REUSEPORT; for others ");
		add_remedy(out, facts);
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
		skt_str_add_text(out, "nobody can bind it now: ");
		add_remedy(out, facts);
		break;
	case WHY_UNKNOWN:
		skt_str_add_text(out, "cannot tell: no socket could be made to try it with");
		break;
	}
}
