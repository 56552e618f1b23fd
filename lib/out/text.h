/*
 * Hostile text made harmless. Process names, socket paths, banners and datagrams may hold anything:
 * a table must not let them move the cursor, JSON must stay valid UTF-8, CSV must keep its cells.
 * A text of no bytes may be NULL.
 */
#ifndef SKT_OUT_TEXT_H
#define SKT_OUT_TEXT_H

#include "base/str.h"

/*
 * Appends LEN bytes for a human: control characters (C0, DEL, C1), bytes that are not UTF-8,
 * line and paragraph separators, and characters that change the direction or are invisible become
 * \n \t \r \e \xNN or \u{NNNN}; a backslash doubles. Returns the width in terminal columns.
 */
size_t skt_text_add_escaped(struct skt_str *out, const char *text, size_t len);

/* How many of the LEN bytes at TEXT, which is harmless, fit into WIDTH terminal columns. */
size_t skt_text_cut(const char *text, size_t len, size_t width);

/* Appends a JSON string with its quotes (RFC 8259); bytes that are not UTF-8 become U+FFFD. */
void skt_text_add_json(struct skt_str *out, const char *text, size_t len);

/*
 * Appends a CSV cell (RFC 4180), quoted where needed. Control bytes but newline and tab, and bytes
 * that are not UTF-8, are escaped as for a human, so that `cat` of a CSV file is harmless too.
 */
void skt_text_add_csv(struct skt_str *out, const char *text, size_t len);

/*
 * Appends what stands between the quotes of an OpenMetrics label: `\\`, `"` and newline escaped as
 * the format has it. Control bytes, and bytes that are not UTF-8, are in it as in CSV.
 */
void skt_text_add_metric(struct skt_str *out, const char *text, size_t len);

#endif
