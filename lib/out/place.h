/*
 * The places of a table: one for each column, with its heading, what it may hold, and how wide it
 * is. The table shows rows in them.
 */
#ifndef SKT_OUT_PLACE_H
#define SKT_OUT_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "out/format.h"
#include "out/table_cell.h"

/* SGR sequences (ECMA-48): in front of the heading and of what has a tone, and behind these. */
#define SKT_SGR_BOLD "\033[1m"
#define SKT_SGR_RESET "\033[0m"
extern const char *const skt_tone_sgr[];

/* The width up to which a column is aligned where lines may have any length. */
enum { SKT_PLACE_ALIGNED_MAX = 64 };

struct skt_place {
	const struct skt_column *column;
	const struct skt_table_cell *names; /* NAME: its cells by value */
	struct skt_table_cell heading;
	size_t width, gap; /* in terminal columns; the gap is behind it */
	size_t brief;      /* the width of the brief form, where the column has one */
	bool right;
	bool toned;      /* its numbers have colours */
	bool any;        /* a row had a value */
	bool omitted;    /* none had, or it says nothing new, and nobody asked for it */
	bool is_brief;   /* cells are shown in their brief form */
	bool is_cut;     /* what is wider is cut */
	bool wraps;      /* what is wider goes on in lines of its own */
	bool may_be_cut; /* as texts may, and numbers not */
};

struct skt_places {
	struct skt_place *data; /* from the arena */
	size_t count;
};

/* The places of the columns that CONFIG selects, as wide as their headings. 0 or -ENOMEM. */
int skt_places_make(
	const struct skt_output_config *config, struct skt_arena *arena, struct skt_places *ret);

/* As wide as what usually comes, where no rows can be waited for. */
void skt_places_usual(struct skt_places *places, const struct skt_output_config *config);

/* Leaves out those of which CONFIG knows that they tell nothing that others do not. */
void skt_places_told(struct skt_places *places, const struct skt_output_config *config);

/* Leaves out, while lines are longer than WIDTH, those that can be spared, the most of all first.
 */
void skt_places_spare(struct skt_places *places, size_t width);

/* How much shorter than WIDTH a line is where all have their width; negative: longer. */
ptrdiff_t skt_places_slack(const struct skt_places *places, size_t width);

/* Leaves out those of which no row had a value. Where that is all of them, they stay. */
void skt_places_omit(struct skt_places *places);

/* Two blanks between columns, or one where two make a line longer than WIDTH, if that is not 0. */
void skt_places_space(struct skt_places *places, size_t width);

/* Makes a line no longer than WIDTH, as far as that can be had: fit.h. Whether it was. */
bool skt_places_fit(struct skt_places *places, size_t width);

#endif
