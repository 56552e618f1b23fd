/*
 * Whole dumps from a hostile peer: the input is a recording (tests/unit/recording.h) that answers
 * the requests of skt_dump_sockets(). Whatever comes, the dump ends, and rows are of known kinds.
 */
#include <stdint.h>
#include <stdlib.h>

#include "diag/dump.h"
#include "tests/unit/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(const struct skt_socket *socket, void *ctx)
{
	size_t *rows = ctx;

	if (socket->proto >= SKT_PROTO_COUNT || socket->state >= SKT_STATE_COUNT ||
		socket->present >> SKT_SOCKET_FIELDS)
		abort();
	/* A caller that has enough: the next dump has to deal with the rest. */
	return ++*rows % 7 == 6 ? -ECANCELED : 0;
}

static void run(const uint8_t *data, size_t size, uint8_t detail)
{
	struct recording recording = {.data = (const char *)data, .len = size};
	const struct skt_netlink_source source = recording_source(&recording);
	const struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	const struct skt_dump_query query = {
		.protos = {true, true},
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATES_ALL,
		.detail = detail,
	};
	struct skt_dump_report report;
	struct skt_err err = {0};
	size_t rows = 0;
	int rc = skt_dump_sockets(&system, &query, check, &rows, &report, &err);

	if (!recording.closed || rc > 0 || (rc < 0 && rc != -ECANCELED && !err.code))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, 0);
	run(data, size, UINT8_MAX);
	return 0;
}
