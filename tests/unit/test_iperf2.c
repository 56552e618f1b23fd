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

/* Numbers from 2^31 on have the bit that makes a mark of an old sender. */
static void test_marks_are_near(void **state)
{
	static const struct {
		uint32_t id;
		uint64_t near;
		bool end;
	} cases[] = {
		{UINT32_C(0x80000010), 0, false}, /* joined there */
		{UINT32_C(0x80000011), UINT32_C(0x80000010), false},
		{UINT32_C(0x80000020), UINT32_C(0x7ffffff0), false}, /* over the bit, with a loss */
		{UINT32_C(0xfffffff0), UINT32_C(0xffffffe0), false},
		{(uint32_t)-5000, 0, false}, /* nobody knows of so many */
		{(uint32_t)-11, 0, true},
		{(uint32_t)-5000, 4990, true},
		{(uint32_t)-5000, 20000, true},
	};
	bool is_end;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)sequence_of(cases[i].id, 0, cases[i].near, &is_end);
		if (is_end != cases[i].end)
			fail_msg("%zu: %d", i, is_end);
	}
}

/* The first datagram of `iperf -u -c HOST -R -b 1m -t 1 -l 1000`, and of the same without -R. */
static void test_wishes(void **state)
{
	uint8_t asks[52] = {[3] = 1,
		[4] = 0x6b,
		0x0b,
		0x22,
		0x73,
		0x00,
		0x06,
		0xa7,
		0xf0,
		[16] = 0x6c,
		0x01,
		0x00,
		0x98,
		0,
		0,
		0,
		1,
		0,
		0,
		0x9c,
		0x68,
		[48] = 0x04};

	(void)state;
	assert_true(skt_iperf2_asks_reverse(guard_copy(asks, sizeof(asks)), sizeof(asks)));
	for (size_t len = 0; len < sizeof(asks); len++)
		assert_false(skt_iperf2_asks_reverse(guard_copy(asks, len), len));
	asks[16] = 0x48;
	asks[48] = 0;
	assert_false(skt_iperf2_asks_reverse(asks, sizeof(asks)));
}

/* Seconds, microseconds, number. */
static void test_iperf3(void **state)
{
	static const uint8_t theirs[] = {
		0x6b, 0x0b, 0x22, 0x73, 0x00, 0x06, 0xa7, 0xf0, 0x00, 0x00, 0x00, 0x01};
	const uint64_t now = (UINT64_C(0x6b0b2273) + 100) * SKT_NS_PER_SEC;

	(void)state;
	assert_true(skt_iperf3_looks(guard_copy(theirs, sizeof(theirs)), sizeof(theirs), now));
	assert_false(skt_iperf3_looks(theirs, sizeof(theirs), now + 86400 * SKT_NS_PER_SEC));
	for (size_t len = 0; len < sizeof(theirs); len++)
		assert_false(skt_iperf3_looks(guard_copy(theirs, len), len, now));
	assert_false(skt_iperf3_looks(first, sizeof(first), now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_recorded),
		unit_test(test_written_is_read),
		unit_test(test_refused),
		unit_test(test_32_bits),
		unit_test(test_marks_are_near),
		unit_test(test_wishes),
		unit_test(test_iperf3),
	};

	return cmocka_run_group_tests_name("iperf2", tests, NULL, NULL);
}
