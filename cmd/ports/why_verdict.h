/* What is to be said of a port, from what binding it came to and who holds it. */
#ifndef SKT_CMD_PORTS_WHY_VERDICT_H
#define SKT_CMD_PORTS_WHY_VERDICT_H

#include <stdbool.h>

#include "base/str.h"
#include "cmd/ports/why_row.h"
#include "proc/local_ports.h"

/* What binding to the port at every address of one family came to: 0 or -errno each. */
struct why_try {
	bool asked; /* else there is no such family here, or it is not wanted */
	int plain, reuse_address, reuse_port;
	int reuse_both; /* with SO_REUSEADDR and SO_REUSEPORT */
	bool shared;    /* SO_REUSEPORT does for the user of a holder, as root could try */
};

enum { WHY_IPV4, WHY_IPV6, WHY_FAMILIES };

/* All that a judgement rests on. Borrowed. */
struct why_case {
	uint16_t port;
	uint8_t proto; /* enum skt_proto */
	struct why_try tries[WHY_FAMILIES];
	const char *sharer; /* the user who shares; NULL: none is known */
	const char *places; /* single addresses or interfaces that can be bound; NULL: none */
	const struct skt_local_ports *local;
	const struct why_row *first; /* the first reason that is a socket here, or NULL */
	const struct why_row *rows;  /* all reasons, of other protocols too */
	size_t count;
	bool hidden; /* its owner may not be seen by this user */
	bool root;   /* what this user may not, nobody may */
};

/* What the tries come to. */
enum why_verdict why_judge(const struct why_case *facts);

/* The verdict in words: whether a bind would succeed now, for whom, and what to do. */
void why_explain(struct skt_str *out, const struct why_case *facts, enum why_verdict verdict);

#endif
