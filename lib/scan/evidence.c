#include "scan/evidence.h"

struct skt_evidence skt_evidence_of(
	const struct skt_local *local, const struct skt_icmp_error *error, uint64_t index)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_ICMP, .index = index};

	if (error->local) {
		evidence.kind = SKT_EVIDENCE_LOCAL;
		evidence.error = error->error;
		return evidence;
	}
	evidence.icmp_type = error->type;
	evidence.icmp_code = error->code;
	evidence.from = error->sender;
	evidence.from_self = skt_local_has(local, &error->sender);
	return evidence;
}
