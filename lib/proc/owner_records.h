/*
 * What the iterator of owner.bpf.c writes, read: records of a fixed size, one behind the other. A
 * pure function, so that it can be tested where the kernel refuses BPF.
 */
#ifndef SKT_PROC_OWNER_RECORDS_H
#define SKT_PROC_OWNER_RECORDS_H

#include <sys/types.h>

#include "proc/owner_backend.h"

/*
 * Hands the wanted ones among the whole records in LEN bytes to the owner of SCAN, in one batch;
 * RECORDS is overwritten. Records of a process that the reader cannot know, or of a
 * descriptor that cannot be are dropped. Returns how many bytes of a record that is cut short are
 * left, moved to the front, for more to be read behind them; or what SCAN's taker returned.
 */
ssize_t skt_owner_records_take(
	const struct skt_owner_scan *scan, struct skt_owner_hit *records, size_t len);

#endif
