/* What was known of processes at one moment, in the place of a /proc that tells of another one. */
#ifndef SKT_PROC_PAST_H
#define SKT_PROC_PAST_H

#include "proc/owner_hit.h"
#include "proc/process.h"

struct skt_past_process {
	struct skt_process process; /* with its command */
	const char *cgroup;         /* the path of its group; NULL: not known */
};

struct skt_past_cgroup {
	uint64_t id;
	const char *path;
};

/* Borrowed, all of it, for as long as anyone asks. */
struct skt_past {
	const struct skt_owner_hit *hits;
	size_t hits_count;
	const struct skt_past_process *processes; /* by ascending pid */
	size_t processes_count;
	const struct skt_past_cgroup *cgroups; /* by ascending id */
	size_t cgroups_count;
	size_t hidden;      /* processes whose descriptors could not be read */
	uint32_t euid;      /* of who looked */
	const char *hiding; /* why processes may have been hidden ("hidepid"); NULL: none was */
};

/* NULL: nothing was known of it. */
const struct skt_past_process *skt_past_process_find(const struct skt_past *past, uint32_t pid);
const char *skt_past_cgroup_find(const struct skt_past *past, uint64_t id);

#endif
