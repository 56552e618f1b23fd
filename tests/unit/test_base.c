/* Numbers, text, names, lists, memory and errors. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/macros.h"
#include "base/name.h"
#include "base/num.h"
#include "base/plural.h"
#include "base/str.h"
#include "base/vec.h"

/* So that what is too large fails under the sanitizers as it does without. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* With its NUL as the last byte of a page. */
static const char *guarded(const char *text)
{
	return guard_copy(text, strlen(text) + 1);
}

static const struct {
	const char *text;
	uint64_t min, max;
	int rc;
	uint64_t value;
} numbers[] = {
	{"0", 0, 10, 0, 0}, {"10", 0, 10, 0, 10}, {"007", 0, 10, 0, 7}, {"11", 0, 10, -ERANGE, 0},
	{"0", 1, 10, -ERANGE, 0}, {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
	{"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
	{"99999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
	{"00000000000000000000000001", 0, UINT64_MAX, 0, 1},
	{"99999999999999999999999x", 0, UINT64_MAX, -EINVAL, 0}, {"", 0, 10, -EINVAL, 0},
	{" 1", 0, 10, -EINVAL, 0}, {"1 ", 0, 10, -EINVAL, 0}, {"+1", 0, 10, -EINVAL, 0},
	{"-1", 0, 10, -EINVAL, 0}, {"0x1", 0, 10, -EINVAL, 0}, {"1e1", 0, 10, -EINVAL, 0},
	{"1.0", 0, 10, -EINVAL, 0}, {"\xd9\xa1", 0, 10, -EINVAL, 0}, /* an Arabic digit */
};

static void plain_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(numbers); i++) {
		uint64_t value = 4711;
		int rc = skt_num_parse(
			guarded(numbers[i].text), numbers[i].min, numbers[i].max, &value);

		if (rc != numbers[i].rc || value != (rc ? 4711 : numbers[i].value))
			fail_msg("'%s': %d, %" PRIu64, numbers[i].text, rc, value);
	}
}

struct scaled {
	const char *text;
	int rc;
	uint64_t value;
};

#define SEC UINT64_C(1000000000)

static const struct scaled durations[] = {
	{"0", 0, 0},
	{"0s", 0, 0},
	{"1", 0, SEC},
	{"2s", 0, 2 * SEC},
	{"250ms", 0, SEC / 4},
	{"10us", 0, 10000},
	{"5ns", 0, 5},
	{"1.5m", 0, 90 * SEC},
	{"1min", 0, 60 * SEC},
	{"1h", 0, 3600 * SEC},
	{"1d", 0, 86400 * SEC},
	{"1D", 0, 86400 * SEC},
	{"250MS", 0, SEC / 4},
	{".5", 0, SEC / 2},
	{"5.", 0, 5 * SEC},
	{"0.000000001", 0, 1},
	{"1.0000000019", 0, SEC + 1},
	{"0.0000000001d", 0, 8640},
	{"0.000000000000011575d", 0, 1},
	{"1.99999999999999999999999999", 0, 2 * SEC - 1},
	{"0.10", 0, SEC / 10},
	{"0.00", 0, 0},
	{"0.0000000009", -ERANGE, 0},
	{"0.9ns", -ERANGE, 0},
	{"0.00000000000000000000000001d", -ERANGE, 0},
	{"18446744073709551615ns", 0, UINT64_MAX},
	{"18446744073709551616ns", -ERANGE, 0},
	{"18446744073.709551615", 0, UINT64_MAX},
	{"18446744073.709551616", -ERANGE, 0},
	{"18446744074", -ERANGE, 0},
	{"213504d", -ERANGE, 0},
	{"213503d", 0, UINT64_C(213503) * 86400 * SEC},
	{"99999999999999999999999d", -ERANGE, 0},
	{"99999999999999999999999x", -EINVAL, 0},
	{"", -EINVAL, 0},
	{"s", -EINVAL, 0},
	{".", -EINVAL, 0},
	{".s", -EINVAL, 0},
	{"1..5", -EINVAL, 0},
	{"1.5.5", -EINVAL, 0},
	{"1,5", -EINVAL, 0},
	{"-1s", -EINVAL, 0},
	{"+1s", -EINVAL, 0},
	{"1 s", -EINVAL, 0},
	{" 1s", -EINVAL, 0},
	{"1s ", -EINVAL, 0},
	{"1w", -EINVAL, 0},
	{"1mss", -EINVAL, 0},
	{"1e3", -EINVAL, 0},
	{"1m30s", -EINVAL, 0},
	{"inf", -EINVAL, 0},
};

static const struct scaled sizes[] = {
	{"0", 0, 0},
	{"1", 0, 1},
	{"1b", 0, 1},
	{"64k", 0, 65536},
	{"64K", 0, 65536},
	{"64kB", 0, 65536},
	{"64KiB", 0, 65536},
	{"1M", 0, 1 << 20},
	{"1mib", 0, 1 << 20},
	{"1g", 0, 1 << 30},
	{"1T", 0, UINT64_C(1) << 40},
	{"1.5k", 0, 1536},
	{"0.5k", 0, 512},
	{"1.0001k", 0, 1024},
	{"0.0000000001T", 0, 109},
	{"1.9", 0, 1},
	{"0.5", -ERANGE, 0},
	{"0.0001k", -ERANGE, 0},
	{"16777215T", 0, UINT64_C(16777215) << 40},
	{"16777215.999999999999T", 0, UINT64_MAX - 1},
	{"16777216T", -ERANGE, 0},
	{"18446744073709551615", 0, UINT64_MAX},
	{"18446744073709551616", -ERANGE, 0},
	{"1P", -EINVAL, 0},
	{"k", -EINVAL, 0},
	{"1kk", -EINVAL, 0},
	{"1ki", -EINVAL, 0},
	{"1 k", -EINVAL, 0},
	{"1kbit", -EINVAL, 0},
	{"-1", -EINVAL, 0},
	{"", -EINVAL, 0},
};

static void check_scaled(const struct scaled *cases, size_t count, const char *what,
	int (*parse)(const char *text, uint64_t *ret))
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 4711;
		int rc = parse(guarded(cases[i].text), &value);

		if (rc != cases[i].rc || value != (rc ? 4711 : cases[i].value))
			fail_msg("%s '%s': %d, %" PRIu64, what, cases[i].text, rc, value);
	}
}

static void scaled_numbers(void **state)
{
	(void)state;
	check_scaled(durations, SKT_COUNT(durations), "duration", skt_duration_parse);
	check_scaled(sizes, SKT_COUNT(sizes), "size", skt_size_parse);
}

static const struct {
	const char *text;
	int rc;
	enum skt_rate_unit unit;
	uint64_t per_second;
} rates[] = {
	{"5000", 0, SKT_RATE_EVENTS, 5000},
	{"5000/s", 0, SKT_RATE_EVENTS, 5000},
	{"5000pps", 0, SKT_RATE_EVENTS, 5000},
	{"5kpps", 0, SKT_RATE_EVENTS, 5000},
	{"5k", 0, SKT_RATE_EVENTS, 5000},
	{"1.5Mpps/s", 0, SKT_RATE_EVENTS, 1500000},
	{"10Mbit", 0, SKT_RATE_BITS, 10000000},
	{"10Mbit/s", 0, SKT_RATE_BITS, 10000000},
	{"10mbit", 0, SKT_RATE_BITS, 10000000},
	{"1Gbps", 0, SKT_RATE_BITS, 1000000000},
	{"9600bps", 0, SKT_RATE_BITS, 9600},
	{"2MB", 0, SKT_RATE_BYTES, 2000000},
	{"2B", 0, SKT_RATE_BYTES, 2},
	{"2.5kB/s", 0, SKT_RATE_BYTES, 2500},
	{"0", 0, SKT_RATE_EVENTS, 0},
	{"0.5", -ERANGE, 0, 0},
	{"18446744073709551616", -ERANGE, 0, 0},
	{"18446744074Gbit", -ERANGE, 0, 0},
	{"0000000000000000000000000000000000000000000000000000007", 0, SKT_RATE_EVENTS, 7},
	{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", -EINVAL, 0, 0},
	{"", -EINVAL, 0, 0},
	{"/s", -EINVAL, 0, 0},
	{"B", -EINVAL, 0, 0},
	{"pps", -EINVAL, 0, 0},
	{"Mbit", -EINVAL, 0, 0},
	{"5/m", -EINVAL, 0, 0},
	{"5/s/s", -EINVAL, 0, 0},
	{"2mb", -EINVAL, 0, 0}, /* bits or bytes? */
	{"5 Mbit", -EINVAL, 0, 0},
	{"5Xbit", -EINVAL, 0, 0},
	{"-5", -EINVAL, 0, 0},
};

static void rate_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(rates); i++) {
		struct skt_rate rate = {.unit = 99, .per_second = 4711};
		int rc = skt_rate_parse(guarded(rates[i].text), &rate);

		if (rc != rates[i].rc || (!rc && rate.unit != rates[i].unit) ||
			rate.per_second != (rc ? 4711 : rates[i].per_second))
			fail_msg("'%s': %d, %" PRIu64, rates[i].text, rc, rate.per_second);
	}
}

static const struct {
	const char *typed, *nearest; /* NULL: none */
} suggestions[] = {
	{"sockets", "sockets"},
	{"SOCKETS", "sockets"},
	{"socket", "sockets"},
	{"scokets", "sockets"},
	{"sokcets", "sockets"},
	{"socketz", "sockets"},
	{"skets", "sockets"},
	{"prots", "ports"},
	{"port", "ports"},
	{"scna", "scan"},
	{"can", "scan"},
	{"upprecv", "udprecv"},
	{"udpsendd", "udpsend"},
	{"o", "or"},
	{"ro", "or"},
	{"xy", NULL},
	{"x", NULL},
	{"", NULL},
	{"kets", NULL},
	{"udp", "udpsend"},
	{"SOC", "sockets"},
	{"so", NULL},
	{"frobnicate", NULL},
	{"scanscanscanscanscanscanscanscanscanscanscanscanscan", NULL},
};

static void did_you_mean(void **state)
{
	static const char *const names[] = {"listen", "connect", "scan", "udpsend", "udprecv",
		"ports", "sockets", "or",
		"a-name-that-is-longer-than-any-that-users-could-ever-type"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(suggestions); i++) {
		const char *typed = suggestions[i].typed, *nearest = suggestions[i].nearest;
		struct skt_suggestion suggestion;

		skt_suggest_begin(&suggestion, guard_text(typed), strlen(typed));
		assert_null(suggestion.nearest);
		for (size_t k = 0; k < SKT_COUNT(names); k++)
			skt_suggest_offer(&suggestion, names[k]);
		if (!nearest != !suggestion.nearest ||
			(nearest && strcmp(nearest, suggestion.nearest) != 0))
			fail_msg("%s: %s", typed, suggestion.nearest ? suggestion.nearest : "none");
	}
}

/* The first of equals stays; a nearer one wins, wherever it stands. */
static void nearest_of_several(void **state)
{
	struct skt_suggestion suggestion;

	(void)state;
	skt_suggest_begin(&suggestion, "cat", 3);
	skt_suggest_offer(&suggestion, "bat");
	skt_suggest_offer(&suggestion, "rat");
	assert_string_equal(suggestion.nearest, "bat");
	skt_suggest_offer(&suggestion, "cat");
	assert_string_equal(suggestion.nearest, "cat");
	assert_int_equal(suggestion.distance, 0);
}

static void decimal_digits(void **state)
{
	uint64_t power = 1;

	(void)state;
	for (int i = 0; i < 20; i++, power *= 10) {
		uint64_t values[] = {power - 1, power, power + 1, power * 9, power / 7};

		for (size_t k = 0; k < SKT_COUNT(values); k++) {
			char text[SKT_PUT_U64_MAX + 1], expected[32];

			*skt_put_u64(text, values[k]) = '\0';
			(void)snprintf(expected, sizeof(expected), "%" PRIu64, values[k]);
			assert_string_equal(text, expected);
		}
	}
	for (uint64_t value = 0; value < 12000; value++) {
		char text[SKT_PUT_U64_MAX + 1];

		*skt_put_u64(text, value) = '\0';
		assert_int_equal(strtoull(text, NULL, 10), value);
		assert_true(text[0] != '0' || value == 0);
	}
}

/* Exactly SKT_PUT_U64_MAX bytes, not one more. */
static void longest_decimal(void **state)
{
	char *room = guard_copy("....................", SKT_PUT_U64_MAX);

	(void)state;
	assert_ptr_equal(skt_put_u64(room, UINT64_MAX), room + SKT_PUT_U64_MAX);
	assert_memory_equal(room, "18446744073709551615", SKT_PUT_U64_MAX);
}

static size_t utf8_encode(uint32_t code, unsigned char *p)
{
	if (code < 0x80) {
		p[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		p[0] = (unsigned char)(0xc0 | code >> 6);
		p[1] = (unsigned char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		p[0] = (unsigned char)(0xe0 | code >> 12);
		p[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
		p[2] = (unsigned char)(0x80 | (code & 0x3f));
		return 3;
	}
	p[0] = (unsigned char)(0xf0 | code >> 18);
	p[1] = (unsigned char)(0x80 | (code >> 12 & 0x3f));
	p[2] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
	p[3] = (unsigned char)(0x80 | (code & 0x3f));
	return 4;
}

/* All code points there are, each also cut short. */
static void utf8_every_code(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x120000; code++) {
		bool valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		unsigned char bytes[4];
		size_t n = utf8_encode(code, bytes);
		uint32_t got = 4711;

		assert_int_equal(skt_utf8_decode((char *)bytes, n, &got), valid ? n : 0);
		assert_int_equal(got, valid ? code : 4711);
		for (size_t cut = 1; cut < n; cut++)
			assert_int_equal(skt_utf8_decode((char *)bytes, cut, &got), 0);
	}
}

/* All sequences of two bytes: what may begin one, what may follow, what may not stand. */
static void utf8_two_bytes(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++) {
		for (unsigned int second = 0; second < 256; second++) {
			unsigned char bytes[2] = {(unsigned char)first, (unsigned char)second};
			bool pair = first >= 0xc2 && first <= 0xdf && (second & 0xc0) == 0x80;
			uint32_t code = 0;

			assert_int_equal(skt_utf8_decode((char *)bytes, 2, &code),
				first < 0x80   ? 1
					: pair ? 2
					       : 0);
			if (pair)
				assert_int_equal(code, (first & 0x1f) << 6 | (second & 0x3f));
		}
	}
}

static void utf8_bad_sequences(void **state)
{
	static const char *const texts[] = {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
		"\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe",
		"\x80", "\xbf", "\xe2\x28\xa1", "\xe2\x82\x28", "\xf0\x28\x8c\xbc",
		"\xf0\x90\x28\xbc", "\xf0\x90\x8c\x28", "\xe2\x82", "\xf0\x90\x8c", "\xc3"};
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		if (skt_utf8_decode(guard_text(texts[i]), strlen(texts[i]), &code))
			fail_msg("sequence %zu is taken for UTF-8", i);
	/* What follows is not looked at. */
	assert_int_equal(skt_utf8_decode(guard_copy("\xe2\x82\xac\xff", 4), 4, &code), 3);
	assert_int_equal(code, 0x20ac);
	assert_int_equal(skt_utf8_decode(guard_copy("\0x", 2), 2, &code), 1);
	assert_int_equal(code, 0);
}

static void growing_text(void **state)
{
	struct skt_str str = {0};
	char *room;

	(void)state;
	skt_str_add(&str, NULL, 0);
	skt_str_add_text(&str, "");
	skt_str_add_fill(&str, 'x', 0);
	assert_null(str.data);
	skt_str_add_text(&str, "ab");
	skt_str_add_char(&str, 'c');
	skt_str_add(&str, "d\0e", 3);
	skt_str_add_format(&str, "%d-%s", 12, "x");
	skt_str_add_format(&str, "%s", "");
	skt_str_add_fill(&str, '.', 3);
	assert_int_equal(str.len, 13);
	assert_memory_equal(str.data, "abcd\0e12-x...", 13);
	room = skt_str_room(&str, 1000);
	assert_non_null(room);
	memset(room, 'y', 1000);
	skt_str_commit(&str, room + 7);
	assert_int_equal(str.len, 20);
	for (size_t i = 0; i < 100000; i++)
		skt_str_add_format(&str, "%zu,", i);
	assert_int_equal(str.len, 20 + 588890);
	assert_memory_equal(str.data + str.len - 6, "99999,", 6);
	assert_false(str.failed);
	skt_str_fini(&str);
	assert_null(str.data);
	assert_int_equal(str.len + str.cap, 0);
	skt_str_fini(&str);
}

static void text_without_memory(void **state)
{
	struct skt_str str = {0};

	(void)state;
	skt_str_add_text(&str, "kept");
	assert_null(skt_str_room(&str, SIZE_MAX - 1));
	assert_true(str.failed);
	assert_false(skt_str_grow(&str, SIZE_MAX / 2));
	skt_str_add_fill(&str, 'x', SIZE_MAX - 2);
	assert_memory_equal(str.data, "kept", 4);
	assert_int_equal(str.len, 4);
	skt_str_add_text(&str, "!");
	assert_true(str.failed);
	skt_str_fini(&str);
	assert_false(str.failed);
}

static void reading_text(void **state)
{
	struct skt_str str = {0};
	int fds[2];

	(void)state;
	skt_str_add_text(&str, "before ");
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "12345", 5), 5);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(skt_str_read(&str, fds[0], 5), 0);
	assert_int_equal(str.len, 12);
	assert_memory_equal(str.data, "before 12345", 12);
	assert_int_equal(skt_str_read(&str, fds[0], 0), 0);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "123456", 6), 6);
	assert_int_equal(skt_str_read(&str, fds[0], 5), -EFBIG);
	assert_int_equal(skt_str_read(&str, fds[1], 5), -EBADF);
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
	skt_str_fini(&str);
}

static void growing_list(void **state)
{
	struct pair {
		int a, b;
	};
	SKT_VEC(struct pair) list = {0};
	volatile size_t none = 0, most = SIZE_MAX; /* hidden from the compiler's own warnings */
	int *data;

	(void)state;
	assert_int_equal(skt_vec_reserve(&list, none), 0);
	assert_null(list.data);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(skt_vec_reserve(&list, 1), 0);
		list.data[list.len].a = i; /* NOLINT(clang-analyzer-core.NullDereference) */
		list.data[list.len++].b = -i;
	}
	for (int i = 0; i < 10000; i++)
		assert_true(list.data[i].a == i && list.data[i].b == -i);
	data = &list.data[0].a;
	/* Too much is refused, and changes nothing. */
	assert_int_equal(skt_vec_reserve(&list, most), -ENOMEM);
	assert_int_equal(skt_vec_reserve(&list, most / 4), -ENOMEM);
	assert_ptr_equal(data, &list.data[0].a);
	assert_int_equal(list.len, 10000);
	assert_in_range(list.cap, 10000, 20000);
	skt_vec_free(&list);
	assert_null(list.data);
	assert_int_equal(list.len + list.cap, 0);
}

static void pushing(void **state)
{
	struct pair {
		uint64_t a;
		char b;
	};
	SKT_VEC(struct pair) pairs = {0};
	SKT_VEC(char) bytes = {0};

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(skt_vec_push(&pairs, (struct pair){i, 'x'}), 0);
		assert_int_equal(skt_vec_push(&bytes, (char)('a' + i % 26)), 0);
	}
	assert_int_equal(pairs.data[99].a, 99);
	assert_int_equal(pairs.data[99].b, 'x');
	assert_memory_equal(bytes.data, "abcdefghijklmnopqrstuvwxyzabc", 29);
	skt_vec_free(&pairs);
	skt_vec_free(&bytes);
}

static void arena_memory(void **state)
{
	struct skt_arena arena = {0};
	unsigned char *blocks[2000];
	size_t asked = 0;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(blocks); i++) {
		size_t size = i % 100 == 99 ? 20000 : i % 41 + 1;

		blocks[i] = skt_arena_alloc(&arena, size);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(blocks[i][k], 0);
		memset(blocks[i], (int)(i % 251 + 1), size);
		asked += size;
	}
	for (size_t i = 0; i < SKT_COUNT(blocks); i++) {
		size_t size = i % 100 == 99 ? 20000 : i % 41 + 1;

		assert_int_equal(blocks[i][0], i % 251 + 1);
		assert_int_equal(blocks[i][size - 1], i % 251 + 1);
	}
	assert_in_range(arena.used, asked, asked + SKT_COUNT(blocks) * _Alignof(max_align_t));
	skt_arena_fini(&arena);
	assert_int_equal(arena.used, 0);
	assert_non_null(skt_arena_alloc(&arena, 0));
	skt_arena_fini(&arena);
	skt_arena_fini(&arena);
}

/* What is large does not end the use of the block that small things come from. */
static void arena_keeps_its_block(void **state)
{
	struct skt_arena arena = {0};
	unsigned char *a = skt_arena_alloc(&arena, 16), *b;

	(void)state;
	assert_non_null(skt_arena_alloc(&arena, 1 << 20));
	b = skt_arena_alloc(&arena, 16);
	assert_ptr_equal(b, a + 16);
	skt_arena_fini(&arena);
}

static void arena_limits(void **state)
{
	struct skt_arena arena = {0};

	(void)state;
	assert_null(skt_arena_alloc(&arena, SIZE_MAX));
	assert_null(skt_arena_alloc(&arena, SIZE_MAX - 15));
	assert_null(skt_arena_alloc(&arena, SIZE_MAX - 40));
	assert_null(skt_arena_text(&arena, "", SIZE_MAX));
	assert_int_equal(arena.used, 0);
	assert_string_equal(skt_arena_text(&arena, guard_text("abc"), 3), "abc");
	assert_string_equal(skt_arena_text(&arena, NULL, 0), "");
	skt_arena_fini(&arena);
}

static void error_texts(void **state)
{
	struct skt_err err = {.domain = SKT_ERR_TLS};

	(void)state;
	assert_int_equal(skt_fail(&err, ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(err.text, "open x: No such file or directory");
	assert_int_equal(err.domain, SKT_ERR_SYS);
	assert_int_equal(err.code, ENOENT);
	skt_err_prefix(&err, "line %d", 7);
	assert_string_equal(err.text, "line 7: open x: No such file or directory");
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(skt_fail_text(&err, EINVAL, "bad '%s'", "y"), -EINVAL);
	assert_string_equal(err.text, "bad 'y'");
	assert_int_equal(
		skt_fail_domain(&err, EIO, SKT_ERR_GAI, -2, "name unknown", "resolve %s", "h"),
		-EIO);
	assert_string_equal(err.text, "resolve h: name unknown");
	assert_int_equal(err.domain, SKT_ERR_GAI);
	assert_int_equal(err.code, -2);
	assert_int_equal(skt_fail(NULL, EPERM, "x"), -EPERM);
	assert_int_equal(skt_fail_text(NULL, EPERM, "x"), -EPERM);
	assert_int_equal(skt_fail_domain(NULL, EPERM, SKT_ERR_TLS, 1, "r", "x"), -EPERM);
	skt_err_prefix(NULL, "x");
	assert_int_equal(skt_fail(&err, 99999, "x"), -99999);
	assert_string_equal(err.text, "x: Unknown error 99999");
}

/* Too long an object is cut, not the reason. */
static void long_errors(void **state)
{
	char object[1000], reason[1000];
	struct skt_err err = {0};

	(void)state;
	memset(object, 'o', sizeof(object) - 1);
	memset(reason, 'r', sizeof(reason) - 1);
	object[sizeof(object) - 1] = reason[sizeof(reason) - 1] = '\0';
	(void)skt_fail(&err, ENOENT, "%s", object);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(strchr(err.text, ':'), ": No such file or directory");
	skt_err_prefix(&err, "%s", object);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	(void)skt_fail_domain(&err, EIO, SKT_ERR_TLS, 1, reason, "%s", object);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	(void)skt_fail_text(&err, EIO, "%s", object);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static const struct {
	const char *pattern, *text;
	bool matches, folded; /* FOLDED: with letters of either case the same */
} globs[] = {
	{"", "", true, true},
	{"", "a", false, false},
	{"a", "", false, false},
	{"*", "", true, true},
	{"**", "a/b", true, true},
	{"a", "A", false, true},
	{"?", "", false, false},
	{"?", "x", true, true},
	{"a*b*c", "aXbbYbc", true, true},
	{"a*b*c", "aXbbYbcd", false, false},
	{"*abab", "ababab", true, true},
	{"*.s?rvice", "ssh.service", true, true},
	{"[a-c]", "b", true, true},
	{"[A-C]", "b", false, true},
	{"[c-a]", "b", false, false},
	{"[!a-c]", "b", false, false},
	{"[^a-c]x", "dx", true, true},
	{"[]]", "]", true, true},
	{"[]-]", "-", true, true},
	{"[!]]", "]", false, false},
	{"[a-]", "-", true, true},
	{"[a", "[a", true, true},
	{"[", "[", true, true},
	{"[]", "[]", true, true},
	{"[!", "[!", true, true},
	{"*[", "x[", true, true},
	{"\\*", "*", true, true},
	{"\\*", "x", false, false},
	{"\\", "\\", true, true},
	{"x\\", "x\\", true, true},
	{"*\\?", "ab?", true, true},
};

static void glob_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(globs); i++) {
		const size_t pattern_len = strlen(globs[i].pattern), len = strlen(globs[i].text);
		const char *pattern = guard_copy(globs[i].pattern, pattern_len);
		const char *text = guard_copy(globs[i].text, len);

		if (skt_glob_match(pattern, pattern_len, text, len, false) != globs[i].matches ||
			skt_glob_match(pattern, pattern_len, text, len, true) != globs[i].folded)
			fail_msg("'%s' and '%s'", globs[i].pattern, globs[i].text);
		guard_free_all();
	}
	assert_true(skt_glob_match("a?c", 3, "a\0c", 3, false));
	assert_false(skt_glob_match("a*", 2, "\0a", 2, false));
}

/* What would take others longer than the world lasts. */
static void glob_is_bounded(void **state)
{
	char pattern[200], text[4000];

	(void)state;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	assert_false(skt_glob_match(pattern, sizeof(pattern), text, sizeof(text), false));
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		int rc;
	} cases[] = {{"0", 1, 0, 0}, {"0x0", 0, 0, 0}, {"0xff", 255, 255, 0}, {"0XFf", 255, 255, 0},
		{"0x100", 255, 7, -ERANGE}, {"256", 255, 7, -ERANGE}, {"0x", 9, 7, -EINVAL},
		{"0xg", 99, 7, -EINVAL}, {"0x\x16", 99, 7, -EINVAL}, {"0x1 ", 99, 7, -EINVAL},
		{"x1", 99, 7, -EINVAL}, {"ff", 255, 7, -EINVAL}, {"", 9, 7, -EINVAL},
		{"-1", 9, 7, -EINVAL}, {"0xffffffffffffffff", UINT64_MAX, UINT64_MAX, 0},
		{"0x10000000000000000", UINT64_MAX, 7, -ERANGE},
		{"0x00000000000000000001", UINT64_MAX, 1, 0}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		uint64_t value = 7;

		if (skt_integer_parse(guarded(cases[i].text), cases[i].max, &value) !=
				cases[i].rc ||
			value != cases[i].value)
			fail_msg("'%s': %" PRIu64, cases[i].text, value);
		guard_free_all();
	}
}

static void test_clock_add(void **state)
{
	(void)state;
	assert_int_equal(skt_clock_add(5, 7), 12);
	assert_int_equal(skt_clock_add(SKT_NEVER - 7, 7), SKT_NEVER);
	assert_int_equal(skt_clock_add(SKT_NEVER - 7, 8), SKT_NEVER);
	assert_int_equal(skt_clock_add(skt_clock_ns(), SKT_NEVER), SKT_NEVER);
	assert_int_equal(skt_clock_add(SKT_NEVER, 1), SKT_NEVER);
}

/* A broken promise ends the process where it is seen, with a line that says which. */
static void test_assert(void **state)
{
	char text[256];
	int ends[2], status;
	ssize_t len;
	pid_t child;

	(void)state;
	SKT_ASSERT(sizeof(text) == 256);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGILL, SIG_DFL);
		(void)signal(SIGTRAP, SIG_DFL);
		(void)dup2(ends[1], STDERR_FILENO);
		SKT_ASSERT(ends[0] == -1);
		_exit(0);
	}
	(void)close(ends[1]);
	for (len = 0; len < (ssize_t)sizeof(text) - 1;) {
		ssize_t n = read(ends[0], text + len, sizeof(text) - 1 - (size_t)len);

		if (n <= 0)
			break;
		len += n;
	}
	text[len] = '\0';
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_non_null(strstr(text, "test_base.c:"));
	assert_non_null(strstr(text, ": ends[0] == -1: this is a bug\n"));
}

static void plurals(void **state)
{
	(void)state;
	assert_string_equal(skt_plural(1, "host", "hosts"), "host");
	assert_string_equal(skt_plural(0, "host", "hosts"), "hosts");
	assert_string_equal(skt_plural(UINT64_C(1) << 32 | 1, "host", "hosts"), "hosts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_assert),
		unit_test(test_clock_add),
		unit_test(glob_patterns),
		unit_test(glob_is_bounded),
		unit_test(integers),
		unit_test(plain_numbers),
		unit_test(scaled_numbers),
		unit_test(rate_forms),
		unit_test(did_you_mean),
		unit_test(nearest_of_several),
		unit_test(decimal_digits),
		unit_test(longest_decimal),
		unit_test(plurals),
		unit_test(utf8_every_code),
		unit_test(utf8_two_bytes),
		unit_test(utf8_bad_sequences),
		unit_test(growing_text),
		unit_test(text_without_memory),
		unit_test(reading_text),
		unit_test(growing_list),
		unit_test(pushing),
		unit_test(arena_memory),
		unit_test(arena_keeps_its_block),
		unit_test(arena_limits),
		unit_test(error_texts),
		unit_test(long_errors),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
