/*
 * A run of udprecv, of which run.c is the beginning and the end, and receive.c what lies between:
 * batches in, payload, echoes and counts out.
 */
#ifndef SKT_CMD_UDPRECV_RUN_INTERNAL_H
#define SKT_CMD_UDPRECV_RUN_INTERNAL_H

#include <signal.h>

#include "cmd/access.h"
#include "cmd/datagram/pull.h"
#include "cmd/datagram/stats.h"
#include "cmd/manager.h"
#include "cmd/udprecv/answer.h"
#include "cmd/udprecv/payload.h"
#include "cmd/udprecv/programs.h"
#include "cmd/udprecv/silence.h"
#include "cmd/udprecv/socket.h"
#include "cmd/udprecv/talk.h"

struct udprecv {
	const struct udprecv_options *o;
	struct skt_context *ctx;
	struct udprecv_socket sock;
	struct skt_receiver *receiver;
	struct udprecv_payload payload;
	struct skt_datagram_stats *stats; /* NULL: none */
	struct udprecv_silence before;
	struct udprecv_answers answers;
	struct udprecv_programs *programs; /* NULL: none are run */
	struct udprecv_talk *talk;         /* NULL: nothing is said */
	struct skt_datagram_pull pull;     /* with --pull */
	struct skt_manager manager;
	uint64_t alive_ns; /* when the manager is to hear next that all is well */
	struct skt_access allow, deny;
	struct skt_lists lists;
	uint64_t received, truncated, denied;
	uint64_t deadline_ns, last_ns;
	uint64_t batch_ns; /* when the batch came, where the kernel is not asked of each datagram */
	sigset_t waiting;  /* the signals let in while waiting */
	bool full;         /* --count is reached */
	bool idle;         /* nothing has come for so long that it ends */
};

/* Receives to the end: SKT_EXIT_YES, or SKT_EXIT_TROUBLE having told why. */
int udprecv_receive(struct udprecv *run);

/* Tells the service manager that all is well. */
void udprecv_tell_alive(struct udprecv *run);

#endif
