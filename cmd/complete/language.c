#include "cmd/complete/language.h"

#include <string.h>

#include "cmd/complete/filter.h"
#include "cmd/complete/hosts.h"
#include "cmd/complete/system.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/families.h"

/* One of a list of names, which stands in it once. */
struct named {
	struct complete_offers *offers;
	const char *list;
	uint32_t last; /* STATES of the last that was offered */
};

static void offer_table(const char *name, void *ctx)
{
	const struct named *named = ctx;

	if (!complete_offer_used(named->offers, named->list, name))
		complete_offer(named->offers, name, NULL);
}

void complete_value_tables(const struct complete_asked *asked)
{
	const char *list = asked->offers->typed;

	complete_offer_item(asked->offers);
	asked->offers->typed += asked->offers->typed[0] == '!';
	skt_families_each_name(offer_table, &(struct named){asked->offers, list, 0});
}

/* The words that a predicate begins with, and those that join two. */
static void offer_subjects(const struct complete_asked *asked, bool behind)
{
	static const struct {
		const char *word, *about;
	} words[] = {
		{"state", "in one of these states"},
		{"exclude", "in none of these states"},
		{"src", "from this address, or of this path"},
		{"dst", "to this address"},
		{"sport", "the local port"},
		{"dport", "the remote port"},
		{"port", "either port"},
		{"dev", "bound to this interface"},
		{"fwmark", "with this mark"},
		{"cgroup", "of this control group"},
		{"autobound", "on a port that the kernel chose"},
		{"not", "what does not match"},
	};

	if (behind) {
		complete_offer(asked->offers, "and", "both");
		complete_offer(asked->offers, "or", "either");
	}
	for (size_t i = 0; i < SKT_COUNT(words); i++)
		complete_offer(asked->offers, words[i].word, words[i].about);
	/* Columns are many: without a letter in common, those that everybody sees. */
	for (const struct skt_column *c = skt_socket_columns; c->name; c++)
		if (strcmp(c->name, "state") != 0 && strcmp(c->name, "cgroup") != 0 &&
			(asked->offers->typed[0] || c->flags & SKT_COLUMN_TABLE))
			complete_offer(asked->offers, c->name, c->help);
}

/* Of several names that mean the same, and stand together, the first. */
static void offer_state(const char *name, void *ctx)
{
	struct named *named = ctx;
	const uint32_t states = skt_states_named(name, strlen(name));
	const size_t before = named->offers->list.len;

	if (states == named->last)
		return;
	offer_table(name, named);
	if (named->offers->list.len > before)
		named->last = states;
}

static void offer_ends(const struct complete_asked *asked, const struct skt_column *address)
{
	const char *typed = asked->offers->typed;

	if (strncmp(typed, "unix:", strlen("unix:")) == 0) {
		complete_path(asked, false);
		asked->offers->action = NULL;
		return;
	}
	if (typed[0] == '/' || typed[0] == '@') {
		complete_unix(&asked->sockets, false, asked->offers);
		return;
	}
	if (complete_port_of_host(asked))
		return;
	complete_hosts(asked->offers, "");
	if (address)
		complete_column(&asked->sockets, address, asked->offers);
}

static void offer_operand(const struct complete_asked *asked, const struct complete_filter *at)
{
	struct complete_offers *offers = asked->offers;
	const char *list = offers->typed;

	if (at->operand != COMPLETE_SUBJECT && strchr(list, ','))
		complete_offer_item(offers);
	switch (at->operand) {
	case COMPLETE_SUBJECT:
		offer_subjects(asked, at->behind);
		return;
	case COMPLETE_STATES:
		skt_states_each_name(offer_state, &(struct named){offers, list, 0});
		return;
	case COMPLETE_HOSTS:
		offer_ends(asked, at->column);
		return;
	case COMPLETE_PORTS:
		offers->typed += offers->typed[0] == ':';
		complete_port(asked, true);
		return;
	case COMPLETE_INTERFACE:
		complete_interfaces(offers);
		return;
	case COMPLETE_COLUMN:
		if (at->column)
			complete_column(&asked->sockets, at->column, offers);
		return;
	case COMPLETE_OTHER:
		return;
	}
}

void complete_value_filter(const struct complete_asked *asked)
{
	const struct complete_place *place = asked->place;
	struct complete_filter at;
	struct skt_str text = {0};

	for (size_t i = 0; i < place->arguments.len; i++) {
		skt_str_add_text(&text, place->arguments.data[i]);
		skt_str_add_char(&text, ' ');
	}
	skt_str_add(&text, asked->offers->typed, strlen(asked->offers->typed) + 1);
	if (!text.failed) {
		const size_t typed = strlen(asked->offers->typed);

		at = complete_filter_at(text.data, skt_socket_columns);
		/* Where quotes were opened in an earlier word, it is not this one alone. */
		if (at.typed <= typed) {
			asked->offers->typed += typed - at.typed;
			offer_operand(asked, &at);
		}
	}
	asked->offers->failed |= text.failed;
	skt_str_fini(&text);
}
