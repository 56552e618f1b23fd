/* The format of iperf 2, against what iperf 2.1.8 has put on the wire. */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "net/iperf2.h"

static const uint8_t first[] = {0x00, 0x00, 0x00, 0x01, 0x6b, 0x03, 0x14, 0x03, 0x00, 0x0a, 0x09,
	0x02, 0x00, 0x00, 0x00, 0x00};
/* Behind ten datagrams. */
static const uint8_t end[] = {0xff, 0xff, 0xff, 0xf5, 0x6b, 0x03, 0x14, 0x03, 0x00, 0x0a, 0x33,
	0x23, 0xff, 0xff, 0xff, 0xff};
/* What iperf -s answered to ten of 200 bytes of which it had one twice: the first half. */
static const uint8_t ack[128] = {[16] = 0x88,
	[26] = 0x07,
	0xd0,
	[34] = 0x4a,
	0xf8,
	[43] = 1,
	[47] = 0x0a,
	[54] = 0x01,
	0x48};

static uint64_t sequence(const void *bytes, size_t len, uint64_t near, bool *is_end)
{
	struct skt_iperf2_header header;

	assert_true(skt_iperf2_parse(guard_copy(bytes, len), len, &header));
	return skt_iperf2_sequence(&header, near, is_end);
}

static uint64_t sequence_of(uint32_t id, uint32_t id2, uint64_t near, bool *is_end)
{
	const struct skt_iperf2_header header = {.id = id, .id2 = id2};

	return skt_iperf2_sequence(&header, near, is_end);
}

static void test_recorded(void **state)
{
	struct skt_iperf2_header header;
	struct skt_iperf2_report report;
	bool is_end;

	(void)state;
	assert_int_equal(sequence(first, sizeof(first), 0, &is_end), 1);
	assert_false(is_end);
	assert_int_equal(sequence(end, sizeof(end), 10, &is_end), 11);
	assert_true(is_end);
	assert_true(skt_iperf2_parse(first, sizeof(first), &header));
	assert_int_equal(header.sent_ns, 0x6b031403 * SKT_NS_PER_SEC + 0x0a0902 * SKT_NS_PER_US);
	assert_true(skt_iperf2_parse_ack(guard_copy(ack, sizeof(ack)), sizeof(ack), &report));
	assert_int_equal(report.bytes, 2000);
	assert_int_equal(report.duration_ns, 0x4af8 * SKT_NS_PER_US);
	assert_int_equal(report.lost, 0);
	assert_int_equal(report.reordered, 1);
	assert_int_equal(report.datagrams, 10);
	assert_int_equal(report.jitter_ns, 0x148 * SKT_NS_PER_US);
}

static void test_written_is_read(void **state)
{
	static const int64_t numbers[] = {1, 0, INT32_MAX, INT64_C(1) << 31, (INT64_C(1) << 32) + 5,
		INT64_C(1) << 40, -1, -11, -(INT64_C(1) << 31)};
	const struct skt_iperf2_report report = {.bytes = UINT64_C(1) << 40,
		.duration_ns = 7000,
		.jitter_ns = 3 * SKT_NS_PER_SEC + 1000,
		.datagrams = 5,
		.lost = 1,
		.reordered = 2};
	struct skt_iperf2_report back;
	uint8_t bytes[SKT_IPERF2_ACK];
	bool is_end;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t n = numbers[i];
		uint64_t size = (uint64_t)(n < 0 ? -n : n);

		skt_iperf2_put(bytes, n, 5 * SKT_NS_PER_SEC);
		assert_int_equal(
			sequence(bytes, SKT_IPERF2_HEADER, size ? size - 1 : 0, &is_end), size);
		assert_int_equal(is_end, n < 0);
	}
	skt_iperf2_put_ack(bytes, &report);
	assert_true(skt_iperf2_parse_ack(bytes, sizeof(bytes), &back));
	assert_memory_equal(&back, &report, sizeof(back));
}

static void test_refused(void **state)
{
	struct skt_iperf2_report report;
	struct skt_iperf2_header header;
	uint8_t bytes[16];

	(void)state;
	for (size_t len = 0; len < sizeof(first); len++)
		assert_false(skt_iperf2_parse(guard_copy(first, len), len, &header));
	memset(bytes, 'a', sizeof(bytes)); /* text has no microseconds like these */
	assert_false(skt_iperf2_parse(bytes, sizeof(bytes), &header));
	for (size_t len = 0; len < SKT_IPERF2_ACK_MIN; len++)
		assert_false(skt_iperf2_parse_ack(guard_copy(ack, len), len, &report));
	assert_false(skt_iperf2_parse_ack(first, sizeof(first), &report));
}

/* Old iperf: payload where id2 is, numbers that wrap, marks that look like numbers. */
static void test_32_bits(void **state)
{
	const uint32_t payload = 0x32333435;
	bool is_end;

	(void)state;
	assert_int_equal(sequence_of(1, payload, 0, &is_end), 1);
	assert_false(is_end);
	assert_int_equal(sequence_of(101, payload, 100, &is_end), 101);
	assert_int_equal(sequence_of((uint32_t)-101, payload, 100, &is_end), 101);
	assert_true(is_end);
	assert_int_equal(sequence_of((uint32_t)-101, 0, 100, &is_end), 101);
	assert_true(is_end);
	assert_int_equal(sequence_of(UINT32_C(1) << 31, payload, (UINT32_C(1) << 31) - 5, &is_end),
		UINT32_C(1) << 31);
	assert_int_equal(sequence_of(3, payload, UINT32_MAX - 1, &is_end), (UINT64_C(1) << 32) + 3);
	assert_false(is_end);
	assert_int_equal(sequence_of(UINT32_MAX, payload, UINT64_C(1) << 32, &is_end), UINT32_MAX);
	assert_false(is_end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_recorded),
		unit_test(test_written_is_read),
		unit_test(test_refused),
		unit_test(test_32_bits),
	};

	return cmocka_run_group_tests_name("iperf2", tests, NULL, NULL);
}
