#include "scan/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "scan/states.h"

enum { PIECE = 64 * 1024 };

struct header {
	char magic[16];
	uint64_t fingerprint, count, seed, shard, shards, udp;
};

static const char magic[16] = "sockkit scan 2\n";

/* Two plans of the same pairs have the same. */
static uint64_t fingerprint(const struct skt_plan *plan)
{
	uint64_t key[2] = {0, plan->count};

	for (size_t i = 0; i < plan->ranges.len; i++) {
		const struct skt_plan_range *r = &plan->ranges.data[i];

		key[0] = skt_siphash(key, r->first.bytes, sizeof(r->first.bytes));
		key[1] = skt_siphash(key, &r->high, sizeof(r->high));
		key[0] += skt_siphash(key, r->ports, r->port_count * sizeof(*r->ports));
		key[1] += r->first.scope_id + r->first.family;
	}
	return key[0] ^ key[1];
}

static int begin_file(int fd, const struct header *header, off_t size)
{
	ssize_t n = pwrite(fd, header, sizeof(*header), 0);

	if (n != (ssize_t)sizeof(*header))
		return n < 0 ? -errno : -EIO;
	/* Blocks that cannot be had are missed now, and not in the middle. */
	return -posix_fallocate(fd, 0, size);
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

/* `2/8`, or that it is all of the scan. */
static void part_text(const struct header *h, char text[64])
{
	if (h->shards)
		(void)snprintf(text, 64, "--shard=%" PRIu64 "/%" PRIu64, h->shard + 1, h->shards);
	else
		(void)snprintf(text, 64, "a scan without --shard");
}

/* Whether the file, which has FOUND, is of the scan that is WANTED. */
static int compare_headers(const char *path, const struct header *found,
	const struct header *wanted, bool seed_given, struct skt_err *err)
{
	char was[64], is[64];

	if (found->udp != wanted->udp)
		return skt_fail_text(err, EINVAL, "'%s': of a scan of %s ports, not %s", path,
			found->udp ? "UDP" : "TCP", wanted->udp ? "UDP" : "TCP");
	if (found->fingerprint != wanted->fingerprint || found->count != wanted->count)
		return skt_fail_text(err, EINVAL, "'%s': of a scan of other hosts or ports", path);
	if (found->shard != wanted->shard || found->shards != wanted->shards) {
		part_text(found, was);
		part_text(wanted, is);
		return skt_fail_text(err, EINVAL, "'%s': of %s, not of %s", path, was, is);
	}
	if (seed_given && found->seed != wanted->seed)
		return skt_fail_text(err, EINVAL,
			"'%s': of a scan with --seed=%" PRIu64 ", not %" PRIu64, path, found->seed,
			wanted->seed);
	return 0;
}

static int check_file(const char *path, const struct skt_journal *j, const struct header *wanted,
	bool seed_given, struct header *found, struct skt_err *err)
{
	const off_t size = (off_t)(sizeof(*found) + skt_states_size(j->count));
	struct stat st;
	int rc;

	if (fstat(j->fd, &st))
		return skt_fail(err, errno, "'%s'", path);
	if (st.st_size == 0) {
		*found = *wanted;
		rc = begin_file(j->fd, wanted, size);
		return rc ? skt_fail(err, -rc, "'%s'", path) : 0;
	}
	if (pread(j->fd, found, sizeof(*found), 0) != (ssize_t)sizeof(*found) ||
		memcmp(found->magic, magic, sizeof(magic)) != 0)
		return skt_fail_text(err, EINVAL, "'%s': not a file of a scan", path);
	rc = compare_headers(path, found, wanted, seed_given, err);
	if (rc)
		return rc;
	/* What was cut off is not known, and will be asked. */
	rc = -posix_fallocate(j->fd, 0, size);
	return rc ? skt_fail(err, -rc, "'%s'", path) : 0;
}

int skt_journal_open(const char *path, const struct skt_plan *plan,
	const struct skt_journal_key *key, struct skt_journal *ret, struct skt_err *err)
{
	struct header wanted = {
		.fingerprint = fingerprint(plan),
		.count = plan->count,
		.seed = key->seed,
		.shard = key->shard,
		.shards = key->shards,
		.udp = key->udp,
	};
	struct skt_journal j = {.fd = -1, .count = plan->count};
	struct header found = {0};
	int rc = open_locked(path, &j, err);

	memcpy(wanted.magic, magic, sizeof(magic));
	rc = rc ? rc : check_file(path, &j, &wanted, key->seed_given, &found, err);
	if (rc) {
		skt_journal_close(&j);
		return rc;
	}
	j.seed = found.seed;
	*ret = j;
	return 0;
}

int skt_journal_read(const struct skt_journal *journal,
	void (*known)(void *ctx, uint64_t index, uint8_t state), void *ctx)
{
	uint8_t bytes[PIECE], state;
	uint64_t index = 0;

	while (index < journal->count) {
		ssize_t n = pread(journal->fd, bytes, sizeof(bytes),
			(off_t)(sizeof(struct header) + index / 2));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		for (const uint64_t end = SKT_MIN(journal->count, index + 2 * (uint64_t)n),
				    begin = index;
			index < end; index++)
			if (skt_states_get(bytes[(index - begin) / 2], index, &state))
				known(ctx, index, state);
	}
	return 0;
}

int skt_journal_note(const struct skt_journal *journal, uint64_t index, uint8_t state)
{
	const off_t at = (off_t)(sizeof(struct header) + index / 2);
	uint8_t byte = 0;

	if (pread(journal->fd, &byte, 1, at) < 0)
		return -errno;
	skt_states_set(&byte, index, state);
	return pwrite(journal->fd, &byte, 1, at) == 1 ? 0 : -EIO;
}

void skt_journal_close(struct skt_journal *journal)
{
	if (journal->fd >= 0)
		(void)close(journal->fd);
	journal->fd = -1;
}
