/* The head of an HTTP message, of either side (RFC 9112 2, RFC 9110 5). Pure. */
#ifndef SKT_NET_HTTP_HEAD_H
#define SKT_NET_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How long it is, the empty line included; 0: more must come. */
ssize_t skt_http_head_measure(const char *bytes, size_t len);

/* A line of the head: a field, or the first one, where NAME_LEN is 0. Borrowed from the head. */
struct skt_http_line {
	const char *text; /* LEN bytes, without what ends it */
	size_t len;
	const char *value; /* of a field, without blanks around it */
	size_t name_len, value_len;
};

/*
 * Reads the line at *AT, and goes behind it. FIRST: it is no field. Returns 1; 0: it is the empty
 * one; -EPROTO: it is none (a NUL or CR in it, a blank at its beginning or behind its name).
 */
int skt_http_head_next(const char **at, const char *end, bool first, struct skt_http_line *ret);

/* Whether LINE is a field of that name. */
bool skt_http_line_is(const struct skt_http_line *line, const char *name);

#endif
