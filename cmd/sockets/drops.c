/*
 * Packets are counted in the kernel, by reason and socket, while nothing is done here; then sockets
 * are listed once, those that packets were for. What no packet tells, counters do; without BPF they
 * are all there is, with those of each socket.
 */
#include "cmd/sockets/drops.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/plural.h"
#include "base/vec.h"
#include "cmd/rest.h"
#include "cmd/sockets/drop_row.h"
#include "cmd/sockets/drop_words.h"
#include "diag/net_counters.h"
#include "diag/socket_detail.h"
#include "out/row.h"
#include "proc/btf_enum.h"
#include "proc/drops.h"
#include "proc/netns.h"

enum { REASONS_MAX = 512 };

struct kind {
	struct skt_drop_key key;
	struct skt_drop drop;
};

/* A socket, and what it had dropped at the first look. */
struct before {
	uint64_t cookie, drops;
};

struct counters {
	uint64_t values[SOCKETS_DROP_COUNTERS];
	bool told[SOCKETS_DROP_COUNTERS];
};

struct dropping {
	const struct sockets_modes *modes;
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct skt_netns_set namespaces; /* of --netns */
	struct skt_drops *drops;         /* NULL: there is no BPF */
	SKT_VEC(struct kind) kinds;
	SKT_VEC(struct before) before;
	SKT_VEC(struct skt_socket_row) sockets; /* that they were for */
	struct counters counters;
	const char *reasons[REASONS_MAX];
	struct skt_selection kept; /* columns whose texts must outlive the listing */
	struct skt_arena texts;
	struct skt_output *output;
	uint64_t lost, count;
};

/* ---- the kernel's names ---- */

static int take_reason(const char *name, uint32_t value, void *ctx)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct dropping *d = ctx;

	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	if (value >= REASONS_MAX)
		return 0;
	d->reasons[value] = skt_arena_text(&d->texts, name, strlen(name));
	return d->reasons[value] ? 0 : -ENOMEM;
}

/* By its number where the kernel has no name: those of modules are beyond the enumeration. */
static const char *reason_of(struct dropping *d, uint32_t number)
{
	char text[16];
	const int len = snprintf(text, sizeof(text), "0x%x", number);
	const char *reason;

	if (number < REASONS_MAX && d->reasons[number])
		return d->reasons[number];
	reason = skt_arena_text(&d->texts, text, (size_t)len);
	return reason ? reason : "?";
}

/* Neither is a drop: older kernels trace them all the same. */
static bool is_none(const char *reason)
{
	return strcmp(reason, "SKB_CONSUMED") == 0 || strcmp(reason, "CONSUMED") == 0 ||
		strcmp(reason, "SKB_NOT_DROPPED_YET") == 0;
}

/* ---- counters ---- */

static void take_counter(const char *name, size_t len, uint64_t value, void *ctx)
{
	struct counters *counters = ctx;

	for (size_t i = 0; i < SOCKETS_DROP_COUNTERS; i++) {
		const char *known = sockets_drop_counters[i].name;

		if (strncmp(known, name, len) == 0 && !known[len]) {
			counters->values[i] = value;
			counters->told[i] = true;
		}
	}
}

/* Of this namespace only: those of others would take an entry into each. */
static void read_counters(const struct dropping *d, struct counters *ret)
{
	struct skt_err err = {0};

	*ret = (struct counters){0};
	if (d->listing->netns)
		return;
	if (skt_net_counters_read(d->ctx->system.proc_root, take_counter, ret, &err))
		skt_warn(d->ctx, "cannot read counters: %s", err.text);
}

static bool wants(const struct skt_dump_query *query, const char *proto)
{
	if (strcmp(proto, "tcp") == 0)
		return query->protos[SKT_PROTO_TCP];
	if (strcmp(proto, "udp") == 0)
		return query->protos[SKT_PROTO_UDP];
	return query->protos[SKT_PROTO_RAW];
}

static int write_row(struct dropping *d, struct drop_row *row)
{
	const struct skt_filter *filter = d->listing->filter;

	if (filter && !skt_filter_match_row(filter, &row->row.s, &row->row))
		return 0;
	d->count++;
	return skt_output_row(d->output, row);
}

static int write_counters(struct dropping *d)
{
	struct counters now;
	int rc = 0;

	read_counters(d, &now);
	for (size_t i = 0; !rc && i < SOCKETS_DROP_COUNTERS; i++) {
		const struct sockets_drop_counter *counter = &sockets_drop_counters[i];
		struct drop_row row = {.source = DROP_COUNTER,
			.reason = counter->name,
			.detail = counter->words,
			.count = now.values[i] - d->counters.values[i]};

		if (!now.told[i] || !d->counters.told[i] || !row.count ||
			(d->drops && !counter->beside) ||
			!wants(&d->listing->query, counter->proto))
			continue;
		row.row.s.proto = counter->proto[0] == 't' ? SKT_PROTO_TCP
			: counter->proto[0] == 'u'         ? SKT_PROTO_UDP
							   : SKT_PROTO_RAW;
		(void)snprintf(row.proto, sizeof(row.proto), "%s", counter->proto);
		rc = write_row(d, &row);
	}
	return rc;
}

/* Whether packets of KEY may have been for SOCKET, which waits for any. */
static bool is_waiting(const struct skt_socket *s, const struct skt_drop_key *key)
{
	const uint32_t waiting =
		SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED);

	return key->port && s->local.port == key->port && s->proto == drop_proto(key) &&
		waiting & SKT_STATE_BIT(s->state);
}

static bool is_of_kind(const struct skt_socket *socket, const void *ctx)
{
	const struct dropping *d = ctx;

	for (size_t i = 0; i < d->kinds.len; i++) {
		const struct skt_drop_key *key = &d->kinds.data[i].key;

		if (key->inode ? key->inode == socket->inode : is_waiting(socket, key))
			return true;
	}
	return false;
}

/*
 * ---- what each socket has dropped: all of them without BPF; with it listeners, since a SYN that
 * finds the accept queue full is no dropped packet to the kernel ----
 */

/* The listing that looks at them. Whether there are any. */
static bool counting_sockets(const struct dropping *d, struct skt_listing *ret)
{
	struct skt_dump_query *query = &ret->query;

	*ret = *d->listing;
	ret->filter = NULL;
	ret->needs |= SKT_DETAIL_MEMORY;
	query->detail |= SKT_DETAIL_MEMORY;
	if (!d->drops)
		return true;
	query->states &= SKT_STATE_BIT(SKT_STATE_LISTEN);
	query->unlisted = false;
	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++)
		query->protos[proto] &= proto == SKT_PROTO_TCP;
	return query->states && query->protos[SKT_PROTO_TCP];
}

static bool drops_of(const struct skt_socket *s, uint64_t *ret)
{
	if (!s->detail || s->detail->memory_length < SKT_MEMORY_UP_TO(drops) || !s->cookie)
		return false;
	*ret = s->detail->memory.drops;
	return true;
}

static int take_before(struct skt_socket_row *row, void *ctx)
{
	struct dropping *d = ctx;
	struct before before = {.cookie = row->s.cookie};

	return drops_of(&row->s, &before.drops) ? skt_vec_push(&d->before, before) : 0;
}

static int compare_before(const void *a, const void *b)
{
	const struct before *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static int look_before(struct dropping *d)
{
	struct skt_listing first;
	int status;

	if (!counting_sockets(d, &first))
		return SKT_EXIT_YES;
	first.needs = SKT_DETAIL_MEMORY | (d->listing->needs & SKT_NEED_NETNS);
	first.query.detail = SKT_DETAIL_MEMORY;
	first.quiet = true;
	status = skt_listing_each(&first, d->ctx, take_before, d);
	if (d->before.len)
		qsort(d->before.data, d->before.len, sizeof(*d->before.data), compare_before);
	return status;
}

/* One that has come since has dropped all of it since. */
static int write_socket(struct skt_socket_row *socket, void *ctx)
{
	static const char words[] =
		"dropped for want of room, or by a filter, as the socket counts it";
	static const char listener_words[] =
		"connections that it turned away, mostly for a full accept queue";
	struct dropping *d = ctx;
	struct before key = {.cookie = socket->s.cookie}, *before = NULL;
	struct drop_row row = {.row = *socket, .source = DROP_SOCKET, .reason = "drops"};

	/* What packets tell is told. */
	if (!drops_of(&socket->s, &row.count) || (d->drops && is_of_kind(&socket->s, d)))
		return 0;
	if (d->before.len)
		before = bsearch(&key, d->before.data, d->before.len, sizeof(key), compare_before);
	row.count = (uint32_t)(row.count - (before ? before->drops : 0));
	if (!row.count)
		return 0;
	row.detail = socket->s.state == SKT_STATE_LISTEN ? listener_words : words;
	(void)snprintf(row.proto, sizeof(row.proto), "%s", skt_proto_names[socket->s.proto]);
	return write_row(d, &row);
}

/* ---- packets, with BPF ---- */

static bool is_wanted(const struct dropping *d, const struct skt_drop_key *key)
{
	const struct skt_dump_query *query = &d->listing->query;
	const bool all = d->listing->netns && strcmp(d->listing->netns, "all") == 0;

	if ((key->family == AF_INET && !query->ipv4) || (key->family == AF_INET6 && !query->ipv6) ||
		!query->protos[drop_proto(key)])
		return false;
	for (size_t i = 0; i < d->namespaces.list.len; i++)
		if (d->namespaces.list.data[i].inode == key->netns)
			return true;
	return all || !d->listing->netns;
}

static int take_kind(const struct skt_drop_key *key, const struct skt_drop *drop, void *ctx)
{
	struct dropping *d = ctx;
	const struct kind kind = {*key, *drop};

	return is_wanted(d, key) ? skt_vec_push(&d->kinds, kind) : 0;
}

static int take_socket(struct skt_socket_row *row, void *ctx)
{
	struct dropping *d = ctx;
	struct skt_socket_row kept = *row;

	if (skt_row_keep(&d->kept, &kept, &d->texts))
		return -ENOMEM;
	return skt_vec_push(&d->sockets, kept);
}

/* The sockets that packets were for. Those that are gone have no row of theirs. */
static int find_sockets(struct dropping *d)
{
	struct skt_listing listing = *d->listing;

	if (!d->kinds.len)
		return SKT_EXIT_YES;
	listing.filter = NULL;
	listing.match = is_of_kind;
	listing.ctx = d;
	return skt_listing_each(&listing, d->ctx, take_socket, d);
}

static const struct skt_socket_row *socket_of(
	const struct dropping *d, const struct skt_drop_key *key)
{
	for (size_t i = 0; i < d->sockets.len; i++) {
		const struct skt_socket_row *row = &d->sockets.data[i];

		if (row->netns_inode && row->netns_inode != key->netns)
			continue;
		if (key->inode ? key->inode == row->s.inode : is_waiting(&row->s, key))
			return row;
	}
	return NULL;
}

static int write_packets(struct dropping *d)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < d->kinds.len; i++) {
		const struct kind *kind = &d->kinds.data[i];
		const struct skt_socket_row *socket = socket_of(d, &kind->key);
		const char *reason = reason_of(d, kind->key.reason);
		struct drop_row row = {.source = DROP_PACKETS};

		if (is_none(reason))
			continue;
		if (socket)
			row.row = *socket;
		for (size_t j = 0; !socket && j < d->namespaces.list.len; j++)
			if (d->namespaces.list.data[j].inode == kind->key.netns)
				row.row.netns = d->namespaces.list.data[j].label;
		drop_row_of_packets(&row, &kind->key, &kind->drop, reason);
		if (socket && socket->s.state == SKT_STATE_LISTEN &&
			strcmp(reason, "NO_SOCKET") == 0)
			row.detail = sockets_drop_listener_words;
		rc = write_row(d, &row);
	}
	return rc;
}

/* ---- run ---- */

/* The namespace that the kernel shall look at alone; 0: several, or it cannot be told. */
static uint32_t single_netns(const struct dropping *d)
{
	struct stat own;

	if (d->listing->netns)
		return d->namespaces.list.len == 1 ? (uint32_t)d->namespaces.list.data[0].inode : 0;
	return stat("/proc/self/ns/net", &own) ? 0 : (uint32_t)own.st_ino;
}

/* Begins to count. Returns an exit status, told. */
static int start(struct dropping *d)
{
	struct skt_err err = {0};
	int rc;

	if (d->listing->netns) {
		rc = skt_netns_find(
			d->ctx->system.proc_root, d->listing->netns, &d->namespaces, &err);
		if (rc) {
			skt_warn(d->ctx, "--netns '%s': %s", d->listing->netns, err.text);
			return SKT_EXIT_NO;
		}
	}
	rc = skt_drops_open(single_netns(d), &d->drops, &err);
	if (!rc)
		rc = skt_btf_enum_kernel("skb_drop_reason", take_reason, d);
	if (rc && d->drops) {
		skt_fail(&err, -rc, "read the kernel's reasons");
		skt_drops_close(d->drops);
		d->drops = NULL;
	}
	if (rc == -ENOMEM || (rc && d->listing->netns)) {
		skt_warn(d->ctx, "cannot see what is dropped: %s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	if (rc)
		skt_warn(d->ctx, "cannot see which packets are dropped, but what was counted: %s",
			err.text);
	read_counters(d, &d->counters);
	return look_before(d);
}

static int write_all(struct dropping *d)
{
	struct skt_listing last;
	int status = SKT_EXIT_YES, rc = 0;

	if (d->drops)
		rc = write_packets(d);
	if (!rc && counting_sockets(d, &last))
		status = skt_listing_each(&last, d->ctx, write_socket, d);
	if (!rc)
		rc = write_counters(d);
	return rc ? SKT_EXIT_TROUBLE : status;
}

/* What was counted until now, as rows. */
static int report(struct dropping *d)
{
	const struct skt_rows_options *rows = d->listing->rows;
	struct skt_sink sink;
	int status = SKT_EXIT_YES, written, rc = 0;

	if (d->drops)
		rc = skt_drops_each(d->drops, take_kind, d, &d->lost);
	if (!rc && sockets_table_shared(&d->modes->table, &rows->selection, &d->kept))
		rc = -ENOMEM;
	if (rc) {
		skt_warn(d->ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	status = find_sockets(d);
	if (skt_rows_begin(rows, d->ctx, sizeof(struct drop_row), &sink, &d->output))
		return SKT_EXIT_TROUBLE;
	written = write_all(d);
	status = SKT_MAX(status, written);
	status = skt_rows_end(d->ctx, &sink, d->output, status);
	skt_rows_tell_none(rows, d->ctx, d->count, status, "nothing was dropped");
	if (!d->lost)
		return status;
	skt_warn(d->ctx, "more kinds than can be told apart: %" PRIu64 " packet%s counted nowhere",
		d->lost, skt_plural(d->lost, " was", "s were"));
	return SKT_EXIT_TROUBLE;
}

int sockets_drops(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct dropping d = {.modes = modes, .listing = listing, .ctx = ctx};
	/* A signal ends the counting: what was counted is told whole, and who it was for. */
	static const volatile sig_atomic_t never;
	struct skt_context calm = *ctx;
	const uint64_t begin = skt_clock_ns();
	int status = start(&d);

	if (status == SKT_EXIT_YES) {
		skt_rest_until(ctx, skt_clock_add(begin, modes->interval_ns));
		calm.interrupted = &never;
		d.ctx = &calm;
		status = report(&d);
	}
	*ret_count = d.count;
	skt_drops_close(d.drops);
	skt_netns_set_fini(&d.namespaces);
	skt_vec_free(&d.kinds);
	skt_vec_free(&d.before);
	skt_vec_free(&d.sockets);
	skt_selection_fini(&d.kept);
	skt_arena_fini(&d.texts);
	return status;
}
