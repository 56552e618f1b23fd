#include "cmd/listing/directory.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/listing/columns.h"
#include "cmd/replay.h"

static void set_host(struct skt_directory *directory, const struct skt_context *ctx)
{
	const char *recorded = ctx->replay ? skt_replay_host(ctx->replay) : NULL;
	struct utsname name;

	if (recorded)
		(void)snprintf(directory->host, sizeof(directory->host), "%s", recorded);
	else if (!ctx->replay && !uname(&name))
		(void)snprintf(directory->host, sizeof(directory->host), "%s", name.nodename);
}

int skt_directory_init(struct skt_directory *directory, const struct skt_context *ctx,
	uint32_t needs, bool resolve, enum skt_owners_source source)
{
	const struct skt_past *past = ctx->replay ? &ctx->replay->past : NULL;
	int rc = 0;

	*directory = (struct skt_directory){
		.needs = needs,
		.resolve = resolve,
		.euid = past ? past->euid : geteuid(),
		.past = past,
		.names.past = ctx->replay ? &ctx->replay->look : NULL,
		.proc_root = ctx->system.proc_root,
	};
	set_host(directory, ctx);
	if (needs & (SKT_NEED_OWNERS | SKT_NEED_CGROUP))
		rc = skt_owners_new(ctx->system.proc_root, &directory->owners);
	if (!rc && directory->owners && past)
		skt_owners_recall(directory->owners, past);
	if (!rc && needs & SKT_NEED_OWNERS)
		skt_owners_use(directory->owners, source);
	if (!rc && needs & SKT_NEED_HELD_BY)
		skt_owners_want_rings(directory->owners);
	if (!rc && needs & SKT_NEED_CGROUP)
		rc = skt_cgroups_new(ctx->system.proc_root, &directory->cgroups);
	if (!rc && directory->cgroups && past)
		skt_cgroups_recall(directory->cgroups, past);
	if (!rc && (needs & SKT_NEED_SERVICE || resolve))
		rc = skt_services_open(ctx->services_path, &directory->services);
	return rc;
}

void skt_directory_renew(struct skt_directory *directory)
{
	skt_names_renew(&directory->names);
	if (directory->owners)
		skt_owners_renew(directory->owners);
	if (directory->cgroups)
		skt_cgroups_renew(directory->cgroups);
}

void skt_directory_fini(struct skt_directory *directory)
{
	skt_names_fini(&directory->names);
	skt_services_free(directory->services);
	skt_owners_free(directory->owners);
	skt_cgroups_free(directory->cgroups);
	*directory = (struct skt_directory){0};
}
