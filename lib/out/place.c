#include "out/place.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "out/cell.h"
#include "out/fit.h"
#include "out/text.h"

/* As far as texts and ends are cut. */
enum { TEXT_LEAST = 8, END_LEAST = 13, PROSE_LEAST = 24 };

/* Columns that a value of a type usually takes, where no rows can be waited for. */
static const uint8_t usual_width[] = {
	[SKT_TYPE_BOOL] = 3,
	[SKT_TYPE_U8] = 3,
	[SKT_TYPE_U16] = 5,
	[SKT_TYPE_U32] = 7,
	[SKT_TYPE_U64] = 8,
	[SKT_TYPE_I64] = 8,
	[SKT_TYPE_NAME] = 1,
	[SKT_TYPE_TEXT] = 15,
	[SKT_TYPE_BYTES] = 15,
	[SKT_TYPE_ADDR] = 15,
	[SKT_TYPE_END] = 21,
	[SKT_TYPE_LIST] = 15,
	[SKT_TYPE_CHARS] = 10,
	[SKT_TYPE_FLAGS] = 15,
};

/* The same of an end without its port, and of the brief form of a list. */
enum { USUAL_ADDRESS = 15, USUAL_BRIEF = 12 };

static size_t usual_width_of(const struct skt_column *column)
{
	if (column->width)
		return column->width;
	if (column->type == SKT_TYPE_END && column->flags & SKT_COLUMN_BARE)
		return USUAL_ADDRESS;
	return usual_width[column->type];
}

static bool is_number(uint8_t type)
{
	return type >= SKT_TYPE_U8 && type <= SKT_TYPE_I64;
}

const char *const skt_tone_sgr[] = {
	[SKT_TONE_PLAIN] = "",
	[SKT_TONE_GOOD] = "\033[32m",
	[SKT_TONE_NOTICE] = "\033[35m", /* yellow is not to be read on white */
	[SKT_TONE_BAD] = "\033[31m",
	[SKT_TONE_FAINT] = "\033[2m",
};

/* A cell of TEXT, escaped, with the sequence SGR around it; false when memory is out. */
static bool cell_keep(
	struct skt_arena *arena, const char *text, const char *sgr, struct skt_table_cell *ret)
{
	struct skt_str scratch = {0};

	skt_str_add_text(&scratch, sgr);
	ret->width = skt_text_add_escaped(&scratch, text, strlen(text));
	if (*sgr)
		skt_str_add_text(&scratch, SKT_SGR_RESET);
	ret->text = scratch.failed ? NULL : skt_arena_text(arena, scratch.data, scratch.len);
	ret->len = scratch.len;
	skt_str_fini(&scratch);
	return ret->text != NULL;
}

static bool names_make(struct skt_arena *arena, struct skt_place *place, bool color)
{
	const struct skt_column *column = place->column;
	struct skt_table_cell *names =
		skt_arena_alloc(arena, (size_t)column->names_count * sizeof(*names) + 1);

	if (!names)
		return false;
	place->names = names;
	for (size_t i = 0; i < column->names_count; i++) {
		uint8_t tone = color && column->tones ? column->tones[i] : SKT_TONE_PLAIN;

		const char *name = skt_column_name_of(column, (uint8_t)i);

		if (!name)
			names[i] = skt_table_dash;
		else if (!cell_keep(arena, name, skt_tone_sgr[tone], &names[i]))
			return false;
	}
	return true;
}

static bool heading_make(struct skt_arena *arena, struct skt_place *place)
{
	const struct skt_column *column = place->column;
	char *copy;

	if (column->title)
		return cell_keep(arena, column->title, "", &place->heading);
	copy = skt_arena_text(arena, column->name, strlen(column->name));
	if (!copy)
		return false;
	for (char *p = copy; *p; p++)
		*p = *p == '_' ? '-' : (char)toupper((unsigned char)*p);
	return cell_keep(arena, copy, "", &place->heading);
}

static bool place_make(struct skt_arena *arena, const struct skt_output_config *config,
	const struct skt_column *column, struct skt_place *place)
{
	place->column = column;
	place->right = is_number(column->type);
	place->toned = config->color && (column->tone_of || column->tone);
	if (column->flags & SKT_COLUMN_RIGHT)
		place->right = true;
	if (column->flags & SKT_COLUMN_LEFT)
		place->right = false;
	if (column->type == SKT_TYPE_NAME && !names_make(arena, place, config->color))
		return false;
	if (!heading_make(arena, place))
		return false;
	place->may_be_cut = column->type >= SKT_TYPE_TEXT;
	if (config->header)
		place->width = place->brief = place->heading.width;
	return true;
}

int skt_places_make(
	const struct skt_output_config *config, struct skt_arena *arena, struct skt_places *ret)
{
	const struct skt_selection *selection = config->selection;

	ret->count = selection->count;
	ret->data = skt_arena_alloc(arena, (ret->count + 1) * sizeof(*ret->data));
	if (!ret->data)
		return -ENOMEM;
	for (size_t i = 0; i < ret->count; i++)
		if (!place_make(arena, config, selection->columns[i], &ret->data[i]))
			return -ENOMEM;
	return 0;
}

void skt_places_usual(struct skt_places *places, const struct skt_output_config *config)
{
	for (size_t i = 0; i < places->count; i++) {
		struct skt_place *place = &places->data[i];
		size_t width =
			config->width_of ? config->width_of(place->column, config->width_arg) : 0;

		if (width == SKT_WIDTH_TOLD)
			continue;
		if (width) {
			place->width = SKT_MAX(
				place->width, SKT_MIN(width, (size_t)SKT_PLACE_ALIGNED_MAX));
			continue;
		}
		place->width = SKT_MAX(place->width, usual_width_of(place->column));
		place->brief = SKT_MAX(place->brief, SKT_MIN(place->width, (size_t)USUAL_BRIEF));
		for (size_t j = 0;
			place->names && !place->column->width && j < place->column->names_count;
			j++)
			place->width = SKT_MAX(place->width, place->names[j].width);
	}
}

/* As far as a column may be cut: one of texts not below its heading, numbers not at all. */
static size_t least_width(const struct skt_place *place)
{
	if (place->column->flags & SKT_COLUMN_PROSE)
		return PROSE_LEAST;
	switch (place->column->type) {
	case SKT_TYPE_TEXT:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_LIST:
	case SKT_TYPE_FLAGS:
		return SKT_MAX((size_t)TEXT_LEAST, place->heading.width);
	case SKT_TYPE_ADDR:
	case SKT_TYPE_END:
		return SKT_MAX((size_t)END_LEAST, place->heading.width);
	}
	return place->width;
}

void skt_places_told(struct skt_places *places, const struct skt_output_config *config)
{
	for (size_t i = 0; config->width_of && i < places->count; i++)
		if (config->width_of(places->data[i].column, config->width_arg) == SKT_WIDTH_TOLD)
			places->data[i].omitted = true;
}

/* Of a line with GAP blanks between columns. */
static size_t line_width(const struct skt_places *places, size_t gap)
{
	size_t line = 0;

	for (size_t i = 0; i < places->count; i++)
		if (!places->data[i].omitted)
			line += places->data[i].width + (line ? gap : 0);
	return line;
}

/* As narrow as it may be where others are to be seen, too: what goes on and on, and no names. */
static size_t narrow_width(const struct skt_place *place)
{
	switch (place->column->type) {
	case SKT_TYPE_BYTES:
	case SKT_TYPE_LIST:
	case SKT_TYPE_FLAGS:
		return SKT_MIN(place->width, least_width(place));
	}
	return place->width;
}

void skt_places_spare(struct skt_places *places, size_t width)
{
	struct skt_place *most;
	size_t line;

	do {
		most = NULL;
		line = 0;
		for (size_t i = 0; i < places->count; i++) {
			struct skt_place *place = &places->data[i];

			if (place->omitted)
				continue;
			line += narrow_width(place) + (line ? 1 : 0);
			if (place->column->spare > (most ? most->column->spare : 0))
				most = place;
		}
		if (most && line > width)
			most->omitted = true;
	} while (most && line > width);
}

ptrdiff_t skt_places_slack(const struct skt_places *places, size_t width)
{
	const size_t gap = places->count ? places->data[0].gap : 0;

	return (ptrdiff_t)width - (ptrdiff_t)line_width(places, gap);
}

void skt_places_space(struct skt_places *places, size_t width)
{
	size_t gap = 2;

	if (width && line_width(places, gap) > width)
		gap = 1;
	for (size_t i = 0; i < places->count; i++)
		places->data[i].gap = gap;
}

bool skt_places_fit(struct skt_places *places, size_t width)
{
	struct skt_fit *fits = calloc(places->count + 1, sizeof(*fits));
	struct skt_place *last = NULL;
	size_t n = 0;
	bool fit;

	if (!fits)
		return true;
	for (size_t i = 0; i < places->count; i++) {
		const struct skt_place *place = &places->data[i];

		if (!place->omitted)
			fits[n++] = (struct skt_fit){
				.width = place->width,
				.brief = place->column->item_brief ? place->brief : place->width,
				.least = least_width(place),
				.late = place->column->type == SKT_TYPE_END ||
					place->column->type == SKT_TYPE_ADDR,
			};
	}
	fit = skt_fit(fits, n, 1, width);
	n = 0;
	for (size_t i = 0; i < places->count; i++) {
		struct skt_place *place = &places->data[i];

		if (place->omitted)
			continue;
		place->width = fits[n].width;
		place->is_brief = fits[n].is_brief;
		place->is_cut = fits[n].is_cut;
		last = place;
		n++;
	}
	if (last && last->is_cut && last->column->flags & SKT_COLUMN_PROSE) {
		last->is_cut = false;
		last->wraps = true;
	}
	free(fits);
	return fit;
}

void skt_places_omit(struct skt_places *places)
{
	bool any = false;

	for (size_t i = 0; i < places->count; i++)
		any |= places->data[i].any && !places->data[i].omitted;
	for (size_t i = 0; any && i < places->count; i++)
		places->data[i].omitted |= !places->data[i].any;
}
