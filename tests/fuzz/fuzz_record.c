/*
 * A recording: the first byte says whether the rest is a file, or what its blocks hold, two of
 * them: a look, of the length that the next two bytes say, and how another one differs from it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "diag/dump.h"
#include "record/answer.h"
#include "record/delta.h"
#include "record/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_socket(const struct skt_socket *socket, void *ctx)
{
	size_t *count = ctx;

	(void)socket;
	++*count;
	return 0;
}

/* What was read is sorted, within its bounds, and answers like the kernel. */
static void check_look(const struct skt_look *look)
{
	struct skt_record_answer answer = {.look = look};
	const struct skt_netlink_source source = skt_record_answer_source(&answer);
	const struct skt_dump_system system = {.proc_root = "/dev/null", .netlink = &source};
	struct skt_dump_query query = {.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATES_ALL,
		.source = SKT_SOURCE_NETLINK,
		.detail = UINT32_MAX};
	struct skt_dump_report report;
	size_t count = 0;

	for (size_t i = 1; i < look->items.len; i++)
		if (skt_fact_compare(&look->items.data[i - 1], &look->items.data[i]) >= 0)
			abort();
	for (size_t proto = 0; proto < SKT_PROTO_OTHER; proto++)
		query.protos[proto] = true;
	if (skt_dump_sockets(&system, &query, count_socket, &count, &report, NULL) > 0 ||
		count > look->items.len)
		abort();
}

static void read_blocks(const uint8_t *data, size_t size)
{
	static const struct skt_look none;
	struct skt_look first = {0}, second = {0};
	size_t len;

	if (size < 2)
		return;
	len = data[0] | (size_t)data[1] << 8;
	len = len < size - 2 ? len : size - 2;
	if (!skt_delta_read(&none, data + 2, len, false, &first)) {
		check_look(&first);
		if (!skt_delta_read(&first, data + 2 + len, size - 2 - len, size & 1, &second))
			check_look(&second);
	}
	skt_look_fini(&first);
	skt_look_fini(&second);
}

static void read_file(const uint8_t *data, size_t size)
{
	struct skt_record_reader *reader;
	struct skt_look look = {0};
	struct skt_err err = {0};
	char path[32];
	int fd = memfd_create("recording", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!skt_record_reader_open(path, &reader, &err)) {
		if (!skt_record_reader_at(reader, SKT_NEVER, &look, &err))
			check_look(&look);
		skt_look_fini(&look);
		if (!skt_record_reader_between(reader, 0, SKT_NEVER, &look, &err))
			check_look(&look);
		skt_look_fini(&look);
		skt_record_reader_close(reader);
	} else if (!err.text[0]) {
		abort();
	}
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		read_file(data + 1, size - 1);
	else
		read_blocks(data + 1, size - 1);
	return 0;
}
