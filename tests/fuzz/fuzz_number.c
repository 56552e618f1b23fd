/*
 * Numbers, times, sizes and rates as users write them: what is taken is what the C library makes of
 * the digits, times the unit, or one less.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <strings.h>

#include "base/num.h"
#include "cmd/moment.h"
#include "tests/fuzz/fuzz.h"

/* Whether VALUE is more than WANT, which a long double holds but for its rounding. */
static bool is_above(uint64_t value, long double want)
{
	return (long double)value > want * (1 + 1e-15L) + 0.5L;
}

/* Aborts unless VALUE is what TEXT says, in units of which the first letters are LETTERS. */
static void check_scaled(
	const char *text, uint64_t value, const char *letters, const long double *scales)
{
	char *end;
	long double want = strtold(text, &end);
	const char *letter = strchr(letters, *end | (*end ? 0x20 : 0));

	if (!letter || text[0] < '.' || text[0] > '9')
		abort();
	want *= scales[letter - letters];
	if (is_above(value, want) || (long double)value < want * (1 - 1e-15L) - 1)
		abort();
}

static void check_duration(const char *text)
{
	/* ns, us, ms and bare numbers; then s, m(in), h, d. */
	static const long double scales[] = {1e9L, 1e9L, 6e10L, 3.6e12L, 8.64e13L, 1, 1e3L};
	uint64_t value;
	const char *unit;

	if (skt_duration_parse(text, &value))
		return;
	unit = text + strspn(text, "0123456789.");
	if (strcasecmp(unit, "ms") == 0) {
		if (is_above(value, strtold(text, NULL) * 1e6L))
			abort();
		return;
	}
	/* The NUL is found behind the letters. */
	if (*unit)
		check_scaled(text, value, "\1smhdnu", scales);
	else if (is_above(value, strtold(text, NULL) * 1e9L))
		abort();
}

static void check_size(const char *text)
{
	static const long double scales[] = {1, 1024, 1048576, 1073741824, 1099511627776};
	uint64_t value;

	if (!skt_size_parse(text, &value)) {
		if (text[strspn(text, "0123456789.")])
			check_scaled(text, value, "bkmgt", scales);
		else if (is_above(value, strtold(text, NULL)))
			abort();
	}
}

static void check_integers(const char *text)
{
	uint64_t value, again;
	char *end;

	if (!skt_num_parse(text, 3, UINT64_MAX, &value)) {
		char digits[24];

		(void)snprintf(digits, sizeof(digits), "%" PRIu64, value);
		if (value < 3 || strcmp(text + strspn(text, "0"), digits) != 0)
			abort();
	}
	if (!skt_integer_parse(text, UINT64_MAX, &value)) {
		again = strtoull(text, &end, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
		if (*end || again != value)
			abort();
	}
}

static void check_moment(const char *text, size_t len)
{
	const struct skt_moment_span span = {1764400000000000000, 1764403600000000000};
	char shown[SKT_MOMENT_MAX];
	uint64_t ns;

	if (skt_moment_parse(text, len, &span, &ns))
		return;
	skt_moment_put(ns, shown);
	if (!shown[0] || !memchr(shown, '\0', sizeof(shown)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct skt_rate rate;

	check_integers(text);
	check_duration(text);
	check_size(text);
	if (!skt_rate_parse(text, &rate) && (rate.unit > SKT_RATE_BYTES || text[0] < '.'))
		abort();
	check_moment(text, size);
	free(text);
	return 0;
}
