/*
 * The gate in front of a host: whether a probe may go there now. There must be a path, and somebody
 * at its next hop; the first probe finds that out, and the others wait for what comes of it.
 */
#ifndef SKT_SCAN_GATE_H
#define SKT_SCAN_GATE_H

#include "scan/running.h"

enum skt_gate {
	SKT_GATE_OPEN,
	SKT_GATE_QUESTION, /* open for this probe, which is the question */
	SKT_GATE_HOLD,     /* parked, until the question is answered */
	SKT_GATE_DOWN,     /* nobody is there */
	SKT_GATE_NO_PATH,  /* this host cannot send there: `error` of the path says why */
};

/*
 * Opens the oracle. 0; -EOPNOTSUPP: this kernel cannot be asked, and every gate is open; -ENOMEM,
 * -EMFILE, -ENFILE.
 */
int skt_gate_init(struct skt_scan *scan);
void skt_gate_fini(struct skt_scan *scan);

/* For a probe of PAIR of HOST. HOLD and QUESTION: *ret_park is where it is to be parked. */
enum skt_gate skt_gate_for(struct skt_scan *scan, struct skt_host *host,
	const struct skt_plan_pair *pair, uint32_t *ret_park);

/* How the kernel reaches HOST, as it was last asked; NULL: it was not. */
const struct skt_path *skt_gate_path(const struct skt_scan *scan, const struct skt_host *host);

/* Whether HOST is on the link, and was seen to answer there during this scan. */
bool skt_gate_is_found(const struct skt_scan *scan, const struct skt_host *host);

/* The probe that is the question goes out now. */
void skt_gate_ask(struct skt_scan *scan, struct skt_host *host, uint64_t now_ns);

/* The question could not be sent, for ERROR. */
void skt_gate_unask(struct skt_scan *scan, struct skt_host *host, int error);

/* Somebody answered for HOST. */
void skt_gate_heard(struct skt_scan *scan, struct skt_host *host);

/* The kernel says itself that nobody is at the next hop; FROM: the address it says so with. */
void skt_gate_missed(struct skt_scan *scan, struct skt_host *host, const struct skt_addr *from);

/*
 * Before the silence of HOST, which has never said a word, is believed: UP, DOWN, or ASKING while
 * the kernel finds out whether its next hop is still there.
 */
enum skt_host_state skt_gate_check(struct skt_scan *scan, struct skt_host *host, uint64_t now_ns);

/* Fills in the link-layer address of the host of PAIR, if it is a neighbour. */
void skt_gate_lladdr(
	struct skt_scan *scan, const struct skt_plan_pair *pair, struct skt_scan_result *result);

/* Takes the kernel's news. IDLE: nothing is under way but questions. */
void skt_gate_tick(struct skt_scan *scan, uint64_t now_ns, bool idle);

/* Whether routes, addresses or links have changed so short a time ago that they may change back. */
bool skt_gate_has_changed(const struct skt_scan *scan, uint64_t now_ns);

/* Readable when there is news; -1: never. */
int skt_gate_fd(const struct skt_scan *scan);

#endif
