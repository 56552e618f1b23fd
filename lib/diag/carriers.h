/* Unix sockets in which something waits: other sockets, maybe, that were sent and not received. */
#ifndef SKT_DIAG_CARRIERS_H
#define SKT_DIAG_CARRIERS_H

#include "base/vec.h"
#include "diag/dump.h"

SKT_VEC_DECLARE(skt_inode_vec, uint64_t);

/*
 * Appends the inodes of those in the namespace that SYSTEM reads. A kernel may have no unix_diag:
 * then there are none. -ENOMEM.
 */
int skt_carriers_read(const struct skt_dump_system *system, enum skt_dump_source source,
	struct skt_inode_vec *carriers);

#endif
