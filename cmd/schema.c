#include "cmd/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/events.h"
#include "cmd/introspect.h"
#include "cmd/options.h"
#include "out/sink.h"
#include "out/text.h"

/* ---- which there are ---- */

static void each_set(const struct skt_command *command, const struct skt_column_set *sets,
	bool whole, void (*each)(const struct skt_schema *schema, void *ctx), void *ctx)
{
	for (const struct skt_column_set *set = sets; set && set->columns; set++)
		each(&(const struct skt_schema){.command = command->name,
			     .kind = set->option,
			     .columns = set->columns,
			     .more = set->adds ? command->column_sets->columns : NULL,
			     .totals = set->totals,
			     .whole = whole},
			ctx);
}

void skt_schema_each(void (*each)(const struct skt_schema *schema, void *ctx), void *ctx)
{
	for (const struct skt_command *const *c = skt_commands; *c; c++) {
		each_set(*c, (*c)->column_sets, false, each, ctx);
		each_set(*c, (*c)->joint_sets, false, each, ctx);
		each_set(*c, (*c)->report_sets, true, each, ctx);
	}
	each(&(const struct skt_schema){.kind = "events",
		     .columns = skt_event_columns,
		     .whole = true,
		     .others = true},
		ctx);
	each(
		&(const struct skt_schema){
			.kind = "introspect", .columns = skt_introspect_columns, .whole = true},
		ctx);
}

void skt_schema_add_name(struct skt_str *out, const struct skt_schema *schema)
{
	const char *kind = schema->kind;

	if (schema->command)
		skt_str_add_text(out, schema->command);
	if (schema->command && kind)
		skt_str_add_char(out, '-');
	if (kind)
		skt_str_add_text(out, kind);
}

/* ---- a value ---- */

static void add_json(struct skt_str *out, const char *text)
{
	skt_text_add_json(out, text, strlen(text));
}

/* Whether a row may have no value there; see skt_cell_is_empty() and skt_cell_find(). */
static bool is_nullable(const struct skt_column *column)
{
	if (column->present != SKT_PRESENT_ALWAYS || column->via)
		return true;
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_NAME:
		for (size_t i = 0; i < column->names_count; i++)
			if (!column->names[i])
				return true;
		return !column->names_count;
	case SKT_TYPE_TEXT:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_ADDR:
	case SKT_TYPE_END:
		return true;
	case SKT_TYPE_BOOL:
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
	case SKT_TYPE_LIST:
	case SKT_TYPE_FLAGS:
		return false;
	}
	return true;
}

static const char *type_name(enum skt_type type)
{
	switch (type) {
	case SKT_TYPE_BOOL:
		return "boolean";
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		return "integer";
	case SKT_TYPE_LIST:
	case SKT_TYPE_FLAGS:
		return "array";
	case SKT_TYPE_NAME:
	case SKT_TYPE_TEXT:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_ADDR:
	case SKT_TYPE_END:
		break;
	}
	return "string";
}

static void add_type(struct skt_str *out, const char *name, bool nullable)
{
	skt_str_add_format(
		out, nullable ? "\"type\": [\"%s\", \"null\"]" : "\"type\": \"%s\"", name);
}

static void add_range(struct skt_str *out, enum skt_type type)
{
	const uint64_t most = type == SKT_TYPE_U8 ? UINT8_MAX
		: type == SKT_TYPE_U16            ? UINT16_MAX
		: type == SKT_TYPE_U32            ? UINT32_MAX
						  : UINT64_MAX;

	if (type == SKT_TYPE_I64)
		skt_str_add_format(out, ", \"minimum\": %" PRId64 ", \"maximum\": %" PRId64,
			INT64_MIN, INT64_MAX);
	else
		skt_str_add_format(out, ", \"minimum\": 0, \"maximum\": %" PRIu64, most);
}

/* The names, and what stands for a value that was not known when this was written. */
static void add_names(struct skt_str *out, const struct skt_column *column, const char *unknown)
{
	bool any = false;

	skt_str_add_text(out, ", \"anyOf\": [{\"enum\": [");
	for (size_t i = 0; i < column->names_count; i++) {
		bool twice = !column->names[i];

		for (size_t j = 0; j < i && !twice; j++)
			twice = column->names[j] && strcmp(column->names[i], column->names[j]) == 0;
		if (twice)
			continue;
		if (any)
			skt_str_add_text(out, ", ");
		any = true;
		add_json(out, column->names[i]);
	}
	skt_str_add_format(out, "]}, {\"pattern\": \"%s\"}]", unknown);
}

static void add_properties(struct skt_str *out, const struct skt_column *columns);
static void add_required(struct skt_str *out, const struct skt_column *columns);

static void add_items(struct skt_str *out, const struct skt_column *column)
{
	skt_str_add_text(out, ", \"items\": {");
	if (column->type == SKT_TYPE_FLAGS) {
		add_type(out, "string", false);
		add_names(out, column, "^bit[0-9]{1,2}$");
	} else {
		add_type(out, "object", false);
		skt_str_add_text(out, ", \"properties\": {");
		add_properties(out, column->items);
		skt_str_add_text(out, "}, ");
		add_required(out, column->items);
	}
	skt_str_add_char(out, '}');
}

/* Of what it is, in words, unless HELP says so. */
static const char *unit_text(const struct skt_column *column)
{
	static const char *const texts[] = {
		[SKT_UNIT_BYTES] = "bytes",
		[SKT_UNIT_MS] = "milliseconds",
		[SKT_UNIT_US] = "microseconds",
		[SKT_UNIT_NS] = "nanoseconds",
		[SKT_UNIT_BYTES_PER_S] = "bytes a second",
	};
	const char *text = column->unit < SKT_COUNT(texts) ? texts[column->unit] : NULL;

	return text && !strcasestr(column->help, text) ? text : NULL;
}

static void add_description(struct skt_str *out, const struct skt_column *column)
{
	const char *unit = column->help ? unit_text(column) : NULL;
	struct skt_str text = {0};

	if (!column->help)
		return;
	skt_str_add_text(&text, column->help);
	if (unit)
		skt_str_add_format(&text, " (%s)", unit);
	skt_str_add_text(out, ", \"description\": ");
	skt_text_add_json(out, text.data, text.len);
	out->failed |= text.failed;
	skt_str_fini(&text);
}

static void add_property(struct skt_str *out, const struct skt_column *column)
{
	add_json(out, column->name);
	skt_str_add_text(out, ": {");
	add_type(out, type_name(column->type), is_nullable(column));
	if (column->type >= SKT_TYPE_U8 && column->type <= SKT_TYPE_I64)
		add_range(out, column->type);
	if (column->type == SKT_TYPE_NAME)
		add_names(out, column, "^[1-9][0-9]{0,2}$");
	if (column->type == SKT_TYPE_LIST || column->type == SKT_TYPE_FLAGS)
		add_items(out, column);
	add_description(out, column);
	skt_str_add_char(out, '}');
}

/* Those of an item, in one line. */
static void add_properties(struct skt_str *out, const struct skt_column *columns)
{
	for (const struct skt_column *column = columns; column->name; column++) {
		if (column != columns)
			skt_str_add_text(out, ", ");
		add_property(out, column);
	}
}

static void add_required(struct skt_str *out, const struct skt_column *columns)
{
	skt_str_add_text(out, "\"required\": [");
	for (const struct skt_column *column = columns; column->name; column++) {
		if (column != columns)
			skt_str_add_text(out, ", ");
		add_json(out, column->name);
	}
	skt_str_add_char(out, ']');
}

/* ---- a document ---- */

/* What MORE adds to what OWN has of that name. */
static bool is_added(const struct skt_column *own, const struct skt_column *column)
{
	return !skt_column_find(own, column->name, strlen(column->name));
}

/* A total that is called as another column is described as that. */
static bool is_total(
	const struct skt_column *columns, const struct skt_column *column, const char *prefix)
{
	char name[128];
	const int len = snprintf(name, sizeof(name), "%s%s", prefix, column->name);

	return column->type >= SKT_TYPE_U8 && column->type <= SKT_TYPE_U64 &&
		!skt_column_find(columns, name, (size_t)len);
}

static void add_totals(struct skt_str *out, const struct skt_column *columns)
{
	static const char *const prefixes[] = {"sum_", "max_"};

	/* Totals are of the usual columns, which are there too. */
	SKT_ASSERT(columns);
	skt_str_add_text(out, ",\n\"patternProperties\": {");
	for (size_t i = 0; i < SKT_COUNT(prefixes); i++) {
		bool any = false;

		skt_str_add_format(out, "%s\n\"^%s(", i ? "," : "", prefixes[i]);
		for (const struct skt_column *column = columns; column->name; column++) {
			if (!is_total(columns, column, prefixes[i]))
				continue;
			skt_str_add_format(out, "%s%s", any ? "|" : "", column->name);
			any = true;
		}
		skt_str_add_text(out, ")$\": {");
		add_type(out, "integer", true);
		add_range(out, SKT_TYPE_U64);
		skt_str_add_char(out, '}');
	}
	skt_str_add_text(out, "\n}");
}

static void add_head(struct skt_str *out, const struct skt_schema *schema)
{
	skt_str_add_text(out,
		"{\n\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
		"\"$id\": \"urn:sockkit:schema:");
	skt_schema_add_name(out, schema);
	skt_str_add_text(out, "\",\n\"title\": \"");
	if (schema->command)
		skt_str_add_format(out, "sockkit %s%s%s", schema->command, schema->kind ? ": " : "",
			schema->kind ? schema->kind : "");
	else
		skt_str_add_format(out, "sockkit: %s", schema->kind);
	skt_str_add_text(out,
		"\",\n\"$defs\": {\"rows\": {\"type\": \"array\", "
		"\"items\": {\"$ref\": \"#\"}}},\n\"type\": \"object\",\n\"properties\": {\n");
}

static void add_document(const struct skt_schema *schema, void *ctx)
{
	struct skt_sink *sink = ctx;
	struct skt_str *out = &sink->pending;

	add_head(out, schema);
	for (const struct skt_column *column = schema->columns; column->name; column++) {
		if (column != schema->columns)
			skt_str_add_text(out, ",\n");
		add_property(out, column);
	}
	for (const struct skt_column *column = schema->more; column && column->name; column++) {
		if (!is_added(schema->columns, column))
			continue;
		skt_str_add_text(out, ",\n");
		add_property(out, column);
	}
	skt_str_add_text(out, "\n}");
	if (schema->totals)
		add_totals(out, schema->more);
	if (schema->others)
		skt_str_add_text(out,
			",\n\"additionalProperties\": {\"type\": [\"string\", \"integer\", "
			"\"null\"]}");
	if (schema->whole) {
		skt_str_add_text(out, ",\n");
		add_required(out, schema->columns);
	}
	skt_str_add_text(out, "\n}\n");
	skt_sink_settle(sink);
}

int skt_schema_print(const struct skt_context *ctx)
{
	struct skt_sink sink;

	skt_sink_init(&sink, ctx->out);
	skt_schema_each(add_document, &sink);
	return skt_bytes_end(ctx, &sink, SKT_EXIT_YES);
}
