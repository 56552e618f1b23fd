/* The columns of the rows that `sockkit connect` reports, and how wide they are. */
#ifndef SKT_CMD_CONNECT_COLUMNS_H
#define SKT_CMD_CONNECT_COLUMNS_H

#include "base/endpoint.h"
#include "out/column.h"

/* Of struct connect_row. */
extern const struct skt_column connect_probe_columns[], connect_timing_columns[];
/* The same with --tls. */
extern const struct skt_column connect_tls_columns[], connect_tls_timing_columns[];

/*
 * How wide the columns are where rows come one by one: as what this run may well show. What is
 * rare, IPv6 addresses of names and `unreachable`, may push its line. What all rows have, and what
 * their endpoint tells, is told.
 */
struct connect_widths {
	size_t endpoint, address; /* of the longest text that is known */
	bool named, udp, tls;
	bool inet, other; /* there are such endpoints */
};

/* Takes account of one more endpoint, shown as TEXT. */
void connect_widths_take(
	struct connect_widths *widths, const struct skt_endpoint *endpoint, const char *text);

/* As struct skt_output_config's width_of; ARG is a struct connect_widths. */
size_t connect_row_width(const struct skt_column *column, const void *arg);

#endif
