#include "cmd/complete/values.h"

#include <stdio.h>
#include <string.h>

#include "cmd/complete/asked.h"
#include "cmd/complete/hosts.h"
#include "cmd/complete/language.h"
#include "cmd/complete/rows.h"
#include "cmd/complete/system.h"

static void value_iface(const struct complete_asked *asked)
{
	complete_interfaces(asked->offers);
}

static void value_netns(const struct complete_asked *asked)
{
	if (asked->offers->typed[0] == '/')
		asked->offers->action = "files";
	else
		complete_namespaces(asked->offers);
}

static void value_cmd(const struct complete_asked *asked)
{
	if (strchr(asked->offers->typed, '/'))
		asked->offers->action = "files";
	else
		complete_programs(asked->offers);
}

static void value_user(const struct complete_asked *asked)
{
	complete_users(asked->offers);
}

static void value_file(const struct complete_asked *asked)
{
	asked->offers->action = "files";
}

static void value_dir(const struct complete_asked *asked)
{
	asked->offers->action = "directories";
}

static void value_signal(const struct complete_asked *asked)
{
	static const char *const names[] = {
		"TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", "ABRT", "STOP", "CONT"};

	for (size_t i = 0; i < SKT_COUNT(names); i++)
		complete_offer(asked->offers, names[i], NULL);
}

/* URLs are the user's own. */
static void value_proxy(const struct complete_asked *asked)
{
	complete_offer(asked->offers, "env", "what all_proxy says");
}

static const struct {
	const char *metavar;
	void (*offer)(const struct complete_asked *asked); /* NULL: the user's own */
} metavars[] = {
	{"ADDR", complete_value_addr},
	{"BOUND", NULL},
	{"CIDR", complete_value_cidr},
	{"CMD", value_cmd},
	{"COLUMNS", complete_value_columns},
	{"COUNT", NULL},
	{"DIR", value_dir},
	{"DSCP", NULL},
	{"DURATION", NULL},
	{"ENDPOINT", complete_value_endpoint},
	{"EXPECT", NULL},
	{"FILE", value_file},
	{"FILTER", complete_value_filter},
	{"GROUP", NULL},
	{"HOST", complete_value_host},
	{"I/N", NULL},
	{"IFACE", value_iface},
	{"MAC", NULL},
	{"MODE", NULL},
	{"NAME", NULL},
	{"NETNS", value_netns},
	{"PORT", NULL},
	{"PORTS", complete_value_ports},
	{"PROXY", value_proxy},
	{"RATE", NULL},
	{"SEED", NULL},
	{"SIGNAL", value_signal},
	{"SIZE", NULL},
	{"TABLES", complete_value_tables},
	{"TARGET", NULL},
	{"TEXT", NULL},
	{"TIME", NULL},
	{"TIME,TIME", NULL},
	{"TTL", NULL},
	{"USER", value_user},
	{"[-]COLUMN,...", complete_value_sort},
};

bool complete_metavar_known(const char *metavar)
{
	for (size_t i = 0; i < SKT_COUNT(metavars); i++)
		if (strcmp(metavars[i].metavar, metavar) == 0)
			return true;
	return strchr(metavar, '|');
}

/* `a|b|c` */
static void offer_choices(struct complete_offers *offers, const char *choices)
{
	char word[64];

	while (*choices) {
		const size_t len = strcspn(choices, "|");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, choices);
		complete_offer(offers, word, NULL);
		choices += len + (choices[len] == '|');
	}
}

void complete_value(const struct complete_place *place, const struct skt_context *ctx,
	struct complete_offers *offers)
{
	const struct complete_option *netns = complete_place_option(place, "netns");
	const struct complete_asked asked = {
		.place = place,
		.sockets = {.ctx = ctx, .netns = netns ? netns->value : NULL},
		.offers = offers,
	};

	offers->dashes = !place->argument;
	if (strchr(place->metavar, '|')) {
		offer_choices(offers, place->metavar);
		return;
	}
	for (size_t i = 0; i < SKT_COUNT(metavars); i++)
		if (metavars[i].offer && strcmp(metavars[i].metavar, place->metavar) == 0)
			metavars[i].offer(&asked);
}
