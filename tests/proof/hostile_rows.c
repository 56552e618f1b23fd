/*
 * Rows that no kernel would make, through the real renderer: hostile_rows SCHEMA COUNT SEED writes
 * COUNT JSON lines of that kind of rows to stdout, each column filled with whatever its type can
 * hold, columns chosen as -c does; of `events` COUNT lines to stderr. Without arguments: the names
 * of the kinds, and `whole` behind those that have every key.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "cmd/events.h"
#include "cmd/schema.h"
#include "cmd/sockets/totals.h"
#include "out/output.h"

enum { ROW_SIZE = 1 << 16, COLUMNS_MAX = 512, BATCH = 20, TEXT_SIZE = 64, ITEMS_MAX = 3 };

struct maker {
	uint64_t state;
	struct skt_arena arena; /* what one row points to */
};

/* splitmix64 */
static uint64_t draw(struct maker *maker)
{
	uint64_t x = maker->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static size_t below(struct maker *maker, size_t limit)
{
	return (size_t)(draw(maker) % limit);
}

/* The least, the most, near them, what a double cannot hold, or anything. */
static uint64_t number(struct maker *maker)
{
	static const uint64_t edges[] = {0, 1, UINT8_MAX, UINT16_MAX, INT32_MAX, UINT32_MAX,
		INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, (UINT64_C(1) << 53) + 1};
	size_t pick = below(maker, 2 * SKT_COUNT(edges));

	return pick < SKT_COUNT(edges) ? edges[pick] : draw(maker) >> below(maker, 64);
}

/* At most SIZE bytes, NULs only where they are WANTED; returns how many. */
static size_t text(struct maker *maker, char *ret, size_t size, bool nuls)
{
	/* NOLINTBEGIN(misc-misleading-bidirectional): such names are what is tried */
	static const char *const pieces[] = {"\"", "\\", "\n", "\r\n", "\t", "\x1b[2J", "\x7f",
		"\x01", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80\xa8",
		"\xf0\x9f\x98", "\xef\xbf\xbe", "\xef\xbb\xbf", "\xe2\x80\xae", "</script>",
		"\\u0000", "null", "{}", ",", "\xc2\x85", "\xf0\x9f\x98\x80", "name[1]"};
	/* NOLINTEND(misc-misleading-bidirectional) */
	size_t len = 0, want = below(maker, 8);

	while (want--) {
		const char *piece = pieces[below(maker, SKT_COUNT(pieces))];
		char byte[2] = {(char)draw(maker)};
		size_t n;

		if (draw(maker) & 1)
			piece = byte;
		n = SKT_MAX(strlen(piece), (size_t)1);
		if ((n == 1 && !*piece && !nuls) || len + n > size)
			continue;
		memcpy(ret + len, piece, n);
		len += n;
	}
	return len;
}

static char *new_bytes(struct maker *maker, size_t size)
{
	char *bytes = skt_arena_alloc(&maker->arena, size);

	if (!bytes)
		exit(3);
	return memset(bytes, 0, size);
}

static const char *new_text(struct maker *maker)
{
	char *ret = new_bytes(maker, TEXT_SIZE);

	(void)text(maker, ret, TEXT_SIZE - 1, false);
	return ret;
}

static struct skt_addr address(struct maker *maker)
{
	static const uint8_t families[] = {AF_UNSPEC, AF_INET, AF_INET6};
	struct skt_addr addr = {.family = families[below(maker, 3)]};

	for (size_t i = 0; addr.family != AF_UNSPEC && i < (addr.family == AF_INET ? 4 : 16); i++)
		addr.bytes[i] = draw(maker) & 1 ? (uint8_t)draw(maker) : 0;
	if (addr.family == AF_INET6 && below(maker, 8) == 0)
		addr.scope_id = (uint32_t)number(maker);
	return addr;
}

static struct skt_end end_of(struct maker *maker)
{
	struct skt_end end = {.addr = address(maker), .port = (uint16_t)number(maker)};

	if (below(maker, 4) == 0)
		end.host = new_text(maker);
	if (end.host && draw(maker) & 1)
		end.host_len = (uint16_t)below(maker, TEXT_SIZE);
	if (below(maker, 4) == 0)
		end.service = new_text(maker);
	return end;
}

/* How many bytes of text fit at a column of type CHARS: up to the next column of the same struct.
 */
static size_t chars_room(
	const struct skt_column *const *columns, size_t count, const struct skt_column *column)
{
	size_t room = 16;

	for (size_t i = 0; i < count; i++)
		if (columns[i]->via == column->via && columns[i]->offset > column->offset)
			room = SKT_MIN(room, (size_t)(columns[i]->offset - column->offset));
	if (column->via_size)
		room = SKT_MIN(room, (size_t)(column->via_size - column->offset));
	return room;
}

static void fill(
	struct maker *maker, const struct skt_column *const *columns, size_t count, char *row);

static struct skt_list list_of(struct maker *maker, const struct skt_column *column)
{
	const struct skt_column *columns[COLUMNS_MAX];
	struct skt_list list = {.count = below(maker, ITEMS_MAX + 1)};
	size_t count = 0;
	char *items = new_bytes(maker, list.count * column->item_size + 1);

	for (; column->items[count].name; count++)
		columns[count] = &column->items[count];
	for (size_t i = 0; i < list.count; i++)
		fill(maker, columns, count, items + i * column->item_size);
	list.items = items;
	return list;
}

#define PUT(type, value) memcpy(at, &(type){value}, sizeof(type))

static void fill_value(struct maker *maker, const struct skt_column *column, char *at, size_t room)
{
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		PUT(bool, draw(maker) & 1);
		return;
	case SKT_TYPE_U8:
		PUT(uint8_t, (uint8_t)number(maker));
		return;
	case SKT_TYPE_NAME:
		PUT(uint8_t,
			(uint8_t)(below(maker, 4) ? below(maker, column->names_count + 1u)
						  : number(maker)));
		return;
	case SKT_TYPE_U16:
		PUT(uint16_t, (uint16_t)number(maker));
		return;
	case SKT_TYPE_U32:
	case SKT_TYPE_FLAGS:
		PUT(uint32_t, (uint32_t)number(maker));
		return;
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		PUT(uint64_t, number(maker));
		return;
	case SKT_TYPE_TEXT:
		PUT(const char *, below(maker, 4) ? new_text(maker) : NULL);
		return;
	case SKT_TYPE_CHARS:
		memset(at, 0, room);
		(void)text(maker, at, room - 1, false);
		return;
	case SKT_TYPE_BYTES: {
		char *bytes = below(maker, 4) ? new_bytes(maker, TEXT_SIZE) : NULL;
		struct skt_bytes value = {bytes, bytes ? text(maker, bytes, TEXT_SIZE, true) : 0};

		memcpy(at, &value, sizeof(value));
		return;
	}
	case SKT_TYPE_ADDR: {
		struct skt_addr value = address(maker);

		memcpy(at, &value, sizeof(value));
		return;
	}
	case SKT_TYPE_END: {
		struct skt_end value = end_of(maker);

		memcpy(at, &value, sizeof(value));
		return;
	}
	case SKT_TYPE_LIST: {
		struct skt_list value = list_of(maker, column);

		memcpy(at, &value, sizeof(value));
		return;
	}
	}
}

/* The struct in which COLUMN's value is; NULL: there is none in this row. */
static char *holder_of(struct maker *maker, const struct skt_column *column, char *row)
{
	char *holder;
	uint64_t present = draw(maker);

	if (!column->via)
		return row;
	memcpy(&holder, row + column->via, sizeof(holder));
	if (!holder) {
		holder = new_bytes(maker, (size_t)column->via_size + TEXT_SIZE);
		memcpy(holder, &present, sizeof(present));
		memcpy(row + column->via, &holder, sizeof(holder));
	}
	return holder;
}

static void fill(
	struct maker *maker, const struct skt_column *const *columns, size_t count, char *row)
{
	uint64_t present = below(maker, 4) ? draw(maker) : UINT64_MAX;
	const char *none = NULL;
	uint64_t absent_via = below(maker, 4) ? UINT64_MAX : draw(maker);

	for (int chars = 1; chars >= 0; chars--)
		for (size_t i = 0; i < count; i++) {
			const struct skt_column *column = columns[i];

			if ((column->type == SKT_TYPE_CHARS) == chars)
				fill_value(maker, column,
					holder_of(maker, column, row) + column->offset,
					chars ? chars_room(columns, count, column) : 0);
		}
	for (size_t i = 0; i < count; i++) {
		const struct skt_column *column = columns[i];
		uint16_t length = (uint16_t)(draw(maker) & 1 ? column->least : draw(maker));

		if (column->via && column->least)
			memcpy(holder_of(maker, column, row) + column->length_at, &length,
				sizeof(length));
	}
	for (size_t i = 0; i < count; i++)
		if (columns[i]->via && !(absent_via >> columns[i]->via % 64 & 1))
			memcpy(row + columns[i]->via, &none, sizeof(none));
	/* The first member of every row, which no column shows; items may have none. */
	for (size_t i = 0; i < count; i++)
		if (!columns[i]->via && columns[i]->present != SKT_PRESENT_ALWAYS) {
			memcpy(row, &present, sizeof(present));
			break;
		}
}

/* ---- kinds ---- */

struct kind {
	const char *name; /* wanted */
	const struct skt_column *columns[COLUMNS_MAX];
	size_t count;
	bool found, whole;
	struct sockets_totals totals;
	struct skt_column sums[3];
};

static void put_name(const struct skt_schema *schema, void *ctx SKT_UNUSED)
{
	struct skt_str name = {0};

	skt_schema_add_name(&name, schema);
	printf("%.*s%s\n", (int)name.len, name.data, schema->whole ? " whole" : "");
	skt_str_fini(&name);
}

/* Sums and the like, as --sum and --max make them; the pointer to them lies behind all else. */
static void add_sums(struct kind *kind, const struct skt_column *more)
{
	struct skt_err err;

	if (sockets_totals_add(&kind->totals, SOCKETS_SUM, more, "recv_queue,bytes_acked", &err) ||
		sockets_totals_add(&kind->totals, SOCKETS_MAX, more, "rtt_us", &err))
		exit(3);
	sockets_totals_columns(&kind->totals, ROW_SIZE - 2 * sizeof(char *), kind->sums);
	for (size_t i = 0; i < SKT_COUNT(kind->sums); i++)
		kind->columns[kind->count++] = &kind->sums[i];
}

static void take(const struct skt_schema *schema, void *ctx)
{
	struct kind *kind = ctx;
	struct skt_str name = {0};

	skt_schema_add_name(&name, schema);
	skt_str_add_char(&name, '\0');
	if (!name.failed && strcmp(name.data, kind->name) == 0) {
		kind->found = true;
		kind->whole = schema->whole;
		for (const struct skt_column *c = schema->columns; c->name; c++)
			kind->columns[kind->count++] = c;
		for (const struct skt_column *c = schema->more; c && c->name; c++)
			if (!skt_column_find(schema->columns, c->name, strlen(c->name)))
				kind->columns[kind->count++] = c;
		if (schema->totals)
			add_sums(kind, schema->more);
	}
	skt_str_fini(&name);
}

/* ---- output ---- */

/* Chooses what is shown: now and then all, else a few. */
static int choose(struct maker *maker, const struct kind *kind, struct skt_selection *ret)
{
	const bool all = kind->whole || below(maker, 16) == 0;
	const size_t one = below(maker, kind->count);
	int rc = 0;

	for (size_t i = 0; !rc && i < kind->count; i++)
		if (all || i == one || below(maker, kind->count) < 12)
			rc = skt_selection_add(ret, kind->columns[i]);
	return rc;
}

static int write_batch(
	struct maker *maker, const struct kind *kind, struct skt_sink *sink, uint64_t count)
{
	static char row[ROW_SIZE];
	struct skt_selection selection = {0};
	struct skt_output *output = NULL;
	int rc = choose(maker, kind, &selection);

	if (!rc)
		rc = skt_output_begin(sink,
			&(struct skt_output_config){
				.format = SKT_FORMAT_JSONL, .selection = &selection},
			&output);
	while (!rc && count--) {
		memset(row, 0, sizeof(row));
		fill(maker, selection.columns, selection.count, row);
		rc = skt_output_row(output, row);
		skt_arena_fini(&maker->arena);
		maker->arena = (struct skt_arena){0};
	}
	if (output && skt_output_end(output))
		rc = -1;
	skt_selection_fini(&selection);
	return rc;
}

static void write_event(struct maker *maker, const struct skt_event_log *log)
{
	struct skt_event event;
	struct skt_addr addr = address(maker);

	skt_event_begin(&event, log, (enum skt_event_level)below(maker, 4), "hostile");
	if (draw(maker) & 1)
		skt_event_add_text(&event, "text", below(maker, 4) ? new_text(maker) : NULL);
	skt_event_add_number(&event, "number", number(maker));
	skt_event_add_end(&event, "remote", &addr, (uint16_t)number(maker));
	skt_event_end(&event, "%s", new_text(maker));
	skt_arena_fini(&maker->arena);
	maker->arena = (struct skt_arena){0};
}

static int write_events(struct maker *maker, uint64_t count)
{
	const struct skt_context ctx = {.program = "hostile_rows", .out = STDOUT_FILENO};
	struct skt_event_log log;

	skt_event_log_init(&log, &ctx, &(struct skt_events_options){.verbose = 2, .json = true});
	while (count--)
		write_event(maker, &log);
	skt_event_log_fini(&log);
	return 0;
}

int main(int argc, char **argv)
{
	static struct kind kind;
	struct maker maker = {0};
	struct skt_sink sink;
	uint64_t count;
	int rc = 0;

	if (argc == 1) {
		skt_schema_each(put_name, NULL);
		return 0;
	}
	if (argc != 4 || skt_num_parse(argv[2], 0, UINT32_MAX, &count) ||
		skt_num_parse(argv[3], 0, UINT64_MAX, &maker.state))
		return 2;
	kind.name = argv[1];
	if (strcmp(kind.name, "events") == 0)
		return write_events(&maker, count);
	skt_schema_each(take, &kind);
	if (!kind.found)
		return 2;
	skt_sink_init(&sink, STDOUT_FILENO);
	while (!rc && count) {
		uint64_t batch = SKT_MIN(count, (uint64_t)BATCH);

		rc = write_batch(&maker, &kind, &sink, batch);
		count -= batch;
	}
	skt_sink_fini(&sink);
	sockets_totals_fini(&kind.totals);
	return rc ? 3 : 0;
}
