#include "cmd/ports/tree_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/end.h"
#include "base/plural.h"
#include "cmd/listing/columns.h"
#include "out/place.h"
#include "out/sink.h"
#include "out/terminal.h"
#include "out/text.h"

/* Clients, or groups of them, of one listener that are told of: nobody reads on. */
enum { TOLD_MAX = 20 };

struct drawing {
	const struct ports_tree_rows *rows;
	struct skt_str *out;
	struct skt_str line;
	size_t width;
	bool color;
};

static const char branch[] = "├─ ", last_branch[] = "└─ ", stem[] = "│  ", no_stem[] = "   ";

/* ---- lines ---- */

/* Writes what is behind PREFIX, made harmless, as far as the terminal is wide. */
static void put(struct drawing *drawing, const char *prefix, const char *sgr)
{
	struct skt_str *line = &drawing->line, whole = {0};

	skt_str_add_text(&whole, prefix);
	(void)skt_text_add_escaped(&whole, line->data ? line->data : "", line->len);
	whole.len = skt_text_cut(whole.data ? whole.data : "", whole.len, drawing->width);
	if (drawing->color)
		skt_str_add_text(drawing->out, sgr);
	skt_str_add(drawing->out, whole.data ? whole.data : "", whole.len);
	if (drawing->color && *sgr)
		skt_str_add_text(drawing->out, SKT_SGR_RESET);
	skt_str_add_char(drawing->out, '\n');
	drawing->out->failed |= whole.failed || line->failed;
	skt_str_fini(&whole);
	line->len = 0;
}

static void add_process(struct skt_str *line, const char *name, uint32_t pid)
{
	skt_str_add_format(line, "%s[%" PRIu32 "]", name ? name : "?", pid);
}

static void draw_process(struct drawing *drawing, const struct ports_tree_row *row)
{
	struct skt_str *line = &drawing->line;

	if (ports_tree_has(row, PORTS_TREE_PID))
		add_process(line, row->process, row->pid);
	else
		skt_str_add_text(line, "(a process that is not seen)");
	if (row->more)
		skt_str_add_format(line, " +%zu", row->more);
	if (row->user)
		skt_str_add_format(line, "  %s", row->user);
	put(drawing, "", SKT_SGR_BOLD);
}

/* `curl[911]  127.0.0.1:51234`, `10.0.0.7  x12  CLOSE-WAIT` */
static void draw_clients(
	struct drawing *drawing, const char *prefix, const struct ports_tree_row *row, size_t count)
{
	struct skt_str *line = &drawing->line;

	if (ports_tree_has(row, PORTS_TREE_CLIENT_PID)) {
		add_process(line, row->client_process, row->client_pid);
		skt_str_add_text(line, "  ");
	}
	skt_end_add(line, &row->client, count > 1);
	if (count > 1)
		skt_str_add_format(line, "  x%zu", count);
	if (row->state != SKT_STATE_ESTABLISHED && row->state != SKT_STATE_CONNECTED)
		skt_str_add_format(line, "  %s", skt_state_names[row->state]);
	put(drawing, prefix, skt_tone_sgr[skt_state_tones[row->state]]);
}

/* ---- the tree ---- */

static bool is_client(const struct ports_tree_rows *rows, size_t i)
{
	return i < rows->len && ports_tree_has(&rows->data[i], PORTS_TREE_CLIENT);
}

static bool same_process(const struct ports_tree_row *a, const struct ports_tree_row *b)
{
	return a->pid == b->pid &&
		ports_tree_has(a, PORTS_TREE_PID) == ports_tree_has(b, PORTS_TREE_PID) &&
		(ports_tree_has(a, PORTS_TREE_PID) ||
			strcmp(a->user ? a->user : "", b->user ? b->user : "") == 0);
}

/* Clients that are told of together: connections of one process, or host, in one state. */
static bool same_client(const struct ports_tree_row *a, const struct ports_tree_row *b)
{
	return a->client_pid == b->client_pid && a->state == b->state &&
		skt_addr_equal(&a->client.addr, &b->client.addr);
}

/* Behind the last client of the same as that at I, which is one. */
static size_t group_end(const struct ports_tree_rows *rows, size_t i)
{
	size_t end = i + 1;

	while (is_client(rows, end) && same_client(&rows->data[i], &rows->data[end]))
		end++;
	return end;
}

/* Draws the clients from I on below STEM; returns the place behind them. */
static size_t draw_all_clients(struct drawing *drawing, const char *below, size_t i)
{
	const struct ports_tree_rows *rows = drawing->rows;
	char prefix[sizeof(stem) + sizeof(branch)];
	size_t told = 0;

	while (is_client(rows, i)) {
		size_t end = group_end(rows, i);
		const bool too_many = ++told == TOLD_MAX && is_client(rows, end);

		for (; too_many && is_client(rows, end); end++)
			;
		(void)snprintf(prefix, sizeof(prefix), "%s%s", below,
			is_client(rows, end) ? branch : last_branch);
		if (too_many) {
			skt_str_add_format(&drawing->line, "… and %zu connection%s more", end - i,
				skt_plural(end - i, "", "s"));
			put(drawing, prefix, "");
		} else {
			draw_clients(drawing, prefix, &rows->data[i], end - i);
		}
		i = end;
	}
	return i;
}

/* The next listener behind the clients of that at I. */
static size_t next_listener(const struct ports_tree_rows *rows, size_t i)
{
	for (i++; is_client(rows, i);)
		i++;
	return i;
}

static void draw_tree(struct drawing *drawing)
{
	const struct ports_tree_rows *rows = drawing->rows;
	const struct ports_tree_row *before = NULL;

	for (size_t i = 0; i < rows->len;) {
		const struct ports_tree_row *row = &rows->data[i];
		const size_t next = next_listener(rows, i);
		const bool last = next == rows->len || !same_process(row, &rows->data[next]);

		if (!before || !same_process(before, row))
			draw_process(drawing, row);
		skt_str_add_format(&drawing->line, "%s ", skt_proto_names[row->proto]);
		skt_end_add(&drawing->line, &row->local, false);
		put(drawing, last ? last_branch : branch, "");
		(void)draw_all_clients(drawing, last ? no_stem : stem, i + 1);
		before = row;
		i = next;
	}
}

int ports_tree_draw(const struct ports_tree_rows *rows, const struct skt_rows_options *options,
	const struct skt_context *ctx, int status)
{
	struct drawing drawing = {.rows = rows,
		.width = skt_terminal_width(ctx->out, ctx->columns_env),
		.color = options->color == SKT_COLOR_ALWAYS ||
			(options->color == SKT_COLOR_AUTO && !ctx->no_color)};
	struct skt_sink sink;

	skt_sink_init(&sink, ctx->out);
	drawing.out = &sink.pending;
	draw_tree(&drawing);
	skt_str_fini(&drawing.line);
	return skt_bytes_end(ctx, &sink, status);
}
