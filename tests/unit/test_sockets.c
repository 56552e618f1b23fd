/* `sockkit sockets` run on recordings: memory at a million rows, and what is said of bad dumps. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/parse.h"
#include "unit.h"

/* Of a million rows nothing is kept but who they were: 8 bytes each, in a table not all full. */
enum { ROWS = 1000 * 1000, PEAK_KIB = 40 * 1024, GROUPS_PEAK_KIB = 128 * 1024 };

struct message {
	struct nlmsghdr header;
	struct inet_diag_msg socket;
};

/* Answers the first request with ROWS established sockets and FLAGS set, others with none. */
struct recording {
	uint32_t rows, given, seq;
	uint16_t flags;
	bool over;
	struct inet_diag_req_v2 request; /* the last one of that form */
};

static ssize_t recording_send(void *ctx, const void *bytes, size_t len)
{
	struct recording *recording = ctx;
	const struct nlmsghdr *header = bytes;

	recording->seq = header->nlmsg_seq;
	if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		len >= NLMSG_LENGTH(sizeof(recording->request)))
		memcpy(&recording->request, NLMSG_DATA(header), sizeof(recording->request));
	recording->over = false;
	return (ssize_t)len;
}

static void put_row(struct recording *recording, struct message *message)
{
	uint32_t i = ++recording->given;

	*message = (struct message){
		.header = {.nlmsg_len = sizeof(*message),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = (uint16_t)(NLM_F_MULTI | recording->flags),
			.nlmsg_seq = recording->seq},
		.socket = {.idiag_family = AF_INET,
			.idiag_state = 1,
			.id = {.idiag_sport = htons((uint16_t)i),
				.idiag_dport = htons(443),
				.idiag_src = {htonl(0x0a000000 + i)},
				.idiag_dst = {htonl(0xc0000200 + i)},
				.idiag_cookie = {i, 0}},
			.idiag_uid = 0,
			.idiag_inode = i},
	};
}

static ssize_t recording_recv(void *ctx, void *buffer, size_t size)
{
	struct recording *recording = ctx;
	struct message *message = buffer;
	struct nlmsghdr *done = buffer;
	size_t n = 0;

	while (recording->given < recording->rows && (n + 1) * sizeof(*message) <= size)
		put_row(recording, &message[n++]);
	if (n)
		return (ssize_t)(n * sizeof(*message));
	if (recording->over)
		return 0;
	recording->over = true;
	*done = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(sizeof(int)),
		.nlmsg_type = NLMSG_DONE,
		.nlmsg_flags = NLM_F_MULTI,
		.nlmsg_seq = recording->seq};
	memset(NLMSG_DATA(done), 0, sizeof(int));
	return NLMSG_LENGTH(sizeof(int));
}

/* Runs `sockkit sockets` with WORDS on RECORDING, rows to the file at PATH; its exit status. */
static int run_sockets(struct recording *recording, const char *words, const char *path)
{
	const struct skt_netlink_source source = {
		.send = recording_send, .recv = recording_recv, .ctx = recording};
	struct skt_context ctx = {
		.program = "sockkit sockets",
		.system = {.proc_root = "/proc", .netlink = &source},
		.services_path = "/etc/services",
	};
	char text[256], *argv[16] = {"sockkit sockets"}, *save = NULL;
	void *options = calloc(1, skt_sockets_command.options_size);
	FILE *out = fopen(path, "we");
	int argc = 1, status;

	assert_non_null(options);
	assert_non_null(out);
	ctx.out = fileno(out);
	(void)snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	status = skt_parse(&skt_sockets_command, &ctx, argc, argv, options);
	if (status < 0)
		status = skt_sockets_command.run(options, &ctx);
	skt_sockets_command.fini(options);
	free(options);
	(void)fclose(out);
	return status;
}

/* The same in a child, whose peak memory is told. */
static int run_measured(struct recording *recording, const char *words, long *ret_peak_kib)
{
	struct rusage usage;
	pid_t pid;
	int status;

#ifdef __GLIBC__
	/* A child begins with what its parent has not given back. */
	(void)malloc_trim(0);
#endif
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run_sockets(recording, words, "/dev/null"));
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_true(WIFEXITED(status));
	*ret_peak_kib = usage.ru_maxrss;
	return WEXITSTATUS(status);
}

static void test_memory_is_bounded(void **state)
{
	static const char *const runs[] = {
		"-t", /* with owners, of which there are none */
		"-t -c -processes",
		"-t -f json",
		"-t -f jsonl -c all",
		"-t -f csv",
		"-t dport = :443 and src 10.0.0.0/8",
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(runs); i++) {
		struct recording recording = {.rows = ROWS};
		long peak_kib;

		assert_int_equal(run_measured(&recording, runs[i], &peak_kib), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		if (peak_kib >= PEAK_KIB)
			fail_msg("sockets %s: %ld KiB", runs[i], peak_kib);
#endif
	}
}

static size_t count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t lines = 0;
	int c;

	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	(void)fclose(file);
	return lines;
}

/* The rows that came are shown, and status 3 says that they may not be all. */
static void test_interrupted_dump_is_trouble(void **state)
{
	struct recording recording = {.rows = 500, .flags = NLM_F_DUMP_INTR};
	char path[] = "/tmp/sockkit-test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(run_sockets(&recording, "-t -H -c local", path), SKT_EXIT_TROUBLE);
	assert_int_equal(count_lines(path), 500);
	(void)unlink(path);
}

/* Past what is kept for the owners, rows stream; none is lost or given twice. */
static void test_every_row_is_shown_once(void **state)
{
	static const uint32_t counts[] = {0, 1, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 70000};
	char path[] = "/tmp/sockkit-test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	for (size_t i = 0; i < SKT_COUNT(counts); i++) {
		struct recording recording = {.rows = counts[i]};

		assert_int_equal(run_sockets(&recording, "-t -H", path), 0);
		assert_int_equal(count_lines(path), counts[i]);
		recording.given = 0;
		assert_int_equal(run_sockets(&recording, "-t -f json --sort=-inode", path), 0);
		assert_int_equal(count_lines(path), counts[i] ? counts[i] + 2 : 1);
	}
	(void)unlink(path);
}

/* By number or by name, a single port is the kernel's to look for. */
static void test_single_port_is_asked_for(void **state)
{
	static const char *const filters[] = {"-t -4 sport = :443", "-t -4 sport = :https"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(filters); i++) {
		struct recording recording = {0};

		assert_int_equal(run_sockets(&recording, filters[i], "/dev/null"), SKT_EXIT_NO);
		assert_int_equal(ntohs(recording.request.id.idiag_sport), 443);
	}
}

/* Groups are bounded in number: the rest is said not to be there. */
static void test_groups_are_bounded(void **state)
{
	static const struct {
		const char *words;
		int status;
		size_t lines;
	} runs[] = {
		{"-s -t -H -f csv", 0, 1},
		{"-t -H -f csv --group-by=remote_port,uid", 0, 1},
		{"-t -H -f csv --group-by=local_port", 0, 65536},
		{"-t -H -f csv --group-by=cookie", SKT_EXIT_TROUBLE, 65536},
		{"-t -f openmetrics --group-by=cookie", SKT_EXIT_TROUBLE, 65536 + 3},
	};
	char path[] = "/tmp/sockkit-test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	for (size_t i = 0; i < SKT_COUNT(runs); i++) {
		struct recording recording = {.rows = ROWS};
		long peak_kib;

		assert_int_equal(
			run_measured(&recording, runs[i].words, &peak_kib), runs[i].status);
		if (peak_kib >= (runs[i].lines > 1 ? GROUPS_PEAK_KIB : PEAK_KIB))
			fail_msg("sockets %s: %ld KiB", runs[i].words, peak_kib);
	}
#endif
	assert_true(fd >= 0);
	(void)close(fd);
	for (size_t i = 0; i < SKT_COUNT(runs); i++) {
		struct recording recording = {.rows = 300 * 1000};

		assert_int_equal(run_sockets(&recording, runs[i].words, path), runs[i].status);
		assert_int_equal(count_lines(path), runs[i].lines);
	}
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_memory_is_bounded),
		unit_test(test_interrupted_dump_is_trouble),
		unit_test(test_every_row_is_shown_once),
		unit_test(test_single_port_is_asked_for),
		unit_test(test_groups_are_bounded),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
