/*
 * Where names and owners are looked up for rows: made once in a run, however often it looks at the
 * sockets. What may be another thing at the next look is forgotten between two of them.
 */
#ifndef SKT_CMD_LISTING_DIRECTORY_H
#define SKT_CMD_LISTING_DIRECTORY_H

#include "base/service.h"
#include "cmd/command.h"
#include "cmd/names.h"
#include "proc/cgroup.h"
#include "proc/owner.h"

enum { SKT_HOST_MAX = 65 /* with its NUL: struct new_utsname of the kernel */ };

struct skt_directory {
	uint32_t needs; /* SKT_NEED_*: what rows shall carry */
	bool resolve;   /* names for addresses and ports */
	struct skt_names names;
	struct skt_services *services; /* NULL, like the others: not needed */
	struct skt_owners *owners;
	struct skt_cgroups *cgroups;
	uint32_t euid;               /* of this process, or of who recorded */
	const struct skt_past *past; /* NULL: the present */
	const char *proc_root;
	char host[SKT_HOST_MAX]; /* the name of this one, or of that of the recording */
};

/*
 * For rows that carry what NEEDS says. SOURCE: who looks for owners that rows shall show. -ENOMEM;
 * skt_directory_fini() in any case.
 */
int skt_directory_init(struct skt_directory *directory, const struct skt_context *ctx,
	uint32_t needs, bool resolve, enum skt_owners_source source);

/* Before each look. */
void skt_directory_renew(struct skt_directory *directory);
void skt_directory_fini(struct skt_directory *directory);

#endif
