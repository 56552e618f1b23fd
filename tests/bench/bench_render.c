/*
 * How long a row takes in each format: ROWS synthetic sockets to FILE (default: 1000000,
 * /dev/null). Prints `format columns ns/row peak-KiB` lines; peak memory is that of the process so
 * far.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/num.h"
#include "out/output.h"

static const char *const protos[] = {"tcp", "udp"};
static const char *const states[] = {NULL, "ESTABLISHED", "SYN-SENT", "TIME-WAIT", "LISTEN"};

struct row {
	uint64_t present;
	uint8_t proto, state;
	struct skt_end local, remote;
	uint64_t recv_queue, send_queue, inode, cookie;
	uint32_t uid, pid, timer_ms, mark;
	uint16_t local_port, remote_port;
	const char *process, *command;
};

static const struct skt_column columns[] = {
	SKT_COLUMN_NAME(struct row, "proto", proto, protos, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_NAME(struct row, "state", state, states, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, recv_queue, .flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_BYTES),
	SKT_COLUMN(struct row, send_queue, .flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_BYTES),
	SKT_COLUMN(struct row, local, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, remote, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct row, local_port, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, remote_port, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, uid, .flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(0)),
	SKT_COLUMN(struct row, inode, .flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(1)),
	SKT_COLUMN(struct row, cookie, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, timer_ms, .flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(2)),
	SKT_COLUMN(struct row, mark, .flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(3)),
	SKT_COLUMN(struct row, pid, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, process, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN(struct row, command, .flags = SKT_COLUMN_DATA),
	SKT_COLUMN_END,
};

static void row_fill(struct row *row, uint64_t i)
{
	*row = (struct row){
		.present = i % 7 ? 3 : 7,
		.proto = i % 16 == 0,
		.state = (uint8_t)(1 + (i % 8 ? 0 : i / 8 % 4)),
		.recv_queue = i % 5 ? 0 : i * 37 % 70000,
		.send_queue = i % 3 ? 0 : 2304,
		.local = {.addr = {.family = AF_INET,
				  .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}},
			.port = 443},
		.remote = {.addr = {.family = AF_INET,
				   .bytes = {192, 168, (uint8_t)(i >> 16), (uint8_t)(i >> 3)}},
			.port = (uint16_t)(32768 + i % 28000)},
		.inode = 1000000 + i,
		.cookie = i,
		.uid = 1000,
		.pid = (uint32_t)(1 + i % 4000000),
		.local_port = 443,
		.remote_port = (uint16_t)(32768 + i % 28000),
		.process = i % 3 ? "nginx" : "postgres",
		.command = "/usr/sbin/nginx -g daemon off; master_process on;",
	};
}

enum { BATCH = 1024 };

static int measure(
	int fd, enum skt_format format, uint8_t flag, const struct row *rows, uint64_t count)
{
	struct skt_selection selection;
	struct skt_output *output;
	struct rusage usage;
	struct skt_sink sink;
	uint64_t start;
	int rc;

	if (skt_selection_parse(columns, NULL, flag, NULL, &selection, NULL))
		return -1;
	skt_sink_init(&sink, fd);
	start = skt_clock_ns();
	rc = skt_output_begin(&sink,
		&(struct skt_output_config){
			.format = format, .selection = &selection, .header = true},
		&output);
	for (uint64_t i = 0; !rc && i < count; i++)
		rc = skt_output_row(output, &rows[i % BATCH]);
	if (!rc)
		rc = skt_output_end(output);
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("%-6s %2zu columns %7.1f ns/row %6ld KiB\n", skt_format_names[format],
		selection.count, (double)(skt_clock_ns() - start) / (double)count, usage.ru_maxrss);
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
	return rc;
}

int main(int argc, char **argv)
{
	static struct row rows[BATCH];
	uint64_t count = 1000000;
	int fd, rc = 0;

	if (argc > 1 && skt_num_parse(argv[1], 1, UINT32_MAX, &count))
		return 2;
	fd = open(argc > 2 ? argv[2] : "/dev/null", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return 3;
	for (size_t i = 0; i < BATCH; i++)
		row_fill(&rows[i], i * 977);
	for (enum skt_format format = SKT_FORMAT_TABLE; !rc && format <= SKT_FORMAT_CSV; format++) {
		if (ftruncate(fd, 0) == 0)
			(void)lseek(fd, 0, SEEK_SET);
		rc = measure(fd, format, SKT_COLUMN_TABLE, rows, count);
		if (!rc)
			rc = measure(fd, format, SKT_COLUMN_DATA, rows, count);
	}
	(void)close(fd);
	return rc ? 3 : 0;
}
