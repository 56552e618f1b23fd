#include "cmd/scan/accounts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"

static void warn_neighbors(const struct skt_context *ctx, const struct scan_input *input,
	uint8_t family, uint64_t room)
{
	uint64_t wanted = skt_headroom_wanted(&input->plan, &input->local, family);

	if (wanted > room)
		skt_warn(ctx,
			"%" PRIu64
			" hosts are on networks of this host, and its table of neighbours "
			"has room for %" PRIu64
			": the scan waits for places; net.ipv%d.neigh.default.gc_thresh3 makes more",
			wanted, room, family == AF_INET ? 4 : 6);
}

void scan_accounts_warn(const struct skt_context *ctx, const struct scan_input *input)
{
	const struct skt_headroom *room = &input->room;

	if (input->plan.count > room->connections)
		skt_warn(ctx,
			"this kernel tracks connections, and has room for %" PRIu64
			" more of %" PRIu64
			" that are planned: what finds none is dropped, here or for others; "
			"net.netfilter.nf_conntrack_max makes more, --rate gives the old ones time to go",
			room->connections, input->plan.count);
	warn_neighbors(ctx, input, AF_INET, room->neighbors4);
	warn_neighbors(ctx, input, AF_INET6, room->neighbors6);
}

static void add_counts(const struct skt_scan_stats *stats, struct skt_str *text)
{
	bool first = true;

	for (size_t i = 0; i < SKT_SCAN_STATES; i++) {
		if (!stats->counts[i])
			continue;
		skt_str_add_format(text, "%s%" PRIu64 " %s", first ? "" : " + ", stats->counts[i],
			skt_scan_state_names[i]);
		first = false;
	}
}

static void add_tally(const struct scan_tally *tally, struct skt_str *text)
{
	const struct scan_diff *diff = tally->diff;

	if (tally->asked)
		skt_str_add_format(text, "; %" PRIu64 " of %" PRIu64 " open ports gave a greeting",
			tally->greeted, tally->asked);
	if (diff)
		skt_str_add_format(text,
			"; %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " changed otherwise",
			diff->opened, diff->closed, diff->changed);
}

/* A limit that was kept to is an account; ports that stay unknown for it are a warning. */
static void tell_reset_limits(struct skt_context *ctx, const struct skt_scan_stats *s, bool quiet)
{
	char address[SKT_ADDR_TEXT_MAX], others[48] = "";

	if (!(s->resets_per_sec > 0) || (quiet && !s->reset_limited))
		return;
	if (s->limited_hosts > 1)
		(void)snprintf(others, sizeof(others), ", and %" PRIu64 " more limit theirs",
			s->limited_hosts - 1);
	if (s->reset_limited)
		skt_warn(ctx,
			"%s sends about %.0f resets/s%s: %" PRIu64
			" ports that stayed silent may be closed; a lower --rate-per-host tells",
			skt_addr_text(&s->limited, address), s->resets_per_sec, others,
			s->reset_limited);
	else
		skt_warn(ctx, "%s sends about %.0f resets/s%s: it was asked no faster",
			skt_addr_text(&s->limited, address), s->resets_per_sec, others);
}

static void tell_all_open(const struct skt_context *ctx, const struct skt_scan_stats *s)
{
	char address[SKT_ADDR_TEXT_MAX], others[64] = "";

	if (s->all_open_hosts > 1)
		(void)snprintf(others, sizeof(others), " and of %" PRIu64 " other hosts",
			s->all_open_hosts - 1);
	skt_warn(ctx,
		"nearly all ports of %s%s are open: something that takes every connection may be in "
		"front",
		skt_addr_text(&s->all_open, address), others);
}

void scan_accounts_tell(struct skt_context *ctx, const struct skt_scan_stats *s,
	const struct scan_tally *tally, bool quiet)
{
	struct skt_str text = {0};

	skt_str_add_format(&text, "%" PRIu64 " planned%s", s->planned, s->planned ? " = " : "");
	add_counts(s, &text);
	skt_str_add_format(
		&text, "; %" PRIu64 " probes in %.2f s", s->sent, (double)s->elapsed_ns / 1e9);
	skt_str_add_format(&text, "; loss %.1f%%, %.*f answers likely missed", s->loss * 100,
		s->missed > 0 && s->missed < 10, s->missed);
	add_tally(tally, &text);
	for (size_t i = SKT_SCAN_WAIT_NONE + 1; i < SKT_SCAN_WAITS; i++)
		if (s->waits[i])
			skt_str_add_format(&text, "; %" PRIu64 " times waited for %s", s->waits[i],
				skt_scan_wait_words[i]);
	if (s->dropped)
		skt_str_add_format(&text, "; %" PRIu64 " answers dropped here", s->dropped);
	skt_str_add_char(&text, '\0');
	if (!text.failed && !quiet)
		skt_warn(ctx, "%s", text.data);
	skt_str_fini(&text);
	if (s->all_open_hosts && !quiet)
		tell_all_open(ctx, s);
	tell_reset_limits(ctx, s, quiet);
	if (s->icmp_limited)
		skt_warn(ctx,
			"%" PRIu64 " ports stayed silent on hosts that limit their ICMP messages: "
			"to be certain about them takes about %" PRIu64
			" s, with --rate-per-host=1 --retries=0",
			s->icmp_limited, s->icmp_bound_sec);
	if (tally->diff && tally->diff->elsewhere)
		skt_warn(ctx, "open ports of the earlier scan that were not scanned now: %" PRIu64,
			tally->diff->elsewhere);
}
