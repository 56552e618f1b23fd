#include "cmd/sockets/record.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/rest.h"
#include "cmd/sockets/record_facts.h"
#include "diag/inet.h"
#include "diag/netlink_kernel.h"
#include "diag/socket_detail.h"
#include "record/store.h"
#include "record/tap.h"

/* What was in its tables, and what ended in between. */
struct recording {
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct skt_dump_query query;
	struct skt_record_store *store;
	struct record_facts facts;
	struct skt_record_tap tap;
	struct skt_netlink *destroyed; /* NULL: the kernel does not tell of ends */
	struct skt_look ended;         /* since the last look */
	uint32_t faults;               /* SKT_RECORD_*: of that time */
	bool silent;                   /* the last write failed, and it was told */
	bool lost;                     /* any did */
};

/* Says once that nothing can be written, and once that it can again. */
static void tell_written(struct recording *recording, int rc, const struct skt_err *err)
{
	if (rc && !recording->silent)
		skt_warn(recording->ctx,
			"--record: %s: not recorded, and tried again at each interval", err->text);
	if (!rc && recording->silent)
		skt_warn(recording->ctx, "--record: it is written again");
	recording->silent = rc;
	recording->lost |= rc != 0;
}

/* ---- a look ---- */

static int dump(struct recording *recording, struct skt_dump_report *report, struct skt_err *err)
{
	struct skt_dump_system system = recording->ctx->system;
	struct skt_netlink_source source;
	uint32_t portid;
	int rc = skt_netlink_kernel_open(
		NETLINK_SOCK_DIAG, NULL, 0, &recording->tap.inner, &portid, err);

	if (rc)
		return rc;
	source = skt_record_tap_source(&recording->tap);
	system.netlink = &source;
	return skt_dump_sockets(
		&system, &recording->query, record_facts_take, &recording->facts, report, err);
}

static uint32_t protos_of(const struct skt_dump_query *query)
{
	uint32_t protos = 0;

	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++)
		protos |= (uint32_t)query->protos[proto] << proto;
	return protos;
}

/* Everything there is, into RET, sorted. -errno; ERR has words where it is the kernel's. */
static int look(struct recording *recording, struct skt_look *ret, struct skt_err *err)
{
	struct skt_dump_report report = {0};
	struct skt_record_meta meta = {
		.kernel = recording->ctx->system.kernel,
		.euid = geteuid(),
		.protos = protos_of(&recording->query),
		.faults = recording->faults,
	};
	int rc;

	*ret = (struct skt_look){.real_ns = skt_clock_real_ns(), .mono_ns = skt_clock_boot_ns()};
	recording->tap.look = ret;
	recording->tap.last = skt_record_store_last(recording->store);
	recording->tap.failure = 0;
	rc = record_facts_begin(&recording->facts, ret);
	if (!rc)
		rc = dump(recording, &report, err);
	if (!rc)
		rc = recording->tap.failure;
	if (report.interrupted || report.truncated)
		meta.faults |= SKT_RECORD_INCOMPLETE;
	if (!rc)
		rc = record_facts_finish(&recording->facts, &meta);
	if (!rc)
		skt_look_sort(ret, NULL);
	return rc;
}

/* Takes a look, and writes it. What cannot be asked for ends the run: -errno, told. */
static int record_look(struct recording *recording)
{
	struct skt_err err = {0};
	struct skt_look now;
	int rc = look(recording, &now, &err);

	if (rc) {
		skt_look_fini(&now);
		if (rc != -ECANCELED)
			skt_warn(recording->ctx, "--record: %s",
				err.text[0] ? err.text : strerror(-rc));
		return rc;
	}
	recording->faults = 0;
	rc = skt_record_store_look(recording->store, &now, &err);
	tell_written(recording, rc, &err);
	return 0;
}

/* ---- in between ---- */

static int take_ended(const void *payload, size_t len, void *ctx)
{
	struct recording *recording = ctx;
	const uint64_t now_ns = skt_clock_boot_ns();
	const struct skt_look *last = skt_record_store_last(recording->store);
	const uint32_t after_ms = (uint32_t)((now_ns - last->mono_ns) / SKT_NS_PER_MS);
	const uint32_t kind = skt_record_table_of_end(payload, len);

	recording->tap.last = last;
	if (kind &&
		skt_record_tap_add(
			&recording->tap, &recording->ended, kind, payload, len, &after_ms))
		recording->faults |= SKT_RECORD_EVENTS_LOST;
	return 0;
}

static void write_ended(struct recording *recording)
{
	struct skt_err err = {0};
	int rc;

	if (!recording->ended.items.len)
		return;
	recording->ended.real_ns = skt_clock_real_ns();
	recording->ended.mono_ns = skt_clock_boot_ns();
	skt_look_sort(&recording->ended, NULL);
	rc = skt_record_store_events(recording->store, &recording->ended, &err);
	tell_written(recording, rc, &err);
	skt_look_fini(&recording->ended);
}

/* Until UNTIL_NS of CLOCK_MONOTONIC, or a signal. */
static void wait_until(struct recording *recording, uint64_t until_ns)
{
	uint64_t now_ns = skt_clock_ns();

	for (; recording->destroyed && now_ns < until_ns && !skt_interrupted(recording->ctx);
		now_ns = skt_clock_ns()) {
		struct skt_err err = {0};
		bool lost = false;

		if (skt_netlink_events(recording->destroyed, until_ns - now_ns, take_ended,
			    recording, &lost, &err)) {
			skt_warn(recording->ctx, "no ends of sockets between looks: %s", err.text);
			skt_netlink_close(recording->destroyed);
			recording->destroyed = NULL;
		}
		if (lost)
			recording->faults |= SKT_RECORD_EVENTS_LOST;
	}
	skt_rest_until(recording->ctx, until_ns);
}

/* ---- the run ---- */

static int begin(struct recording *recording, const struct sockets_record_options *options)
{
	const struct skt_dump_query *query = &recording->query;
	struct skt_err err = {0};

	(void)!getrandom(recording->tap.key, sizeof(recording->tap.key), GRND_NONBLOCK);
	if (skt_record_store_open(options->path, &options->keep, &recording->store, &err)) {
		skt_warn(recording->ctx, "--record: %s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	if (record_facts_init(&recording->facts, recording->ctx, recording->listing->owners)) {
		skt_warn(recording->ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	if ((query->protos[SKT_PROTO_TCP] || query->protos[SKT_PROTO_UDP]) &&
		skt_inet_subscribe_destroyed(
			query->protos, query->ipv4, query->ipv6, &recording->destroyed, &err))
		skt_warn(recording->ctx, "no ends of sockets between looks: %s", err.text);
	return SKT_EXIT_YES;
}

static int run(struct recording *recording, const struct sockets_options *options)
{
	const struct sockets_modes *modes = &options->modes;
	const uint64_t begun_ns = skt_clock_ns();
	const uint64_t end_ns =
		modes->limited ? skt_clock_add(begun_ns, modes->timeout_ns) : SKT_NEVER;
	uint64_t next_ns = begun_ns;

	while (!*recording->ctx->interrupted) {
		if (record_look(recording))
			return *recording->ctx->interrupted ? SKT_EXIT_YES : SKT_EXIT_TROUBLE;
		/* What could not be kept up with is passed over. */
		do
			next_ns = skt_clock_add(next_ns, options->record.interval_ns);
		while (next_ns <= skt_clock_ns());
		wait_until(recording, next_ns < end_ns ? next_ns : end_ns);
		write_ended(recording);
		if (next_ns >= end_ns)
			break;
	}
	return recording->lost ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

int sockets_record(const struct sockets_options *options, const struct skt_listing *listing,
	const struct skt_context *ctx)
{
	struct recording recording = {.listing = listing, .ctx = ctx, .query = listing->query};
	int status;

	recording.query.detail = SKT_DETAIL_ALL & ~(unsigned int)(SKT_DETAIL_MD5 | SKT_DETAIL_BPF);
	recording.query.source = SKT_SOURCE_NETLINK;
	recording.query.states = SKT_STATES_ALL;
	recording.query.unlisted = false;
	recording.query.code_len = 0;
	status = begin(&recording, &options->record);
	if (status == SKT_EXIT_YES)
		status = run(&recording, options);
	skt_netlink_close(recording.destroyed);
	record_facts_fini(&recording.facts);
	skt_look_fini(&recording.ended);
	skt_record_store_close(recording.store);
	return status;
}
