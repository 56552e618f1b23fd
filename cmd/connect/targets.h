/* What the words of `sockkit connect` name: endpoints, or one host with several ports. */
#ifndef SKT_CMD_CONNECT_TARGETS_H
#define SKT_CMD_CONNECT_TARGETS_H

#include "base/endpoint.h"
#include "base/err.h"
#include "base/port.h"
#include "base/vec.h"

/* An ENDPOINT as it was given, or one host with several ports. */
struct connect_target {
	struct skt_endpoint endpoint;
	struct skt_port_list ports; /* of --probe, names not yet resolved; empty: the endpoint's */
};

SKT_VEC_DECLARE(connect_targets, struct connect_target);

/*
 * Reads the words of the command line. MANY: several endpoints and lists of ports are allowed.
 * Errors: -EINVAL, -ERANGE, -ENAMETOOLONG, told in ERR; -ENOMEM.
 */
int connect_targets_parse(char *const *words, size_t count, bool many, struct connect_targets *ret,
	struct skt_err *err);
void connect_targets_fini(struct connect_targets *targets);

#endif
