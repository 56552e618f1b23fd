/* What udprecv sends back, and to whom it does not. */
#ifndef SKT_CMD_UDPRECV_ANSWER_H
#define SKT_CMD_UDPRECV_ANSWER_H

#include "cmd/command.h"
#include "cmd/udprecv/options.h"
#include "cmd/udprecv/socket.h"
#include "net/guard.h"

struct udprecv_answers {
	int fd;
	struct skt_guard *guard;
	uint64_t counts[SKT_GUARD_VERDICTS]; /* of datagrams, by what became of them */
	uint64_t errors;                     /* answers that could not be sent */
};

/* -ENOMEM. */
int udprecv_answers_init(struct udprecv_answers *answers, const struct udprecv_options *o,
	const struct udprecv_socket *sock);
void udprecv_answers_fini(struct udprecv_answers *answers);

/* Whether D is to be answered; counts it. */
bool udprecv_may_answer(struct udprecv_answers *answers, const struct skt_datagram *d);

/* Sends LEN BYTES back from the address that D was sent to, which a host with several must choose.
 */
void udprecv_answer(struct udprecv_answers *answers, const struct skt_datagram *d,
	const void *bytes, size_t len);

extern const struct skt_column udprecv_answers_columns[];

/* Tells on stderr what was not answered. */
void udprecv_answers_tell(const struct udprecv_answers *answers, const struct udprecv_options *o,
	const struct skt_context *ctx);

#endif
