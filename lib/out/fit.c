#include "out/fit.h"

#include "base/macros.h"

static size_t line_width(const struct skt_fit *columns, size_t count, size_t gap)
{
	size_t width = count ? gap * (count - 1) : 0;

	for (size_t i = 0; i < count; i++)
		width += columns[i].width;
	return width;
}

/* The widest of those that may be cut, LATE ones or the others, and in *NEXT the width of the one
 * after it; NULL: none is left. */
static struct skt_fit *widest(struct skt_fit *columns, size_t count, bool late, size_t *next)
{
	struct skt_fit *first = NULL;

	*next = 0;
	for (size_t i = 0; i < count; i++) {
		struct skt_fit *column = &columns[i];

		if (column->late != late || column->width <= column->least)
			continue;
		if (first && column->width <= first->width) {
			*next = SKT_MAX(*next, column->width);
			continue;
		}
		*next = first ? first->width : 0;
		first = column;
	}
	return first;
}

/* Cuts until LINE is AVAILABLE, or all are as narrow as they may be. Returns the line of then. */
static size_t cut(struct skt_fit *columns, size_t count, bool late, size_t line, size_t available)
{
	struct skt_fit *column;
	size_t next;

	while (line > available && (column = widest(columns, count, late, &next))) {
		/* Down to the next one, and then both by turns. */
		size_t step = column->width > next ? column->width - next : 1;

		step = SKT_MIN(step, line - available);
		step = SKT_MIN(step, column->width - column->least);
		column->width -= step;
		column->is_cut = true;
		line -= step;
	}
	return line;
}

bool skt_fit(struct skt_fit *columns, size_t count, size_t gap, size_t available)
{
	size_t line = line_width(columns, count, gap);

	for (size_t i = count; i-- && line > available;) {
		struct skt_fit *column = &columns[i];

		if (column->brief >= column->width)
			continue;
		line -= column->width - column->brief;
		column->width = column->brief;
		column->is_brief = true;
	}
	line = cut(columns, count, false, line, available);
	line = cut(columns, count, true, line, available);
	return line <= available;
}
