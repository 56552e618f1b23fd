#include "cmd/values.h"

#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cmd/parse.h"

error_t skt_parse_count(const struct argp_state *state, const char *option, const char *text,
	uint64_t min, uint64_t max, uint64_t *ret)
{
	if (!skt_num_parse(text, min, max, ret))
		return 0;
	if (max == UINT64_MAX)
		return skt_usage_error(state, "%s '%s': expected a number from %llu", option, text,
			(unsigned long long)min);
	return skt_usage_error(state, "%s '%s': expected a number from %llu to %llu", option, text,
		(unsigned long long)min, (unsigned long long)max);
}

error_t skt_parse_duration(
	const struct argp_state *state, const char *option, const char *text, uint64_t *ret_ns)
{
	uint64_t ns;

	if (skt_duration_parse(text, &ns) || ns == 0)
		return skt_usage_error(state,
			"%s '%s': expected a duration above 0, such as 250ms, 2s or 1m", option,
			text);
	*ret_ns = ns;
	return 0;
}

error_t skt_parse_size(const struct argp_state *state, const char *option, const char *text,
	uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t size;

	if (skt_size_parse(text, &size) || size < min || size > max)
		return skt_usage_error(
			state, "%s '%s': expected a size such as 1400, 32k or 8M", option, text);
	*ret = size;
	return 0;
}

int skt_choice(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	return -1;
}

error_t skt_parse_choice(const struct argp_state *state, const char *option, const char *text,
	const char *const *words, size_t count, int *ret)
{
	const int place = skt_choice(text, words, count);
	struct skt_str list = {0};
	error_t rc;

	if (place >= 0) {
		*ret = place;
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		skt_str_add_text(&list, i == 0 ? "" : i + 1 < count ? ", " : " or ");
		skt_str_add_text(&list, words[i]);
	}
	rc = skt_usage_error(
		state, "%s '%s': expected %.*s", option, text, (int)list.len, list.data);
	skt_str_fini(&list);
	return rc;
}
