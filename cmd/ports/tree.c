#include "cmd/ports/tree.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "cmd/listing/listing.h"
#include "cmd/ports/tree_rows.h"
#include "cmd/ports/tree_text.h"
#include "cmd/ports/wanted.h"
#include "diag/direction.h"
#include "out/terminal.h"

#define BIT(field) (UINT64_C(1) << (field))

struct collecting {
	const struct ports_options *options;
	const struct skt_portset *wanted; /* NULL: any */
	struct ports_tree_rows listeners, clients;
	struct skt_arena texts;
};

/* ---- collecting ---- */

static bool listens(const struct skt_socket *socket)
{
	return socket->state == SKT_STATE_LISTEN || socket->state == SKT_STATE_UNCONNECTED;
}

static bool match(const struct skt_socket *socket, const void *ctx)
{
	const struct collecting *collecting = ctx;

	if (!ports_match(socket, collecting->wanted))
		return false;
	return !listens(socket) || ports_match_address(collecting->options, socket);
}

static const char *keep(struct collecting *collecting, const char *text)
{
	return text ? skt_arena_text(&collecting->texts, text, strlen(text)) : NULL;
}

static void keep_end(struct collecting *collecting, struct skt_end *end)
{
	end->host = keep(collecting, end->host);
	end->service = keep(collecting, end->service);
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct collecting *collecting = ctx;
	struct ports_tree_row taken = {.proto = row->s.proto,
		.state = row->s.state,
		.port = row->s.local.port,
		.family = row->s.family,
		.v6only = row->s.v6only,
		.local = row->s.local,
		.pid = row->pid,
		.process = keep(collecting, row->process),
		.user = keep(collecting, row->user),
		.more = row->processes.count ? row->processes.count - 1 : 0};
	const struct skt_holder *peer = row->peer.count ? row->peer.items : NULL;

	if (row->s.present & BIT(SKT_ROW_PID))
		taken.present |= BIT(PORTS_TREE_PID);
	keep_end(collecting, &taken.local);
	if (listens(&row->s))
		return skt_vec_push(&collecting->listeners, taken);
	if (row->s.proto == SKT_PROTO_TCP && row->direction != SKT_DIRECTION_IN)
		return 0;
	taken.client = row->s.remote;
	/* One address, whether it came to a socket of IPv4 or to one of both. */
	skt_addr_unmap(&taken.client.addr);
	keep_end(collecting, &taken.client);
	taken.present |= BIT(PORTS_TREE_CLIENT);
	if (peer) {
		taken.client_process = keep(collecting, peer->name);
		taken.client_pid = peer->pid;
		taken.present |= BIT(PORTS_TREE_CLIENT_PID);
	}
	return skt_vec_push(&collecting->clients, taken);
}

/* ---- putting together ---- */

static int compare_texts(const char *x, const char *y)
{
	return !x || !y ? !x - !y : strcmp(x, y);
}

#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))

/* For qsort(): by process, those that are not seen last, and then by port. */
static int compare_listeners(const void *a, const void *b)
{
	const struct ports_tree_row *x = a, *y = b;
	int order = compare_texts(x->process, y->process);

	order = order ? order : ORDER(x->pid, y->pid);
	order = order ? order : ORDER(x->port, y->port);
	order = order ? order : ORDER(x->proto, y->proto);
	return order ? order : ORDER(x->family, y->family);
}

/* Whether they say the same but for the family of the wildcard address (pairs.h). */
static bool is_pair(const struct ports_tree_row *four, const struct ports_tree_row *six)
{
	return four->family == AF_INET && six->family == AF_INET6 &&
		skt_addr_is_any(&four->local.addr) && skt_addr_is_any(&six->local.addr) &&
		four->port == six->port && four->proto == six->proto && four->pid == six->pid &&
		four->present == six->present && four->more == six->more &&
		compare_texts(four->process, six->process) == 0 &&
		compare_texts(four->user, six->user) == 0;
}

/* Sorted listeners, for people: one of both families in place of two. */
static void fold_pairs(struct ports_tree_rows *listeners)
{
	size_t kept = 0;

	for (size_t i = 0; i < listeners->len; i++) {
		const struct ports_tree_row *row = &listeners->data[i];
		size_t pair = kept;

		while (pair && !is_pair(&listeners->data[pair - 1], row) &&
			listeners->data[pair - 1].port == row->port)
			pair--;
		if (!pair || !is_pair(&listeners->data[pair - 1], row)) {
			listeners->data[kept++] = *row;
			continue;
		}
		listeners->data[pair - 1] = *row;
		listeners->data[pair - 1].v6only = false;
		listeners->data[pair - 1].local.host = "*";
		listeners->data[pair - 1].local.host_len = 0;
	}
	listeners->len = kept;
}

/* For qsort(): by listener, and then those of one process together, of other hosts last. */
static int compare_clients(const void *a, const void *b)
{
	const struct ports_tree_row *x = a, *y = b;
	int order = ORDER(x->listener, y->listener);

	order = order ? order : compare_texts(x->client_process, y->client_process);
	order = order ? order : ORDER(x->client_pid, y->client_pid);
	order = order ? order
		      : memcmp(&x->client.addr.bytes, &y->client.addr.bytes,
				sizeof(x->client.addr.bytes));
	order = order ? order : ORDER(x->state, y->state);
	return order ? order : ORDER(x->client.port, y->client.port);
}

/* How well LISTENER explains CLIENT; 0: not at all. */
static int rank(const struct ports_tree_row *listener, const struct ports_tree_row *client)
{
	const struct skt_addr *at = &listener->local.addr;
	struct skt_addr addr = client->local.addr, own = *at;
	const bool same_process = listener->pid && listener->pid == client->pid;

	if (listener->proto != client->proto || listener->port != client->port)
		return 0;
	skt_addr_unmap(&addr);
	skt_addr_unmap(&own);
	if (skt_addr_equal(&own, &addr))
		return 4 + same_process;
	if (!skt_addr_is_any(at))
		return 0;
	if (listener->family == addr.family)
		return 2 + same_process;
	return listener->family == AF_INET6 && !listener->v6only ? 1 + same_process : 0;
}

/* Listeners by their port, each with the one that is next at the same; 1 + a place, 0: none. */
struct by_port {
	uint32_t first[UINT16_MAX + 1];
	uint32_t *next;
};

static struct by_port *index_listeners(const struct ports_tree_rows *listeners)
{
	struct by_port *index = calloc(1, sizeof(*index) + listeners->len * sizeof(uint32_t));

	if (!index)
		return NULL;
	index->next = (uint32_t *)(index + 1);
	for (size_t i = listeners->len; i--;) {
		const uint16_t port = listeners->data[i].port;

		index->next[i] = index->first[port];
		index->first[port] = (uint32_t)i + 1;
	}
	return index;
}

/* Gives each client the place of its listener. Those whose listener is gone are dropped. */
static int find_listeners(struct collecting *collecting)
{
	struct by_port *index = index_listeners(&collecting->listeners);
	struct ports_tree_rows *clients = &collecting->clients;
	size_t kept = 0;

	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < clients->len; i++) {
		struct ports_tree_row *client = &clients->data[i];
		int best = 0;

		for (uint32_t at = index->first[client->port]; at; at = index->next[at - 1]) {
			const int found = rank(&collecting->listeners.data[at - 1], client);

			if (found <= best)
				continue;
			best = found;
			client->listener = at - 1;
		}
		if (best)
			clients->data[kept++] = *client;
	}
	clients->len = kept;
	free(index);
	return 0;
}

/* A client is told with its listener's address and process: it is the relation that rows are of. */
static int put_together(struct collecting *collecting, bool for_people, struct ports_tree_rows *ret)
{
	struct ports_tree_rows *listeners = &collecting->listeners, *clients = &collecting->clients;
	size_t next = 0;

	if (listeners->len)
		qsort(listeners->data, listeners->len, sizeof(*listeners->data), compare_listeners);
	if (for_people)
		fold_pairs(listeners);
	if (find_listeners(collecting))
		return -ENOMEM;
	if (clients->len)
		qsort(clients->data, clients->len, sizeof(*clients->data), compare_clients);
	for (size_t i = 0; i < listeners->len; i++) {
		const struct ports_tree_row *listener = &listeners->data[i];

		if (skt_vec_push(ret, *listener))
			return -ENOMEM;
		for (; next < clients->len && clients->data[next].listener == i; next++) {
			struct ports_tree_row client = clients->data[next];

			client.local = listener->local;
			client.user = listener->user;
			client.process = listener->process;
			client.pid = listener->pid;
			client.present = (client.present & ~BIT(PORTS_TREE_PID)) |
				(listener->present & BIT(PORTS_TREE_PID));
			if (skt_vec_push(ret, client))
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- run ---- */

/* Whether it is drawn. */
static bool is_for_people(const struct skt_rows_options *options, const struct skt_context *ctx)
{
	return options->format == SKT_FORMAT_TABLE && !options->blocks && !options->columns_text &&
		skt_terminal_is(ctx->out);
}

static int write_rows(const struct ports_tree_rows *rows, const struct skt_rows_options *options,
	const struct skt_context *ctx, int status)
{
	struct skt_output *output;
	struct skt_sink sink;

	if (is_for_people(options, ctx))
		return ports_tree_draw(rows, options, ctx, status);
	if (skt_rows_begin(options, ctx, sizeof(struct ports_tree_row), &sink, &output))
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < rows->len; i++)
		if (skt_output_row(output, &rows->data[i]))
			break;
	return skt_rows_end(ctx, &sink, output, status);
}

static int show(const struct ports_options *o, const struct skt_context *ctx,
	const struct skt_portset *wanted)
{
	struct collecting collecting = {.options = o, .wanted = wanted};
	struct ports_tree_rows rows = {0};
	struct skt_listing listing = {
		.rows = &o->rows,
		.netns = o->netns.selector,
		.query = ports_query(o, wanted),
		.match = match,
		.ctx = &collecting,
		.owners = o->owners,
		.needs = SKT_NEED_OWNERS | SKT_NEED_PEER | SKT_NEED_DIRECTION | SKT_NEED_USER,
	};
	int status;

	listing.query.states = SKT_STATES_ALL & ~SKT_STATE_BIT(SKT_STATE_TIME_WAIT);
	status = skt_listing_each(&listing, ctx, take_row, &collecting);
	if (status != SKT_EXIT_USAGE) {
		if (put_together(&collecting, is_for_people(&o->rows, ctx), &rows)) {
			skt_warn(ctx, "%s", strerror(ENOMEM));
			status = SKT_EXIT_TROUBLE;
		}
		status = write_rows(&rows, &o->rows, ctx, status);
		skt_rows_tell_none(&o->rows, ctx, rows.len, status,
			wanted ? "nothing listens there" : "nothing listens");
		if (status == SKT_EXIT_YES && wanted && !rows.len)
			status = SKT_EXIT_NO;
	}
	skt_vec_free(&rows);
	skt_vec_free(&collecting.listeners);
	skt_vec_free(&collecting.clients);
	skt_arena_fini(&collecting.texts);
	return status;
}

int ports_tree(const struct ports_options *o, const struct skt_context *ctx)
{
	struct skt_services *services = NULL;
	struct skt_portset wanted = {0};
	int status;

	if (!o->ports.len)
		return show(o, ctx, NULL);
	status = ports_resolve(o, ctx, &services, &wanted);
	skt_services_free(services);
	return status == SKT_EXIT_YES ? show(o, ctx, &wanted) : status;
}
