/* A look as a source of netlink: it answers requests of sock_diag(7) as the kernel did then. */
#ifndef SKT_RECORD_ANSWER_H
#define SKT_RECORD_ANSWER_H

#include "diag/netlink_source.h"
#include "record/look.h"
#include "record/table.h"

/* Zero-initialised but for `look`, which outlives it. */
struct skt_record_answer {
	const struct skt_look *look;
	/* Private: of the request at hand. */
	struct skt_record_request request;
	uint32_t seq;
	size_t next; /* of look->items */
	bool ended;
};

/* ANSWER outlives the source; many may follow each other. */
struct skt_netlink_source skt_record_answer_source(struct skt_record_answer *answer);

#endif
