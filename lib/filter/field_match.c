/* Whether the values of a column are those that a leaf compares them with. */
#include <string.h>
#include <sys/socket.h>

#include "base/end.h"
#include "base/glob.h"
#include "base/num.h"
#include "base/str.h"
#include "filter/node.h"

static bool text_is(const struct skt_filter_node *leaf, const struct skt_filter_item *item,
	const char *data, size_t len)
{
	if (leaf->glob)
		return skt_glob_match(item->text.data, item->text.len, data, len, false);
	return item->text.len == len && memcmp(item->text.data, data, len) == 0;
}

static bool end_is(const struct skt_filter_node *leaf, const struct skt_filter_item *item,
	const struct skt_end *end)
{
	struct skt_end shown = *end;
	struct skt_str text = {0};
	bool is;

	/* What a column shows of it: the zone is part of an end, not of an address. */
	shown.addr.scope_id = 0;
	if (end->addr.family == AF_UNSPEC && !end->host && !end->service)
		return false;
	skt_end_add(&text, &shown, leaf->field->type == SKT_FILTER_ADDRESS);
	is = text_is(leaf, item, text.data, text.len);
	skt_str_fini(&text);
	return is;
}

static bool name_is(
	const struct skt_filter_node *leaf, const struct skt_filter_item *item, uint64_t number)
{
	const char *name = skt_filter_name_of(leaf->field, number);
	char text[SKT_PUT_U64_MAX];

	if (name)
		return text_is(leaf, item, name, strlen(name));
	return text_is(leaf, item, text, (size_t)(skt_put_u64(text, number) - text));
}

static bool value_is(const struct skt_filter_node *leaf, const struct skt_filter_item *item,
	const struct skt_filter_value *value)
{
	const struct skt_filter_field *field = leaf->field;
	uint64_t number = value->number;

	if (item->absent)
		return false;
	switch (field->type) {
	case SKT_FILTER_SIGNED:
		number ^= SKT_FILTER_SIGN_BIT;
		break;
	case SKT_FILTER_NAME:
		if (leaf->glob)
			return name_is(leaf, item, number);
		break;
	case SKT_FILTER_UNSIGNED:
	case SKT_FILTER_BOOL:
		break;
	case SKT_FILTER_TEXT:
		return text_is(leaf, item, value->text.data, value->text.len);
	case SKT_FILTER_ADDRESS:
	case SKT_FILTER_ENDPOINT:
		return end_is(leaf, item, &value->end);
	}
	return number >= item->low && number <= item->high;
}

bool skt_filter_field_match(
	const struct skt_filter *filter, const struct skt_filter_node *leaf, const void *row)
{
	const struct skt_filter_fields *fields = filter->fields;
	struct skt_filter_value value = {0};
	size_t index = 0;

	for (; fields->get(fields->ctx, leaf->field, row, index, &value); index++) {
		if (leaf->field_place &&
			skt_filter_place_match(leaf->field_place, AF_UNSPEC, &value.end))
			return true;
		for (size_t i = 0; i < leaf->count; i++)
			if (value_is(leaf, &leaf->items[i], &value))
				return true;
	}
	for (size_t i = 0; !index && i < leaf->count; i++)
		if (leaf->items[i].absent)
			return true;
	return false;
}
