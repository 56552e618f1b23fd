/*
 * Counters of /proc/net: the first byte says of which file; the rest is read. Names lie in the
 * text, and what is read, written anew as lines, is read as the same.
 */
#include <inttypes.h>

#include "base/str.h"
#include "diag/net_counters.h"
#include "tests/fuzz/fuzz.h"

typedef void read_fn(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);

static void take(const char *name, size_t len, uint64_t value, void *ctx)
{
	struct skt_str *out = ctx;

	if (!len || memchr(name, '\n', len) || memchr(name, ' ', len) || memchr(name, '\t', len))
		abort();
	skt_str_add(out, name, len);
	skt_str_add_format(out, " %" PRIu64 "\n", value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static read_fn *const reads[] = {
		skt_net_counters_pairs, skt_net_counters_lines, skt_net_counters_softnet};
	struct skt_str lines = {0}, again = {0};
	char *text;

	if (!size--)
		return 0;
	text = fuzz_text(data + 1, size);
	reads[data[0] % 3](text, size, take, &lines);
	skt_net_counters_lines(lines.data, lines.len, take, &again);
	if (again.len != lines.len || (lines.len && memcmp(again.data, lines.data, lines.len) != 0))
		abort();
	skt_str_fini(&lines);
	skt_str_fini(&again);
	free(text);
	return 0;
}
