#include "proc/owner_records.h"

#include <limits.h>
#include <string.h>

static bool is_sound(const struct skt_owner_hit *record)
{
	return record->pid > 0 && record->pid <= INT_MAX &&
		(record->fd & ~SKT_OWNER_NAMESPACE) < SKT_OWNER_FD_MAX;
}

ssize_t skt_owner_records_take(
	const struct skt_owner_scan *scan, struct skt_owner_hit *records, size_t len)
{
	const size_t count = len / sizeof(*records), rest = len % sizeof(*records);
	size_t i, wanted = 0;
	int status = 0;

	for (i = 0; i < count; i++)
		if (is_sound(&records[i]) && skt_owner_wants(scan, &records[i]))
			records[wanted++] = records[i];
	if (wanted)
		status = scan->hits(scan->ctx, records, wanted);
	if (status < 0)
		return status;
	memmove(records, &records[count], rest);
	return (ssize_t)rest;
}
