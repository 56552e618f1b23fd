#include "cmd/complete/sockets.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/end.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/filter_columns.h"
#include "cmd/listing/listing.h"
#include "diag/socket_detail.h"
#include "filter/token.h"

enum { LISTENING = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED) };

/* Hands every socket of QUERY to TAKE, with its owners where they are to be had; what it offers is
 * put in order. */
static void each(const struct complete_sockets *sockets, const struct skt_dump_query *query,
	uint32_t needs, skt_row_fn *take, void *ctx, struct complete_offers *offers)
{
	const size_t first = offers->list.len;
	const struct skt_rows_options rows = {0};
	struct skt_listing listing = {
		.rows = &rows,
		.netns = sockets->netns,
		.query = *query,
		.needs = needs | SKT_NEED_OWNERS,
		.quiet = true,
	};

	listing.query.detail = needs & SKT_DETAIL_ALL;
	(void)skt_listing_each(&listing, sockets->ctx, take, ctx);
	complete_offers_sort(offers, first);
}

/* NAME[PID] of the first holder, or what else there is to say. */
static void holder(const struct skt_socket_row *row, char *ret, size_t size)
{
	const char *other = row->service ? row->service : row->user;

	if (row->process)
		(void)snprintf(ret, size, "%s[%" PRIu32 "]", row->process, row->pid);
	else
		(void)snprintf(ret, size, "%s", other ? other : "");
}

/* ---- ports ---- */

static int take_port(struct skt_socket_row *row, void *ctx)
{
	char port[8], about[64];

	if (!row->s.local.port)
		return 0;
	(void)snprintf(port, sizeof(port), "%" PRIu16, row->s.local.port);
	holder(row, about, sizeof(about));
	complete_offer(ctx, port, about);
	return 0;
}

void complete_listening(const struct complete_sockets *sockets, const struct skt_inet_options *inet,
	struct complete_offers *offers)
{
	struct skt_dump_query query = {.states = LISTENING};

	skt_inet_query(inet, &query);
	each(sockets, &query, SKT_NEED_SERVICE, take_port, offers, offers);
}

/* ---- unix sockets ---- */

/* Others have no name, one that is relative to somebody else's directory, or one with NULs. */
static int take_name(struct skt_socket_row *row, void *ctx)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 2], about[64];
	const struct skt_end *end = &row->s.local;
	const size_t len = skt_end_host_len(end);

	if (len < 2 || len >= sizeof(name) || !strchr("/@", end->host[0]) ||
		memchr(end->host, '\0', len))
		return 0;
	memcpy(name, end->host, len);
	name[len] = '\0';
	holder(row, about, sizeof(about));
	complete_offer(ctx, name, about);
	return 0;
}

void complete_unix(
	const struct complete_sockets *sockets, bool listening, struct complete_offers *offers)
{
	const struct skt_dump_query query = {
		.protos[SKT_PROTO_UNIX] = true,
		.states = listening ? LISTENING : SKT_STATES_ALL,
	};

	each(sockets, &query, 0, take_name, offers, offers);
}

/* ---- columns ---- */

struct values {
	struct complete_offers *offers;
	const struct skt_filter_fields *fields;
	const struct skt_filter_field *field;
};

/* TEXT as one word of the language, in quotes where it needs them. Nothing: no quotes will do. */
static void add_word(struct skt_str *out, const char *text, size_t len)
{
	size_t word;
	const bool special = skt_filter_spelling_at(text, &word) || word < len ||
		strpbrk(text, "\"',") || text[0] == '-';
	const char quote = !special ? '\0' : !strchr(text, '"') ? '"' : '\'';

	if (special && quote == '\'' && strchr(text, '\''))
		return;
	if (quote)
		skt_str_add_char(out, quote);
	skt_str_add(out, text, len);
	if (quote)
		skt_str_add_char(out, quote);
}

/* VALUE as a filter would have it. */
static void add_value(struct skt_str *out, const struct skt_filter_field *field,
	const struct skt_filter_value *value)
{
	switch (field->type) {
	case SKT_FILTER_TEXT:
		/* Where there is a NUL in it, it is no word of a command line. */
		if (value->text.len && !memchr(value->text.data, '\0', value->text.len)) {
			struct skt_str text = {0};

			skt_str_add(&text, value->text.data, value->text.len);
			skt_str_add_char(&text, '\0');
			if (!text.failed)
				add_word(out, text.data, text.len - 1);
			skt_str_fini(&text);
		}
		return;
	case SKT_FILTER_ADDRESS:
	case SKT_FILTER_ENDPOINT:
		if (value->end.addr.family)
			skt_end_add(out, &value->end, true);
		return;
	case SKT_FILTER_UNSIGNED:
		skt_str_add_format(out, "%" PRIu64, value->number);
		return;
	case SKT_FILTER_NAME:
	case SKT_FILTER_BOOL:
	case SKT_FILTER_SIGNED:
		return; /* there is nothing to find out */
	}
}

static int take_value(struct skt_socket_row *row, void *ctx)
{
	const struct values *values = ctx;
	struct skt_filter_value value;
	struct skt_str text = {0};
	char about[64];

	holder(row, about, sizeof(about));
	for (size_t i = 0; values->fields->get(values->fields->ctx, values->field, row, i, &value);
		i++) {
		text.len = 0;
		add_value(&text, values->field, &value);
		if (!text.len)
			continue;
		skt_str_add_char(&text, '\0');
		if (!text.failed)
			complete_offer(values->offers, text.data, about);
	}
	skt_str_fini(&text);
	return 0;
}

/* Names that are the same whatever sockets there are. */
static void offer_names(const struct skt_column *column, struct complete_offers *offers)
{
	for (size_t i = 0; i < column->names_count; i++) {
		char name[32];
		size_t len = 0;

		for (const char *p = column->names[i]; p && *p && len + 1 < sizeof(name); p++)
			name[len++] = (char)tolower((unsigned char)*p);
		name[len] = '\0';
		complete_offer(offers, name, NULL);
	}
}

/* Whether numbers of COLUMN name things, rather than count or measure them. */
static bool is_number_of(const struct skt_column *column)
{
	return strcmp(column->name, "pid") == 0 || strcmp(column->name, "uid") == 0;
}

void complete_column(const struct complete_sockets *sockets, const struct skt_column *column,
	struct complete_offers *offers)
{
	struct skt_dump_query query = {.states = SKT_STATES_ALL,
		.protos[SKT_PROTO_UNIX] = true,
		.ipv4 = true,
		.ipv6 = true};
	struct values values = {.offers = offers};
	struct skt_filter_columns columns;

	if (column->type == SKT_TYPE_BOOL) {
		complete_offer(offers, "true", NULL);
		complete_offer(offers, "false", NULL);
		return;
	}
	if (column->names) {
		offer_names(column, offers);
		return;
	}
	for (size_t proto = 0; proto < SKT_PROTO_UNIX; proto++)
		query.protos[proto] = true;
	if (skt_filter_columns_init(&columns, skt_socket_columns)) {
		offers->failed = true;
		return;
	}
	values.fields = &columns.fields;
	values.field = columns.fields.find(&columns, column->name, strlen(column->name));
	if (values.field && (values.field->type != SKT_FILTER_UNSIGNED || is_number_of(column)))
		each(sockets, &query, column->needs, take_value, &values, offers);
	skt_filter_columns_fini(&columns);
}
