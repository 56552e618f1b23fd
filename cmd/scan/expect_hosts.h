/*
 * Which hosts are expected to be there: `192.0.2.1-20,www=up,*=down`. Lists of hosts with the
 * states that are right for them; the first that has a host counts, `*` has every one.
 */
#ifndef SKT_CMD_SCAN_EXPECT_HOSTS_H
#define SKT_CMD_SCAN_EXPECT_HOSTS_H

#include "base/vec.h"
#include "cmd/scan/expect.h"
#include "cmd/scan/up_state.h"
#include "scan/local.h"
#include "scan/plan.h"
#include "scan/target.h"

/* One word of a list. */
struct scan_expected_host {
	const char *text; /* as it was written: LEN bytes, borrowed */
	size_t len;
	struct skt_addr first, last; /* once resolved; of names AF_UNSPEC */
	bool all;                    /* `*` */
	unsigned int states;         /* bits 1 << enum scan_up_state */
};

SKT_VEC_DECLARE(scan_expected_hosts, struct scan_expected_host);

/* Appends the words of LEN bytes at TEXT, which must outlive it, with STATES. -EINVAL, -ENOMEM. */
int scan_expect_hosts_add(struct scan_expected_hosts *hosts, const char *text, size_t len,
	unsigned int states, struct skt_err *err);

/*
 * Reads TEXT, which must outlive both: what is said of hosts goes to HOSTS, what is said of ports
 * to PORTS. A state of hosts alone, `up`, is about all hosts. -EINVAL, -ERANGE, -ENOMEM; ERR tells.
 */
int scan_expect_split(const char *text, struct scan_expectations *ports,
	struct scan_expected_hosts *hosts, struct skt_err *err);

/* Looks interfaces up that are zones. -EINVAL: there is no such one; ERR tells. */
int scan_expect_hosts_resolve(struct scan_expected_hosts *hosts, struct skt_err *err);

/*
 * Whether all of HOSTS are in PLAN, but for addresses that are no host's (LOCAL); else *ret is the
 * first that is not.
 */
bool scan_expect_hosts_are_asked(const struct scan_expected_hosts *hosts,
	const struct skt_plan *plan, const struct skt_local *local,
	const struct scan_expected_host **ret);

/* STATES as text: `up or unknown`. */
const char *scan_expect_hosts_text(unsigned int states, char text[64]);

/* The states that are right for the host of RESULT; all where nothing is said of it. */
unsigned int scan_expect_hosts_states(
	const struct scan_expected_hosts *hosts, const struct skt_scan_result *result);

#endif
