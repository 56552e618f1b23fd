#include "out/bar.h"

#include "base/macros.h"

enum { EIGHTHS = 8 };

/* By eighths of a column; 0: none. */
static const char parts[][4] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

void skt_bar_add(struct skt_str *out, uint64_t value, uint64_t most, size_t width)
{
	const double share = most ? (double)SKT_MIN(value, most) / (double)most : 0;
	size_t eighths = (size_t)(share * (double)(width * EIGHTHS) + 0.5);

	if (value && width)
		eighths = SKT_MAX(eighths, (size_t)1);
	for (size_t i = 0; i < eighths / EIGHTHS; i++)
		skt_str_add_text(out, "█");
	skt_str_add_text(out, parts[eighths % EIGHTHS]);
}
