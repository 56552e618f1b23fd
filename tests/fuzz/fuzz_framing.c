/*
 * What changes bytes on their way through: line ends, dumps, lines with a name in front. The first
 * four bytes choose the pieces in which the rest comes, and the fifth how often over; however it is
 * cut, the same comes out, and a dump holds what went in.
 */
#include "base/macros.h"
#include "cmd/listen/lines.h"
#include "cmd/stream/record.h"
#include "cmd/stream/request.h"
#include "net/tap.h"
#include "tests/fuzz/fuzz.h"

static void apply(
	struct skt_transform *transform, const char *bytes, size_t len, struct skt_str *out)
{
	char *room = skt_str_room(out, len * transform->growth + 1);
	size_t n;

	if (!room)
		abort();
	n = transform->apply(transform, bytes, len, room);
	if (n > len * transform->growth)
		abort();
	out->len += n;
}

static void check_same(struct skt_str *a, struct skt_str *b)
{
	if (a->len != b->len || (a->len && memcmp(a->data, b->data, a->len) != 0))
		abort();
	skt_str_fini(a);
	skt_str_fini(b);
}

static void check_crlf(const struct skt_str *in, uint32_t chance)
{
	struct skt_str out = {0}, want = {0};
	struct skt_crlf crlf;

	skt_crlf_init(&crlf);
	for (size_t at = 0, n; at < in->len; at += n) {
		n = fuzz_piece(&chance, in->len - at);
		apply(&crlf.transform, in->data + at, n, &out);
	}
	for (size_t i = 0; i < in->len; i++) {
		if (in->data[i] == '\n' && (!i || in->data[i - 1] != '\r'))
			skt_str_add_char(&want, '\r');
		skt_str_add_char(&want, in->data[i]);
	}
	check_same(&out, &want);
}

/* The bytes that the rows of a dump say, each at its offset. */
static void undump(const struct skt_str *dump, struct skt_str *out, bool pieces)
{
	const char *at = dump->data, *end = dump->len ? at + dump->len : at;

	for (const char *newline; at < end; at = newline + 1) {
		char *p;
		unsigned long long offset = strtoull(at, &p, 16);

		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			abort();
		/* Of a piece: when it came, or the empty line behind it. */
		if (pieces && (*at == 'O' || *at == 'I' || at == newline))
			continue;
		if (!pieces && offset != out->len)
			abort();
		for (p++; p[0] == ' ' && p[1] != ' '; p += 3) {
			const char digits[] = {p[1], p[2], '\0'};

			skt_str_add_char(out, (char)strtoul(digits, NULL, 16));
		}
	}
}

static void check_hex(const struct skt_str *in, uint32_t chance)
{
	struct skt_str out = {0}, back = {0}, want = {0};
	struct skt_hex hex;

	skt_hex_init(&hex);
	for (size_t at = 0, n; at < in->len; at += n) {
		n = fuzz_piece(&chance, in->len - at);
		apply(&hex.transform, in->data + at, n, &out);
	}
	undump(&out, &back, false);
	skt_str_add(&want, in->data, in->len);
	check_same(&back, &want);
	skt_str_fini(&out);
}

static void check_record(const struct skt_str *in, uint32_t chance)
{
	struct skt_str file = {0}, back = {0}, want = {0};
	struct skt_record record;
	char path[FUZZ_PATH];
	int fd = fuzz_file(NULL, 0, path);

	if (skt_record_open(&record, path, false))
		abort();
	for (size_t at = 0, n; at < in->len; at += n) {
		struct skt_tap *tap = chance & 0x100 ? &record.sent : &record.received;

		n = fuzz_piece(&chance, in->len - at);
		tap->see(tap, in->data + at, n);
	}
	if (skt_record_close(&record) || skt_str_read(&file, fd, SIZE_MAX / 2))
		abort();
	undump(&file, &back, true);
	skt_str_add(&want, in->data, in->len);
	check_same(&back, &want);
	skt_str_fini(&file);
	(void)close(fd);
}

static void check_lines(const struct skt_str *in, uint32_t chance)
{
	struct lines whole = {0}, cut = {0};
	struct skt_str said = {0}, also = {0};

	if (lines_add(&whole, "a", in->data, in->len, &said) || lines_end(&whole, "a", &said))
		abort();
	for (size_t at = 0, n; at < in->len; at += n) {
		n = fuzz_piece(&chance, in->len - at);
		if (lines_add(&cut, "a", in->data + at, n, &also))
			abort();
	}
	if (lines_end(&cut, "a", &also))
		abort();
	check_same(&said, &also);
	lines_fini(&whole);
	lines_fini(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct skt_str in = {0};
	uint32_t chance;
	uint8_t times;

	fuzz_take(&input, &chance, sizeof(chance));
	times = fuzz_byte(&input);
	for (int i = 0; i <= (times & 0x80 ? times & 0x1f : 0); i++)
		skt_str_add(&in, (const char *)input.data, input.size);
	check_crlf(&in, chance);
	check_hex(&in, chance);
	check_lines(&in, chance);
	if (times & 0x40)
		check_record(&in, chance);
	if (in.len)
		(void)skt_request_is_http(in.data, in.len);
	skt_str_fini(&in);
	return 0;
}
