#include "proc/past.h"

#include <stdlib.h>

static int compare_processes(const void *a, const void *b)
{
	const uint32_t x = ((const struct skt_past_process *)a)->process.pid;
	const uint32_t y = ((const struct skt_past_process *)b)->process.pid;

	return (x > y) - (x < y);
}

static int compare_cgroups(const void *a, const void *b)
{
	const uint64_t x = ((const struct skt_past_cgroup *)a)->id;
	const uint64_t y = ((const struct skt_past_cgroup *)b)->id;

	return (x > y) - (x < y);
}

const struct skt_past_process *skt_past_process_find(const struct skt_past *past, uint32_t pid)
{
	const struct skt_past_process key = {.process.pid = pid};

	return past->processes_count ? bsearch(&key, past->processes, past->processes_count,
					       sizeof(key), compare_processes)
				     : NULL;
}

const char *skt_past_cgroup_find(const struct skt_past *past, uint64_t id)
{
	const struct skt_past_cgroup key = {.id = id};
	const struct skt_past_cgroup *found = past->cgroups_count
		? bsearch(&key, past->cgroups, past->cgroups_count, sizeof(key), compare_cgroups)
		: NULL;

	return found ? found->path : NULL;
}
