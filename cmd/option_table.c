#include "cmd/option_table.h"

#include <string.h>

void skt_options_each(const struct argp *argp, skt_option_fn *fn, void *ctx)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
		fn(o, ctx);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		skt_options_each(child->argp, fn, ctx);
}

struct search {
	const char *name; /* of LEN bytes; NULL: a letter is looked for */
	size_t len;
	int letter;
	const struct argp_option *exact, *prefix; /* the option itself; one that begins so */
	const struct argp_option *real;           /* the last that is no alias */
	unsigned int prefixes;
};

static void look_at(const struct argp_option *option, void *ctx)
{
	struct search *search = ctx;

	if (!(option->flags & OPTION_ALIAS))
		search->real = option;
	if (!search->name) {
		if (option->key == search->letter && !search->exact)
			search->exact = search->real;
		return;
	}
	if (!option->name || strncmp(option->name, search->name, search->len) != 0)
		return;
	if (!option->name[search->len])
		search->exact = search->real;
	search->prefix = search->real;
	search->prefixes++;
}

const struct argp_option *skt_option_find(
	const struct argp *argp, const char *name, size_t len, int letter)
{
	struct search search = {.name = name, .len = len, .letter = letter};

	skt_options_each(argp, look_at, &search);
	return search.exact ? search.exact : search.prefixes == 1 ? search.prefix : NULL;
}
