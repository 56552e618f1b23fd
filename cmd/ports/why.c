/*
 * Why a port cannot be bound, or that it can: everything that holds it, from the kernel's tables,
 * and a verdict, from binding it.
 */
#include "cmd/ports/why.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/ports/wanted.h"
#include "cmd/ports/why_holders.h"
#include "cmd/ports/why_tries.h"
#include "cmd/ports/why_verdict.h"
#include "cmd/ports/within.h"

/* ---- rows that stand for many sockets, or for none ---- */

/* A row of one protocol without a socket; DETAIL is taken. */
static int write_plain(struct why *why, uint8_t proto, enum why_reason reason, size_t count,
	struct skt_str *detail)
{
	const struct why_row row = {
		.present = (uint64_t)(count > 0) << WHY_HAS_COUNT,
		.port = why->port,
		.proto = proto,
		.reason = (uint8_t)reason,
		.count = count,
		.detail = why_keep(why, detail),
	};

	return skt_output_row(why->output, &row);
}

static int write_tallies(struct why *why, uint8_t proto)
{
	const struct why_tally *tally = &why->tallies[proto];
	struct skt_str detail = {0};
	int rc = 0;

	if (tally->connections > WHY_CONNECTIONS_SHOWN) {
		skt_str_add_text(&detail, "more connections that have it as their own port");
		rc = write_plain(why, proto, WHY_CONNECTION,
			tally->connections - WHY_CONNECTIONS_SHOWN, &detail);
	}
	if (!rc && tally->accepted) {
		skt_str_add_text(&detail,
			"connections of the listener; they may outlive it, and then hinder a bind "
			"without SO_REUSEADDR");
		rc = write_plain(why, proto, WHY_ACCEPTED, tally->accepted, &detail);
	}
	if (!rc && tally->waiting) {
		const struct why_row row = why_waiting_row(why, proto);

		rc = skt_output_row(why->output, &row);
	}
	return rc;
}

/* Who else has the port in other namespaces. */
static int write_rest(struct why *why, uint8_t proto)
{
	const struct why_tally *tally = &why->tallies[proto];
	struct skt_str detail = {0};

	if (tally->elsewhere <= WHY_NAMESPACES_SHOWN)
		return 0;
	skt_str_add_text(&detail, "more in other network namespaces");
	return write_plain(
		why, proto, WHY_NAMESPACE, tally->elsewhere - WHY_NAMESPACES_SHOWN, &detail);
}

/* What this host keeps the port for. */
static int write_rules(struct why *why, uint8_t proto)
{
	const struct skt_local_ports *local = &why->local;
	struct skt_str detail = {0};
	int rc = 0;

	if (skt_local_ports_privileged(local, why->port)) {
		skt_str_add_format(&detail,
			"ports below %u are for root and CAP_NET_BIND_SERVICE "
			"(net.ipv4.ip_unprivileged_port_start)",
			local->unprivileged_start);
		rc = write_plain(why, proto, WHY_PRIVILEGED, 0, &detail);
	}
	if (!rc && skt_portset_has(&local->reserved, why->port)) {
		skt_str_add_text(&detail,
			"given out only to who asks for this number "
			"(net.ipv4.ip_local_reserved_ports)");
		rc = write_plain(why, proto, WHY_RESERVED, 0, &detail);
	}
	if (!rc && skt_local_ports_ephemeral(local, why->port) &&
		!skt_portset_has(&local->reserved, why->port)) {
		skt_str_add_format(&detail,
			"outgoing connections take their ports from %u-%u, maybe this one "
			"(net.ipv4.ip_local_port_range)",
			local->ephemeral_low, local->ephemeral_high);
		rc = write_plain(why, proto, WHY_EPHEMERAL, 0, &detail);
	}
	return rc;
}

/* ---- the verdict ---- */

/* The first row that is about a socket here, or NULL. */
static const struct why_row *first_row(struct why *why, uint8_t proto)
{
	for (size_t i = 0; i < why->rows.len; i++)
		if (why->rows.data[i].proto == proto && why->rows.data[i].reason < WHY_NAMESPACE)
			return &why->rows.data[i];
	return NULL;
}

static int status_of(enum why_verdict verdict)
{
	switch (verdict) {
	case WHY_FREE:
		return SKT_EXIT_YES;
	case WHY_FREE_REUSE_ADDRESS:
	case WHY_FREE_REUSE_PORT:
	case WHY_FREE_REUSE_BOTH:
	case WHY_PARTLY:
	case WHY_DENIED:
	case WHY_TAKEN:
		return SKT_EXIT_NO;
	case WHY_UNKNOWN:
		break;
	}
	return SKT_EXIT_TROUBLE;
}

/* The last row of a protocol. Returns the exit status. */
static int write_verdict(struct why *why, uint8_t proto)
{
	struct why_case facts = {
		.port = why->port,
		.proto = proto,
		.local = &why->local,
		.first = first_row(why, proto),
		.rows = why->rows.data,
		.count = why->rows.len,
	};
	struct why_row row = {.present = UINT64_C(1) << WHY_HAS_VERDICT,
		.port = why->port,
		.proto = proto,
		.reason = WHY_VERDICT};
	struct why_row waiting;
	struct skt_str detail = {0};

	why_try_all(why, &facts);
	if (!facts.first && why->tallies[proto].waiting) {
		waiting = why_waiting_row(why, proto);
		facts.first = &waiting;
	}
	facts.hidden = facts.first && facts.first->reason < WHY_CONNECTION &&
		!facts.first->process && geteuid();
	row.verdict = (uint8_t)why_judge(&facts);
	why_explain(&detail, &facts, (enum why_verdict)row.verdict);
	row.detail = why_keep(why, &detail);
	/* A failure to write is the sink's to tell. */
	(void)skt_output_row(why->output, &row);
	return status_of((enum why_verdict)row.verdict);
}

/* ---- run ---- */

/* The sockets of one protocol, here or in other namespaces. */
static int write_sockets(struct why *why, uint8_t proto, bool here)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < why->rows.len; i++) {
		const struct why_row *row = &why->rows.data[i];

		if (row->proto == proto && (row->reason < WHY_NAMESPACE) == here)
			rc = skt_output_row(why->output, row);
	}
	return rc;
}

/* Everything of one protocol. Returns an exit status. */
static int explain(struct why *why, uint8_t proto)
{
	if (write_sockets(why, proto, true) || write_tallies(why, proto) ||
		write_sockets(why, proto, false) || write_rest(why, proto) ||
		write_rules(why, proto))
		return SKT_EXIT_TROUBLE;
	return write_verdict(why, proto);
}

static int run(struct why *why)
{
	const struct ports_options *o = why->options;
	int tcp, udp;

	if (why_collect(why))
		return SKT_EXIT_TROUBLE;
	tcp = o->inet.tcp ? explain(why, SKT_PROTO_TCP) : SKT_EXIT_YES;
	udp = o->inet.udp ? explain(why, SKT_PROTO_UDP) : SKT_EXIT_YES;
	return why->incomplete ? SKT_EXIT_TROUBLE : SKT_MAX(tcp, udp);
}

/* The one port that is asked about, or the status to end with. */
static int resolve(struct why *why)
{
	struct skt_services *services = NULL;
	struct skt_portset set = {0};
	int status = ports_resolve(why->options, why->ctx, &services, &set);

	skt_services_free(services);
	if (status != SKT_EXIT_YES)
		return status;
	why->port = ports_single(&set);
	if (why->port)
		return SKT_EXIT_YES;
	skt_warn(why->ctx, "--why needs one port: this name has several");
	return SKT_EXIT_USAGE;
}

static int why_inside(const struct ports_options *o, const struct skt_context *ctx, void *state)
{
	struct why why = {.options = o, .ctx = ctx};
	struct skt_sink sink;
	int rc, status = resolve(&why);

	(void)state;
	if (status != SKT_EXIT_YES)
		return status;
	status = SKT_EXIT_TROUBLE;
	rc = why_open(&why);
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
	} else if (!skt_rows_begin(&o->rows, ctx, sizeof(struct why_row), &sink, &why.output)) {
		status = run(&why);
		status = skt_rows_end(ctx, &sink, why.output, status);
		skt_composer_report(&why.join.row);
	}
	why_fini(&why);
	return status;
}

int ports_why(const struct ports_options *o, const struct skt_context *ctx)
{
	return ports_within(o, ctx, why_inside, NULL);
}
