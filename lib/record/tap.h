/* A source of netlink that hands on what another one says, and keeps the sockets in it. */
#ifndef SKT_RECORD_TAP_H
#define SKT_RECORD_TAP_H

#include "diag/netlink_source.h"
#include "record/look.h"
#include "record/table.h"

struct skt_record_tap {
	struct skt_netlink_source inner; /* closed with the tap's source */
	struct skt_look *look;           /* where sockets are added */
	const struct skt_look *last;     /* the look before it */
	uint64_t key[2];                 /* of skt_record_number_of() */
	int failure;                     /* -ENOMEM: some are missing; set to 0 by the caller */
	/* Private: of the request at hand. */
	struct skt_record_request request;
	uint32_t seq;
};

/* The source that TAP, with what the caller has set in it, is. TAP outlives it. */
struct skt_netlink_source skt_record_tap_source(struct skt_record_tap *tap);

/*
 * Adds to LOOK the socket of KIND that LEN bytes ANSWER describe, and MORE uint32_t behind it; LAST
 * as above, and now is when it was told. -ENOMEM; a malformed one is passed over.
 */
int skt_record_tap_add(struct skt_record_tap *tap, struct skt_look *look, uint32_t kind,
	const void *answer, size_t len, const uint32_t *more);

#endif
