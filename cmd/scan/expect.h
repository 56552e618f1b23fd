/*
 * What a scan is expected to find: `22,443=open,*=closed|filtered`. Lists of ports with the states
 * that are right for them; the first that has a port counts, `*` has every one.
 */
#ifndef SKT_CMD_SCAN_EXPECT_H
#define SKT_CMD_SCAN_EXPECT_H

#include "base/port.h"
#include "base/service.h"
#include "scan/plan.h"
#include "scan/verdict.h"

struct scan_expectation {
	struct skt_port_list list;
	struct skt_portset *set; /* once resolved; NULL: every port */
	bool all;                /* `*` */
	unsigned int states;     /* bits 1 << enum skt_scan_state */
};

SKT_VEC_DECLARE(scan_expectations, struct scan_expectation);

/* Appends what LEN bytes at TEXT, which must outlive it, say. -EINVAL, -ERANGE, -ENOMEM; ERR tells.
 */
int scan_expect_parse(
	const char *text, size_t len, struct scan_expectations *list, struct skt_err *err);

/* Looks names up, and adds all ports that are named to PORTS. -ENOENT, -ENOMEM. */
int scan_expect_resolve(struct scan_expectations *list, const struct skt_services *services,
	uint8_t protocol, struct skt_portset *ports, struct skt_err *err);

/*
 * Whether every host of PLAN is asked each port that is named; else *ret_addr and *ret_port are the
 * first that is not.
 */
bool scan_expect_is_asked(const struct scan_expectations *list, const struct skt_plan *plan,
	struct skt_addr *ret_addr, uint16_t *ret_port);

/* Whether STATE is right for PORT; a port that nothing is said of is always right. */
bool scan_expect_holds(const struct scan_expectations *list, uint16_t port, uint8_t state);

/* The states that are expected of PORT, as text. */
const char *scan_expect_text(const struct scan_expectations *list, uint16_t port, char text[128]);

void scan_expect_fini(struct scan_expectations *list);

#endif
