/* What becomes of the payload that udprecv takes. */
#ifndef SKT_CMD_UDPRECV_PAYLOAD_H
#define SKT_CMD_UDPRECV_PAYLOAD_H

#include "cmd/datagram/rows.h"
#include "cmd/udprecv/options.h"
#include "cmd/udprecv/socket.h"
#include "net/receiver.h"

struct udprecv_payload {
	const struct udprecv_options *o;
	struct skt_context *ctx;
	struct skt_sink sink;
	struct skt_datagram_rows rows;
};

extern const struct skt_column udprecv_columns[];

int udprecv_payload_begin(struct udprecv_payload *payload, const struct udprecv_options *o,
	struct skt_context *ctx, const struct udprecv_socket *sock);

/* Takes one datagram. 0, or -errno where there is no use in going on. */
int udprecv_payload_take(struct udprecv_payload *payload, const struct skt_datagram *d);

/*
 * Nothing more is there for now: what was taken shall be seen. Errors: -errno. More than 0: rows
 * wait for names, which is to be called for again soon.
 */
int udprecv_payload_settle(struct udprecv_payload *payload);

/* Where receiving cannot begin: rows are a document all the same, without any. STATUS, as below. */
int udprecv_payload_nothing(const struct udprecv_options *o, struct skt_context *ctx, int status);

/* Ends it; STATUS, or SKT_EXIT_TROUBLE where payload was lost. */
int udprecv_payload_end(struct udprecv_payload *payload, int status);

#endif
