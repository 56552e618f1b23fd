#include "cmd/listing/filter_names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/num.h"
#include "base/service.h"
#include "cmd/look_up.h"
#include "proc/local_ports.h"

struct names {
	const struct skt_context *ctx;
	struct skt_services *services;
};

static int resolve_ports(
	void *ctx, const struct skt_port_list *list, struct skt_portset *set, struct skt_err *err)
{
	const struct names *names = ctx;

	return skt_services_resolve(names->services, list, SKT_SERVICE_ANY, set, err);
}

static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **ret, size_t *ret_count, struct skt_err *err)
{
	const struct names *names = ctx;
	const struct skt_answer *answers[2];
	struct skt_resolve resolve;
	struct skt_cidr *cidrs;
	size_t count = 0;
	int rc = skt_look_up(names->ctx, name, AF_UNSPEC, &resolve, err);

	if (rc == -ECANCELED)
		return skt_fail(err, ECANCELED, "host '%s'", name);
	if (rc)
		return rc;
	cidrs = calloc(resolve.v6.count + resolve.v4.count, sizeof(*cidrs));
	if (!cidrs)
		return skt_fail(err, ENOMEM, "host '%s'", name);
	answers[0] = &resolve.v6;
	answers[1] = &resolve.v4;
	for (size_t a = 0; a < SKT_COUNT(answers); a++) {
		for (size_t i = 0; i < answers[a]->count; i++) {
			cidrs[count].addr = answers[a]->addrs[i];
			cidrs[count].length = cidrs[count].addr.family == AF_INET ? 32 : 128;
			count++;
		}
	}
	*ret = cidrs;
	*ret_count = count;
	return 0;
}

/* By name, or by the number that an interface has which is gone, or in another namespace. */
static int resolve_interface(void *ctx, const char *name, uint32_t *ret, struct skt_err *err)
{
	uint64_t number;

	(void)ctx;
	*ret = if_nametoindex(name);
	if (!*ret && !skt_num_parse(name, 1, INT32_MAX, &number))
		*ret = (uint32_t)number;
	return *ret ? 0 : skt_fail_text(err, ENOENT, "no such interface: '%s'", name);
}

/*
 * The number of the cgroup below the directory BASE (a descriptor) at PATH: the inode, which is the
 * 64-bit id of kernfs (include/linux/kernfs.h, kernfs_id()).
 */
static int cgroup_at(int base, const char *path, uint64_t *ret)
{
	int fd = openat(base, path, O_PATH | O_DIRECTORY | O_CLOEXEC), rc = 0;
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fstat(fd, &st))
		rc = -errno;
	else if (fs.f_type != CGROUP2_SUPER_MAGIC)
		rc = -ENOENT;
	else
		*ret = st.st_ino;
	(void)close(fd);
	return rc;
}

/* By the path of its directory, or by the one below the hierarchy that the column `cgroup` shows.
 */
static int resolve_cgroup(void *ctx, const char *path, uint64_t *ret, struct skt_err *err)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	int rc = cgroup_at(AT_FDCWD, path, ret);
	const char *below = path + strspn(path, "/");

	(void)ctx;
	for (size_t i = 0; rc && i < SKT_COUNT(mounts); i++) {
		int base = open(mounts[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (base < 0)
			continue;
		if (!cgroup_at(base, *below ? below : ".", ret))
			rc = 0;
		(void)close(base);
	}
	return rc ? skt_fail_text(err, ENOENT, "no such cgroup: '%s'", path) : 0;
}

static void ephemeral(void *ctx, uint16_t *ret_low, uint16_t *ret_high)
{
	const struct names *names = ctx;
	struct skt_local_ports ports;

	skt_local_ports_read(names->ctx->system.proc_root, &ports);
	*ret_low = ports.ephemeral_low;
	*ret_high = ports.ephemeral_high;
}

int skt_filter_look_up(struct skt_filter *filter, const struct skt_context *ctx)
{
	struct names names = {.ctx = ctx};
	const struct skt_filter_resolver resolver = {
		.ports = resolve_ports,
		.host = resolve_host,
		.interface = resolve_interface,
		.cgroup = resolve_cgroup,
		.ephemeral = ephemeral,
		.ctx = &names,
	};
	struct skt_err err;
	int rc;

	if (!filter)
		return SKT_EXIT_YES;
	rc = skt_services_open(ctx->services_path, &names.services);
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	rc = skt_filter_resolve(filter, &resolver, &err);
	skt_services_free(names.services);
	if (!rc)
		return SKT_EXIT_YES;
	if (rc != -ECANCELED)
		skt_warn(ctx, "%s", err.text);
	return skt_look_up_status(rc);
}
