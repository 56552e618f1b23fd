/*
 * The file of --resume: one that was made for a scan, with the input laid over it byte by byte
 * (exclusive or, so that nothing changes nothing), and cut to the length that the first byte says.
 * It is refused with words, or tells states that there are, each of another pair, in order.
 */
#include <errno.h>

#include "scan/journal.h"
#include "scan/states.h"
#include "tests/fuzz/fuzz.h"

enum { FILE_MAX = 512 };

struct told {
	uint64_t next, count;
};

static void take(void *ctx, uint64_t index, uint8_t state)
{
	struct told *told = ctx;

	if (index < told->next || index >= told->count || state >= SKT_SCAN_STATES)
		abort();
	told->next = index + 1;
}

static void make_plan(struct skt_plan *plan)
{
	struct skt_portset *ports = calloc(1, sizeof(*ports));
	struct skt_addr first, last;

	for (uint16_t port = 1; ports && port <= 21; port++)
		skt_portset_add(ports, port);
	if (!ports || skt_addr_parse("192.0.2.1", 9, &first) ||
		skt_addr_parse("192.0.2.9", 9, &last) ||
		skt_plan_add(plan, &first, &last, NULL, 0, ports) || skt_plan_finish(plan))
		abort();
	free(ports);
}

static void spoil(const char *path, struct fuzz_input *input)
{
	uint8_t file[FILE_MAX], change;
	const uint8_t cut = fuzz_byte(input);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : pread(fd, file, sizeof(file), 0);

	if (size <= 0)
		abort();
	for (ssize_t i = 0; i < size && input->size; i++) {
		change = fuzz_byte(input);
		file[i] ^= change;
	}
	if (pwrite(fd, file, (size_t)size, 0) != size || ftruncate(fd, cut ? cut : size))
		abort();
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct skt_journal_key key = {
		.seed = 7, .shards = size & 1 ? 3 : 0, .seed_given = size & 2};
	struct fuzz_input input = {data, size};
	struct skt_plan plan = {0};
	struct skt_journal journal;
	struct skt_err err = {0};
	char path[] = "/tmp/fuzz_journal.XXXXXX";
	int fd = mkstemp(path), rc;

	if (fd < 0)
		abort();
	(void)close(fd);
	make_plan(&plan);
	if (skt_journal_open(path, &plan, &key, &journal, &err))
		abort();
	skt_journal_close(&journal);
	spoil(path, &input);
	rc = skt_journal_open(path, &plan, &key, &journal, &err);
	if ((rc != 0) != (err.text[0] != '\0'))
		abort();
	if (rc == 0) {
		struct told told = {.count = plan.count};

		if (skt_journal_read(&journal, take, &told) || journal.count != plan.count)
			abort();
		skt_journal_close(&journal);
	}
	(void)unlink(path);
	skt_plan_fini(&plan);
	return 0;
}
