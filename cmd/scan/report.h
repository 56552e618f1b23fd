/*
 * Results on their way to rows. Machine formats get each one as it comes; the table waits for the
 * end and counts together what is alike, in memory that grows with what was found and not with what
 * was asked.
 */
#ifndef SKT_CMD_SCAN_REPORT_H
#define SKT_CMD_SCAN_REPORT_H

#include "base/arena.h"
#include "base/service.h"
#include "base/vec.h"
#include "cmd/naming.h"
#include "cmd/scan/diff.h"
#include "cmd/scan/line.h"
#include "cmd/scan/row.h"
#include "out/output.h"
#include "out/sink.h"
#include "scan/scan.h"

/* A result that is kept. */
struct scan_kept {
	struct skt_scan_result result;
	struct scan_said said;
	bool dropped; /* counted in its group */
};

enum { SCAN_ALIKE_MAX = 8 }; /* as many of a kind get a row each, more one together */

/* Results of one host that are alike. */
struct scan_group {
	struct skt_scan_result first; /* its port is the least */
	uint64_t count;
	uint32_t kept[SCAN_ALIKE_MAX];
	bool together; /* too many for a row each */
	uint32_t next; /* in the chain of its place in the table */
};

/* Results of many hosts that are alike. */
struct scan_other {
	struct skt_scan_result first;
	uint64_t count;
};

struct scan_report {
	/* Writes the lines in a format that is not rows, to `sink`; NULL: rows, to `output`. */
	void (*foreign)(struct scan_report *report, const struct scan_line *lines, size_t count);
	struct skt_sink *sink;
	const char *const *argv;            /* the command line, ended by NULL */
	const struct skt_scan_stats *stats; /* of the run, complete when it has ended */
	enum skt_scan_method method;
	uint32_t ports; /* how many are usually scanned of a host */
	const struct skt_services *services;
	struct skt_output *output;
	bool resolve;
	struct skt_naming naming;          /* with it: of addresses */
	const volatile sig_atomic_t *stop; /* not 0: names are waited for no more */
	/* A row that was held is written; WRITTEN_ARG is its first argument. 0 or -errno. */
	int (*written)(void *arg, const struct skt_scan_result *result);
	void *written_arg;
	bool udp;
	bool collapse;                              /* for people: the table */
	struct scan_row_name names[SCAN_NAMES_MAX]; /* of the certificate of the row at hand */
	bool open_only;
	bool identified; /* open ports were asked what they are: else their number is all there is
			  */
	const struct scan_diff *diff; /* to say what was; or NULL */
	bool sorted;                  /* rows are held until the end */
	struct skt_arena words;       /* of ports, as long as rows or results are kept */
	SKT_VEC(struct scan_kept) kept;
	SKT_VEC(struct scan_group) groups;
	uint32_t *table; /* of groups by what is alike; a power of two */
	size_t table_size;
	size_t alike_kept;
	struct scan_other others[SKT_SCAN_STATES][SKT_REASONS];
};

/* After the fields above are set. 0 or -errno. */
int scan_report_begin(struct scan_report *report);

/*
 * One result; SAID: what the port said, or NULL. 0, or the failure of the output. More than 0:
 * it is held, and `written` will say when it is not any more.
 */
int scan_report_add(struct scan_report *report, const struct skt_scan_result *result,
	const struct scan_said *said);

/* Writes those whose names have come. 0 or the failure of the output. */
int scan_report_settle(struct scan_report *report);

/* What the host of RESULT is called: as it was given, or its name. */
const char *scan_report_host(struct scan_report *report, const struct skt_scan_result *result);

/* Waits for names a bounded time, and writes what was kept. */
int scan_report_finish(struct scan_report *report);
void scan_report_fini(struct scan_report *report);

#endif
