/* Where in a filter the cursor stands: what the language has there (filter/filter.h). Pure. */
#ifndef SKT_CMD_COMPLETE_FILTER_H
#define SKT_CMD_COMPLETE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "out/column.h"

enum complete_operand {
	COMPLETE_SUBJECT, /* none: a predicate begins here */
	COMPLETE_STATES,
	COMPLETE_HOSTS,
	COMPLETE_PORTS,
	COMPLETE_INTERFACE,
	COMPLETE_COLUMN, /* a value of `column` */
	COMPLETE_OTHER,
};

struct complete_filter {
	enum complete_operand operand;
	const struct skt_column *column; /* of COLUMN, and of HOSTS: the address */
	bool behind;                     /* SUBJECT: behind a predicate that is complete */
	size_t typed; /* bytes at the end of the text that are the word at hand */
};

/* Reads TEXT up to the cursor at its end; COLUMNS: those that the language knows. */
struct complete_filter complete_filter_at(const char *text, const struct skt_column *columns);

#endif
