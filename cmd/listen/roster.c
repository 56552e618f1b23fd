#include "cmd/listen/roster.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/listen/run.h"
#include "cmd/listen/standing.h"
#include "net/resolve.h"

#define LOOKUP_NS (10 * SKT_NS_PER_SEC)

/* One host of a list. */
struct lookup {
	struct skt_resolve resolve;
	struct listen_roster *roster;
	struct skt_access *access;
	const char *host; /* the list's */
};

struct lists {
	struct skt_access allow, deny;
};

struct listen_roster {
	struct listen_run *run;
	struct skt_resolver *resolver; /* NULL: there was no host yet */
	struct lists now, next;
	struct lookup *lookups; /* of `next` */
	size_t count, awaited;
	bool again; /* SIGHUP came while `next` was under way */
};

static void free_lists(struct lists *lists)
{
	skt_access_free(&lists->allow);
	skt_access_free(&lists->deny);
}

static void end_lookups(struct listen_roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		skt_resolve_cancel(&roster->lookups[i].resolve);
	free(roster->lookups);
	roster->lookups = NULL;
	roster->count = roster->awaited = 0;
}

/* ---- what was found ---- */

static int take_answer(struct lookup *lookup, struct skt_err *err)
{
	const struct skt_resolve *resolve = &lookup->resolve;
	int r;

	if (!resolve->v6.count && !resolve->v4.count)
		return skt_resolve_error(resolve, lookup->host, err);
	r = skt_access_add_host(lookup->access, resolve);
	return r ? skt_fail(err, -r, "the addresses of %.128s", lookup->host) : 0;
}

static void put_in_force(struct listen_roster *roster)
{
	const struct lists *lists = &roster->now;
	const struct skt_lists taken = skt_access_lists(&lists->allow, &lists->deny);

	skt_server_set_lists(&roster->run->server, &taken);
}

/* All answers are there: `next` takes the place of `now`, or is dropped. */
static int settle(struct listen_roster *roster, struct skt_err *err)
{
	const bool wants = skt_access_given(&roster->run->options->allow);
	int r = 0;

	for (size_t i = 0; r == 0 && i < roster->count; i++)
		r = take_answer(&roster->lookups[i], err);
	end_lookups(roster);
	/* An empty list would let everybody in. */
	if (r == 0 && wants)
		r = skt_access_check(&roster->next.allow, err);
	if (r) {
		free_lists(&roster->next);
		return r;
	}
	free_lists(&roster->now);
	roster->now = roster->next;
	roster->next = (struct lists){0};
	put_in_force(roster);
	return 0;
}

static void tell_kept(const struct listen_roster *roster, const struct skt_err *err)
{
	skt_event_tell(&roster->run->log, SKT_EVENT_ERROR, "lists_kept",
		"the lists stay as they were: %s", err->text);
	listen_standing_reloaded(roster->run);
}

/* ---- loading ---- */

static void settle_reload(struct listen_roster *roster)
{
	struct skt_event event;
	struct skt_err err;

	if (settle(roster, &err)) {
		tell_kept(roster, &err);
	} else {
		skt_event_begin(&event, &roster->run->log, SKT_EVENT_NOTICE, "lists_loaded");
		skt_event_add_number(&event, "allow", roster->now.allow.prefixes.len);
		skt_event_add_number(&event, "deny", roster->now.deny.prefixes.len);
		skt_event_end(&event, "loaded the lists: %zu entr%s of --allow, %zu of --deny",
			roster->now.allow.prefixes.len,
			skt_plural(roster->now.allow.prefixes.len, "y", "ies"),
			roster->now.deny.prefixes.len);
		listen_standing_reloaded(roster->run);
	}
	if (roster->again)
		listen_roster_reload(roster->run);
}

static void answered(struct skt_resolve *resolve)
{
	struct lookup *lookup = SKT_CONTAINER(resolve, struct lookup, resolve);
	struct listen_roster *roster = lookup->roster;

	/* At the start it is waited for, and settled there. */
	if (!skt_resolve_pending(resolve) && --roster->awaited == 0 && roster->run->roster)
		settle_reload(roster);
}

static int look_up(struct listen_roster *roster, struct skt_access *access, struct skt_err *err)
{
	struct skt_loop *loop = &roster->run->loop;
	int r = 0;

	if (access->hosts.len && !roster->resolver)
		r = skt_resolver_open(loop, NULL, NULL, &roster->resolver);
	for (size_t i = 0; r == 0 && i < access->hosts.len; i++) {
		struct lookup *lookup = &roster->lookups[roster->count++];

		*lookup = (struct lookup){
			.resolve.answered = answered,
			.roster = roster,
			.access = access,
			.host = access->hosts.data[i].name,
		};
		r = skt_resolve_start(roster->resolver, lookup->host, AF_UNSPEC,
			skt_loop_after(loop, LOOKUP_NS), &lookup->resolve);
	}
	return r ? skt_fail(err, -r, "look up the hosts of --allow and --deny") : 0;
}

/* Reads the files, and begins to look up what hosts are in them. */
static int begin(struct listen_roster *roster, struct skt_err *err)
{
	const struct listen_options *o = roster->run->options;
	struct lists *next = &roster->next;
	size_t hosts;
	int r = skt_access_load(&next->allow, &o->allow, err);

	if (r == 0)
		r = skt_access_load(&next->deny, &o->deny, err);
	hosts = next->allow.hosts.len + next->deny.hosts.len;
	if (r == 0 && hosts) {
		roster->lookups = calloc(hosts, sizeof(*roster->lookups));
		if (!roster->lookups)
			r = skt_fail(err, ENOMEM, "the hosts of --allow and --deny");
	}
	if (r == 0)
		r = look_up(roster, &next->allow, err);
	if (r == 0)
		r = look_up(roster, &next->deny, err);
	roster->awaited = roster->count;
	if (r) {
		end_lookups(roster);
		free_lists(next);
	}
	return r;
}

bool listen_roster_changes(const struct listen_run *run)
{
	const struct listen_options *o = run->options;

	return o->allow.files.len || o->allow.hosts.len || o->deny.files.len || o->deny.hosts.len;
}

void listen_roster_reload(struct listen_run *run)
{
	struct listen_roster *roster = run->roster;
	struct skt_err err;

	/* At the start they are being loaded already. */
	if (!roster)
		return;
	roster->again = roster->awaited > 0;
	if (roster->again)
		return;
	if (begin(roster, &err))
		tell_kept(roster, &err);
	else if (!roster->awaited)
		settle_reload(roster);
}

static void discard(struct listen_roster *roster)
{
	end_lookups(roster);
	skt_resolver_free(roster->resolver);
	free_lists(&roster->now);
	free_lists(&roster->next);
	free(roster);
}

int listen_roster_open(struct listen_run *run, struct skt_err *err)
{
	struct listen_roster *roster = calloc(1, sizeof(*roster));
	int r;

	if (!roster)
		return skt_fail(err, ENOMEM, "--allow and --deny");
	roster->run = run;
	r = begin(roster, err);
	while (r == 0 && roster->awaited && !run->stopping) {
		r = skt_loop_step(&run->loop, SKT_NEVER);
		if (r)
			(void)skt_fail(err, -r, "look up the hosts of --allow and --deny");
	}
	if (r == 0)
		r = run->stopping ? -ECANCELED : settle(roster, err);
	if (r == 0)
		run->roster = roster;
	else
		discard(roster);
	return r;
}

void listen_roster_close(struct listen_run *run)
{
	if (run->roster)
		discard(run->roster);
	run->roster = NULL;
}
