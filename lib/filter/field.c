/* What `dev`, `fwmark`, `cgroup` and columns are compared with. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/name.h"
#include "base/num.h"
#include "filter/node.h"

enum { NUMBER_TEXT_MAX = 48 };

/* ---- dev, fwmark, cgroup ---- */

static const char *copy(struct skt_filter *filter, const char *word, size_t len)
{
	return skt_arena_text(&filter->arena, word, len);
}

/* MARK[/MASK], decimal or 0x. */
static int mark_parse(struct skt_filter_node *leaf, const char *text, const char *word, size_t len,
	struct skt_err *err)
{
	const char *slash = strchr(text, '/');
	char mark[NUMBER_TEXT_MAX] = "";
	size_t mark_len = slash ? (size_t)(slash - text) : len;

	leaf->mask = UINT32_MAX;
	if (mark_len < sizeof(mark))
		memcpy(mark, text, mark_len);
	if (skt_integer_parse(mark, UINT32_MAX, &leaf->value) ||
		(slash && skt_integer_parse(slash + 1, UINT32_MAX, &leaf->mask)))
		return skt_filter_refuse(
			err, word, len, "expected a mark, as in 5 or 0x10/0xf0, found %s");
	return 0;
}

int skt_filter_number_parse(struct skt_filter *filter, struct skt_filter_node *leaf,
	const char *word, size_t len, struct skt_err *err)
{
	const char *text = copy(filter, word, len);

	if (!text)
		return skt_fail(err, ENOMEM, "filter");
	if (!len)
		return skt_fail_text(err, EINVAL, "expected a name, found nothing");
	if (leaf->number == SKT_FILTER_MARK)
		return mark_parse(leaf, text, word, len, err);
	leaf->name = text;
	return 0;
}

/* ---- values of fields ---- */

/* A number may lie between two of the unit that is compared in: both are kept. */
struct number {
	uint64_t floor, ceiling;
};

static uint64_t unit_ns(enum skt_filter_unit unit)
{
	switch (unit) {
	case SKT_FILTER_PLAIN:
	case SKT_FILTER_BYTES:
	case SKT_FILTER_NS:
	case SKT_FILTER_RATE:
		break;
	case SKT_FILTER_MS:
		return SKT_NS_PER_MS;
	case SKT_FILTER_US:
		return SKT_NS_PER_US;
	}
	return 1;
}

static bool is_duration(enum skt_filter_unit unit)
{
	return unit == SKT_FILTER_MS || unit == SKT_FILTER_US || unit == SKT_FILTER_NS;
}

static bool ends_in_letter(const char *text)
{
	char last = text[strlen(text) - 1] | 0x20;

	return last >= 'a' && last <= 'z';
}

/* Bits are eighths of bytes; what says neither is bytes. */
static int rate_parse(const char *text, struct number *ret)
{
	struct skt_rate rate;
	int rc = skt_rate_parse(text, &rate);
	const uint64_t divisor = !rc && rate.unit == SKT_RATE_BITS ? 8 : 1;

	if (rc)
		return rc;
	ret->floor = rate.per_second / divisor;
	ret->ceiling = ret->floor + (rate.per_second % divisor != 0);
	return 0;
}

/* TEXT is not empty. */
static int number_parse(const char *text, enum skt_filter_unit unit, struct number *ret)
{
	uint64_t value, ns = unit_ns(unit);
	int rc = skt_integer_parse(text, UINT64_MAX, &value);

	if (rc == -EINVAL && is_duration(unit) && ends_in_letter(text)) {
		rc = skt_duration_parse(text, &value);
		if (rc)
			return rc;
		ret->floor = value / ns;
		ret->ceiling = ret->floor + (value % ns != 0);
		return 0;
	}
	if (rc == -EINVAL && unit == SKT_FILTER_RATE)
		return rate_parse(text, ret);
	if (rc == -EINVAL && !is_duration(unit))
		rc = skt_size_parse(text, &value);
	if (!rc)
		ret->floor = ret->ceiling = value;
	return rc;
}

static int refuse_number(const struct skt_filter_field *field, const struct skt_filter_text *word,
	struct skt_err *err)
{
	if (field->unit == SKT_FILTER_RATE)
		return skt_filter_refuse(err, word->data, word->len,
			"expected a rate, as in 10Mbit or 2MB, found %s");
	if (is_duration(field->unit))
		return skt_filter_refuse(err, word->data, word->len,
			"expected a number or a duration, as in 250ms, found %s");
	return skt_filter_refuse(
		err, word->data, word->len, "expected a number, as in 7 or 64k, found %s");
}

/* Numbers from LOW to HIGH, as OP has it with both of a range, or with one that is both. */
static struct skt_filter_item range_of(
	enum skt_filter_op op, const struct number *low, const struct number *high)
{
	static const struct skt_filter_item none = {.low = 1};
	struct skt_filter_item item = {.high = UINT64_MAX};

	switch (op) {
	case SKT_FILTER_EQ:
	case SKT_FILTER_NE:
	case SKT_FILTER_LIKE:
	case SKT_FILTER_UNLIKE:
		item.low = low->ceiling;
		item.high = high->floor;
		break;
	case SKT_FILTER_LT:
		if (!low->ceiling)
			return none;
		item.high = low->ceiling - 1;
		break;
	case SKT_FILTER_LE:
		item.high = low->floor;
		break;
	case SKT_FILTER_GT:
		if (low->floor == UINT64_MAX)
			return none;
		item.low = low->floor + 1;
		break;
	case SKT_FILTER_GE:
		item.low = low->ceiling;
		break;
	}
	return item;
}

static bool is_comparison(enum skt_filter_op op)
{
	return op == SKT_FILTER_LT || op == SKT_FILTER_LE || op == SKT_FILTER_GT ||
		op == SKT_FILTER_GE;
}

/* `A-B`, `A-`, `-B` or a number. */
static int unsigned_parse(const struct skt_filter_field *field, enum skt_filter_op op,
	const struct skt_filter_text *word, struct skt_filter_item *ret, struct skt_err *err)
{
	char text[NUMBER_TEXT_MAX] = "", *dash;
	struct number low = {0, 0}, high = {UINT64_MAX, UINT64_MAX};
	int rc = -EINVAL;

	if (word->len && word->len < sizeof(text)) {
		memcpy(text, word->data, word->len);
		dash = strchr(text, '-');
		if (dash && is_comparison(op))
			return skt_filter_refuse(
				err, word->data, word->len, "a comparison takes one value, not %s");
		if (dash)
			*dash = '\0';
		rc = text[0] || !dash ? number_parse(text, field->unit, &low) : 0;
		if (!rc && dash && dash[1])
			rc = number_parse(dash + 1, field->unit, &high);
		if (!rc && !dash)
			high = low;
	}
	if (rc)
		return refuse_number(field, word, err);
	if (low.ceiling > high.ceiling)
		return skt_filter_refuse(err, word->data, word->len, "%s is reversed");
	*ret = range_of(op, &low, &high);
	return 0;
}

/* A number with perhaps a `-`; flipping the sign bit makes the order that of unsigned ones. */
static int signed_parse(const struct skt_filter_field *field, enum skt_filter_op op,
	const struct skt_filter_text *word, struct skt_filter_item *ret, struct skt_err *err)
{
	const bool negative = word->len && word->data[0] == '-';
	char text[NUMBER_TEXT_MAX] = "";
	struct number number = {0, 0}, flipped;

	if (word->len < sizeof(text))
		memcpy(text, word->data + negative, word->len - negative);
	if (!text[0] || number_parse(text, field->unit, &number) ||
		number.ceiling > SKT_FILTER_SIGN_BIT - 1)
		return refuse_number(field, word, err);
	flipped.floor = negative ? SKT_FILTER_SIGN_BIT - number.ceiling
				 : SKT_FILTER_SIGN_BIT + number.floor;
	flipped.ceiling = negative ? SKT_FILTER_SIGN_BIT - number.floor
				   : SKT_FILTER_SIGN_BIT + number.ceiling;
	*ret = range_of(op, &flipped, &flipped);
	return 0;
}

static bool is_word(const struct skt_filter_text *word, const char *text)
{
	return strlen(text) == word->len && strncasecmp(text, word->data, word->len) == 0;
}

static int bool_parse(
	const struct skt_filter_text *word, struct skt_filter_item *ret, struct skt_err *err)
{
	static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "off", "on"};

	for (size_t i = 0; i < SKT_COUNT(words); i++) {
		if (is_word(word, words[i])) {
			ret->low = ret->high = i & 1;
			return 0;
		}
	}
	return skt_filter_refuse(err, word->data, word->len, "expected yes or no, found %s");
}

static int name_parse(const struct skt_filter_field *field, const struct skt_filter_text *word,
	struct skt_filter_item *ret, struct skt_err *err)
{
	char quoted[SKT_FILTER_QUOTED_MAX];
	struct skt_suggestion suggestion;
	char number[4] = "";
	uint64_t value;

	skt_suggest_begin(&suggestion, word->data, word->len);
	for (size_t i = 0; i < field->names_count; i++) {
		if (!field->names[i])
			continue;
		if (is_word(word, field->names[i])) {
			ret->low = ret->high = i;
			return 0;
		}
		skt_suggest_offer(&suggestion, field->names[i]);
	}
	if (word->len < sizeof(number) &&
		!skt_num_parse(memcpy(number, word->data, word->len), 1, UINT8_MAX, &value) &&
		!skt_filter_name_of(field, value)) {
		ret->low = ret->high = value;
		return 0;
	}
	skt_filter_quote(word->data, word->len, quoted);
	if (suggestion.nearest)
		return skt_fail_text(err, EINVAL, "unknown %s %s: did you mean '%s'?", field->name,
			quoted, suggestion.nearest);
	return skt_fail_text(err, EINVAL, "unknown %s %s", field->name, quoted);
}

static int item_parse(const struct skt_filter_field *field, enum skt_filter_op op,
	const struct skt_filter_text *word, struct skt_filter_item *ret, struct skt_err *err)
{
	ret->text = *word;
	if (op == SKT_FILTER_LIKE || op == SKT_FILTER_UNLIKE)
		return 0;
	switch (field->type) {
	case SKT_FILTER_UNSIGNED:
		return unsigned_parse(field, op, word, ret, err);
	case SKT_FILTER_SIGNED:
		return signed_parse(field, op, word, ret, err);
	case SKT_FILTER_BOOL:
		return bool_parse(word, ret, err);
	case SKT_FILTER_NAME:
		return name_parse(field, word, ret, err);
	case SKT_FILTER_TEXT:
		break;
	case SKT_FILTER_ADDRESS:
	case SKT_FILTER_ENDPOINT:
		return -EINVAL; /* they are places */
	}
	return 0;
}

/* Whether a field of this type can be compared by OP at all. */
static int check_op(const struct skt_filter_field *field, enum skt_filter_op op, const char *word,
	size_t len, struct skt_err *err)
{
	const bool number = field->type == SKT_FILTER_UNSIGNED || field->type == SKT_FILTER_SIGNED;
	char quoted[SKT_FILTER_QUOTED_MAX];

	if (is_comparison(op) && !number)
		return skt_fail_text(err, EINVAL,
			"'%s' has no order to compare %s by: use = or !=", field->name,
			skt_filter_quote(word, len, quoted));
	if ((op == SKT_FILTER_LIKE || op == SKT_FILTER_UNLIKE) &&
		(number || field->type == SKT_FILTER_BOOL))
		return skt_fail_text(err, EINVAL, "'%s' is no text to be like %s", field->name,
			skt_filter_quote(word, len, quoted));
	return 0;
}

static int place_parse(struct skt_filter *filter, struct skt_filter_node *leaf, const char *word,
	size_t len, struct skt_err *err)
{
	struct skt_filter_place *place = skt_arena_alloc(&filter->arena, sizeof(*place));
	int rc;

	if (!place)
		return skt_fail(err, ENOMEM, "filter");
	rc = skt_filter_host_parse(filter, place, word, len, err);
	if (!rc && place->has_ports && leaf->field->type == SKT_FILTER_ADDRESS)
		return skt_filter_refuse(err, word, len,
			"expected an address without a port, "
			"found %s");
	leaf->field_place = place;
	return rc;
}

int skt_filter_field_parse(struct skt_filter *filter, struct skt_filter_node *leaf,
	enum skt_filter_op op, const char *word, size_t len, bool quoted, struct skt_err *err)
{
	const bool glob = op == SKT_FILTER_LIKE || op == SKT_FILTER_UNLIKE;
	const bool place =
		leaf->field->type == SKT_FILTER_ADDRESS || leaf->field->type == SKT_FILTER_ENDPOINT;
	const char *end = word + len;
	struct skt_filter_item *items;
	size_t count = 1;
	int rc = check_op(leaf->field, op, word, len, err);

	if (rc)
		return rc;
	if (place && !glob && !(len == 1 && *word == '-' && !quoted))
		return place_parse(filter, leaf, word, len, err);
	for (const char *p = word; !quoted && p < end; p++)
		count += *p == ',';
	if (is_comparison(op) && count > 1)
		return skt_filter_refuse(err, word, len, "a comparison takes one value, not %s");
	items = skt_arena_alloc(&filter->arena, count * sizeof(*items));
	if (!items)
		return skt_fail(err, ENOMEM, "filter");
	leaf->items = items;
	leaf->count = count;
	leaf->glob = glob;
	for (size_t i = 0; i < count; i++, word++) {
		const char *comma = quoted ? NULL : memchr(word, ',', (size_t)(end - word));
		struct skt_filter_text text = {word, (size_t)((comma ? comma : end) - word)};

		leaf->at = word;
		items[i].absent = text.len == 1 && *word == '-' && !quoted && !is_comparison(op);
		rc = !text.len && !quoted
			? skt_fail_text(err, EINVAL, "expected a value, found nothing")
			: items[i].absent ? 0
					  : item_parse(leaf->field, op, &text, &items[i], err);
		if (rc)
			return rc;
		word += text.len;
	}
	return 0;
}

int skt_filter_text_parse(struct skt_filter *filter, struct skt_filter_node *leaf, const char *word,
	size_t len, struct skt_err *err)
{
	struct skt_filter_item *item = skt_arena_alloc(&filter->arena, sizeof(*item));

	if (!item)
		return skt_fail(err, ENOMEM, "filter");
	item->text = (struct skt_filter_text){word, len};
	leaf->items = item;
	leaf->count = 1;
	return 0;
}
