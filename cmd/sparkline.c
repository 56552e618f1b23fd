#include "cmd/sparkline.h"

#include "base/macros.h"

/* U+2581 to U+2588. */
static const char bars[][4] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

/* How often VALUE has doubled, fractions and all; 0 for what is less than one. */
static double octaves(uint32_t value)
{
	unsigned int whole;

	if (value < 2)
		return 0;
	whole = 31U - (unsigned int)__builtin_clz(value);
	/* Between powers of two a straight line is as good as a curve for an eighth of a bar. */
	return whole + (double)(value - (UINT32_C(1) << whole)) / (double)(UINT32_C(1) << whole);
}

void skt_sparkline_add(struct skt_str *out, const uint32_t *values, size_t count)
{
	const size_t top = SKT_COUNT(bars) - 1;
	uint32_t least = SKT_SPARKLINE_NONE, most = 0;
	double low, span;

	for (size_t i = 0; i < count; i++) {
		if (values[i] == SKT_SPARKLINE_NONE)
			continue;
		least = SKT_MIN(least, values[i]);
		most = SKT_MAX(most, values[i]);
	}
	low = octaves(least);
	span = octaves(most) - low;
	span = SKT_MAX(span, 1.0);
	for (size_t i = 0; i < count; i++) {
		const double height = (octaves(values[i]) - low) / span * (double)top;

		skt_str_add_text(
			out, values[i] == SKT_SPARKLINE_NONE ? "x" : bars[(size_t)(height + 0.5)]);
	}
}

void skt_sparkline_add_amounts(struct skt_str *out, const uint32_t *values, size_t count)
{
	const size_t top = SKT_COUNT(bars) - 1;
	uint32_t most = 1;

	for (size_t i = 0; i < count; i++)
		most = SKT_MAX(most, values[i]);
	for (size_t i = 0; i < count; i++)
		skt_str_add_text(
			out, bars[(size_t)((double)values[i] / (double)most * (double)top + 0.5)]);
}
