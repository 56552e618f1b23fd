#include "scan/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/siphash.h"

struct header {
	char magic[16];
	uint64_t fingerprint, count;
};

static const char magic[16] = "sockkit scan 1\n";

/* Two plans of the same pairs have the same. */
static uint64_t fingerprint(const struct skt_plan *plan, uint64_t salt)
{
	uint64_t key[2] = {salt, plan->count};

	for (size_t i = 0; i < plan->ranges.len; i++) {
		const struct skt_plan_range *r = &plan->ranges.data[i];

		key[0] = skt_siphash(key, r->first.bytes, sizeof(r->first.bytes));
		key[1] = skt_siphash(key, &r->high, sizeof(r->high));
		key[0] += skt_siphash(key, r->ports, r->port_count * sizeof(*r->ports));
		key[1] += r->first.scope_id + r->first.family;
	}
	return key[0] ^ key[1];
}

static int begin_file(int fd, const struct header *header, size_t size)
{
	ssize_t n = pwrite(fd, header, sizeof(*header), 0);

	if (n != (ssize_t)sizeof(*header))
		return n < 0 ? -errno : -EIO;
	/* Blocks that cannot be had would be a SIGBUS later. */
	return -posix_fallocate(fd, 0, (off_t)size);
}

static int open_locked(const char *path, struct skt_journal *journal, struct skt_err *err)
{
	journal->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (journal->fd < 0)
		return skt_fail(err, errno, "'%s'", path);
	if (flock(journal->fd, LOCK_EX | LOCK_NB))
		return skt_fail_text(err, EBUSY, "'%s': a scan is writing it", path);
	return 0;
}

int skt_journal_open(const char *path, const struct skt_plan *plan, uint64_t salt,
	struct skt_journal *ret, struct skt_err *err)
{
	struct header wanted = {.fingerprint = fingerprint(plan, salt), .count = plan->count},
		      found;
	struct skt_journal j = {
		.fd = -1, .map = MAP_FAILED, .size = sizeof(wanted) + (plan->count / 64 + 1) * 8};
	struct stat st;
	int rc = open_locked(path, &j, err);

	memcpy(wanted.magic, magic, sizeof(magic));
	if (!rc && fstat(j.fd, &st))
		rc = skt_fail(err, errno, "'%s'", path);
	if (!rc && st.st_size == 0) {
		rc = begin_file(j.fd, &wanted, j.size);
		if (rc)
			(void)skt_fail(err, -rc, "'%s'", path);
	} else if (!rc &&
		(pread(j.fd, &found, sizeof(found), 0) != (ssize_t)sizeof(found) ||
			memcmp(found.magic, magic, sizeof(magic)) != 0)) {
		rc = skt_fail_text(err, EINVAL, "'%s': not a file of a scan", path);
	} else if (!rc &&
		(memcmp(&found, &wanted, sizeof(found)) != 0 || st.st_size != (off_t)j.size)) {
		rc = skt_fail_text(err, EINVAL, "'%s': of a scan of other hosts or ports", path);
	}
	if (!rc) {
		j.map = mmap(NULL, j.size, PROT_READ | PROT_WRITE, MAP_SHARED, j.fd, 0);
		if (j.map == MAP_FAILED)
			rc = skt_fail(err, errno, "'%s'", path);
	}
	if (rc) {
		skt_journal_close(&j);
		return rc;
	}
	j.bits = (uint64_t *)((char *)j.map + sizeof(wanted));
	*ret = j;
	return 0;
}

void skt_journal_close(struct skt_journal *journal)
{
	if (journal->map && journal->map != MAP_FAILED)
		(void)munmap(journal->map, journal->size);
	if (journal->fd >= 0)
		(void)close(journal->fd);
	journal->map = NULL;
	journal->fd = -1;
}
