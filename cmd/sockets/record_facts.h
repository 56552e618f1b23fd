/* What is recorded beside the sockets themselves: who holds them, and what their numbers are
 * called. */
#ifndef SKT_CMD_SOCKETS_RECORD_FACTS_H
#define SKT_CMD_SOCKETS_RECORD_FACTS_H

#include "base/vec.h"
#include "cmd/listing/directory.h"
#include "record/look.h"

struct record_facts {
	/* Private. */
	const struct skt_context *ctx;
	struct skt_directory directory;
	struct skt_look *look; /* of the look at hand */
	SKT_VEC(uint64_t) cgroups;
	SKT_VEC(uint32_t) pids;
	uint32_t hides; /* SKT_RECORD_HIDEPID, SKT_RECORD_PID_NAMESPACE */
	uint64_t last_cgroup;
	uint32_t last_uid, last_interface;
	bool told; /* that owners are missing */
	bool any_uid;
	int failure;
};

/* -ENOMEM; record_facts_fini() in any case. */
int record_facts_init(
	struct record_facts *facts, const struct skt_context *ctx, enum skt_owners_source source);

/* Begins a look, into whose LOOK facts are added. -ENOMEM. */
int record_facts_begin(struct record_facts *facts, struct skt_look *look);

/* Takes one socket of the look: skt_socket_fn. */
int record_facts_take(const struct skt_socket *socket, void *ctx);

/* Finds out the rest, and adds META with it. -ENOMEM. */
int record_facts_finish(struct record_facts *facts, const struct skt_record_meta *meta);
void record_facts_fini(struct record_facts *facts);

#endif
