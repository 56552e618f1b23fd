#include "cmd/complete/rows.h"

/* The rows that the command line asks for. */
static const struct skt_column_set *current_set(const struct complete_asked *asked)
{
	const struct skt_column_set *usual = NULL, *set = asked->place->command->column_sets;

	for (; set && set->columns; set++) {
		if (!set->option)
			usual = set;
		else if (complete_has_option(asked, set->option))
			return set;
	}
	return usual ? usual : asked->place->command->column_sets;
}

static void offer_columns(const struct complete_asked *asked, const char *list)
{
	const struct skt_column_set *set = current_set(asked),
				    *usual = asked->place->command->column_sets;

	while (usual && usual->columns && usual->option)
		usual++;
	for (const struct skt_column *c = set ? set->columns : NULL; c && c->name; c++)
		if (!complete_offer_used(asked->offers, list, c->name))
			complete_offer(asked->offers, c->name, c->help);
	for (const struct skt_column *c = usual && set && set->adds ? usual->columns : NULL;
		c && c->name; c++)
		if (!complete_offer_used(asked->offers, list, c->name))
			complete_offer(asked->offers, c->name, c->help);
}

void complete_value_columns(const struct complete_asked *asked)
{
	const char *list = asked->offers->typed;

	complete_offer_item(asked->offers);
	if (asked->offers->typed == list && (list[0] == '+' || list[0] == '-'))
		asked->offers->typed++;
	else if (asked->offers->typed == list)
		complete_offer(asked->offers, "all", "every column");
	offer_columns(asked, list);
}

void complete_value_sort(const struct complete_asked *asked)
{
	const char *list = asked->offers->typed;

	complete_offer_item(asked->offers);
	asked->offers->typed += asked->offers->typed[0] == '-';
	offer_columns(asked, list);
}
