#include "cmd/scan/accounts.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "base/str.h"
#include "base/zone.h"
#include "cmd/scan/figures.h"
#include "out/terminal.h"

static void warn_neighbors(const struct skt_context *ctx, const struct scan_input *input,
	uint8_t family, uint64_t room)
{
	uint64_t wanted = skt_headroom_wanted(&input->plan, &input->local, family);

	if (wanted > room)
		scan_figures_say(ctx, skt_terminal_width(STDERR_FILENO, ctx->columns_env),
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
		scan_figures_say(ctx, skt_terminal_width(STDERR_FILENO, ctx->columns_env),
			"this kernel tracks connections, and has room for %" PRIu64
			" more of %" PRIu64
			" that are planned: what finds none is dropped, here or for others; "
			"net.netfilter.nf_conntrack_max makes more, --rate gives the old ones time to go",
			room->connections, input->plan.count);
	warn_neighbors(ctx, input, AF_INET, room->neighbors4);
	warn_neighbors(ctx, input, AF_INET6, room->neighbors6);
}

/* ---- the sums ---- */

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

	if (tally->asked && tally->services)
		skt_str_add_format(text, "; %" PRIu64 " of %" PRIu64 " open port%s known",
			tally->known, tally->asked, skt_plural(tally->asked, " is", "s are"));
	else if (tally->asked)
		skt_str_add_format(text, "; %" PRIu64 " of %" PRIu64 " open port%s gave a greeting",
			tally->greeted, tally->asked, skt_plural(tally->asked, "", "s"));
	if (diff)
		skt_str_add_format(text,
			"; %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " changed otherwise",
			diff->opened, diff->closed, diff->changed);
}

static double seconds_of(const struct skt_scan_stats *s)
{
	return (double)s->elapsed_ns / (double)SKT_NS_PER_SEC;
}

static void tell_line(const struct skt_context *ctx, const struct skt_scan_stats *s,
	const struct scan_tally *tally)
{
	struct skt_str text = {0};

	skt_str_add_format(&text, "%" PRIu64 " planned%s", s->planned, s->planned ? " = " : "");
	add_counts(s, &text);
	skt_str_add_format(&text, "; %" PRIu64 " probe%s in %.2f s", s->sent,
		skt_plural(s->sent, "", "s"), seconds_of(s));
	skt_str_add_format(&text, "; loss %.1f%%, %.*f answers likely missed", s->loss * 100,
		s->missed > 0 && s->missed < 10, s->missed);
	add_tally(tally, &text);
	for (size_t i = SKT_SCAN_WAIT_NONE + 1; i < SKT_SCAN_WAITS; i++)
		if (s->waits[i])
			skt_str_add_format(&text, "; %" PRIu64 " time%s waited for %s", s->waits[i],
				skt_plural(s->waits[i], "", "s"), skt_scan_wait_words[i]);
	if (s->dropped)
		skt_str_add_format(&text, "; %" PRIu64 " answer%s dropped here", s->dropped,
			skt_plural(s->dropped, "", "s"));
	skt_str_add_char(&text, '\0');
	if (!text.failed)
		skt_warn(ctx, "%s", text.data);
	skt_str_fini(&text);
}

static void add_probes(struct scan_figures *figures, const struct skt_scan_stats *s)
{
	scan_figures_count(figures, SCAN_RIGHT, s->sent, skt_plural(s->sent, "probe", "probes"));
	scan_figures_add(figures, SCAN_RIGHT, "time", "%.2f s", seconds_of(s));
}

static void tell_columns(const struct skt_scan_stats *s, const struct scan_tally *tally)
{
	struct scan_figures figures = {0};

	scan_figures_count(&figures, SCAN_LEFT, s->planned, "planned");
	for (size_t i = 0; i < SKT_SCAN_STATES; i++)
		if (s->counts[i])
			scan_figures_count(
				&figures, SCAN_LEFT, s->counts[i], skt_scan_state_names[i]);
	add_probes(&figures, s);
	scan_figures_add(&figures, SCAN_RIGHT, "loss", "%.1f %%", s->loss * 100);
	scan_figures_add(&figures, SCAN_RIGHT, "answers likely missed", "%.*f",
		s->missed > 0 && s->missed < 10, s->missed);
	if (tally->asked)
		scan_figures_count(
			&figures, SCAN_RIGHT, tally->greeted, "open that gave a greeting");
	if (tally->diff) {
		scan_figures_count(&figures, SCAN_RIGHT, tally->diff->opened, "opened since");
		scan_figures_count(&figures, SCAN_RIGHT, tally->diff->closed, "closed since");
		scan_figures_count(&figures, SCAN_RIGHT, tally->diff->changed, "changed otherwise");
	}
	if (s->dropped)
		scan_figures_count(&figures, SCAN_RIGHT, s->dropped, "answers dropped here");
	scan_figures_write(&figures);
}

static void tell_waits(
	const struct skt_context *ctx, unsigned int width, const struct skt_scan_stats *s)
{
	for (size_t i = SKT_SCAN_WAIT_NONE + 1; i < SKT_SCAN_WAITS; i++)
		if (s->waits[i])
			scan_figures_say(ctx, width, "%" PRIu64 " time%s waited for %s",
				s->waits[i], skt_plural(s->waits[i], "", "s"),
				skt_scan_wait_words[i]);
}

void scan_accounts_hosts(
	const struct skt_context *ctx, const struct skt_scan_stats *s, uint64_t up, uint64_t down)
{
	const uint64_t unknown = s->planned - up - down;
	const bool whole = s->complete && !s->counts[SKT_SCAN_ERROR];
	struct scan_figures figures = {0};

	if (!skt_terminal_is(STDERR_FILENO)) {
		skt_warn(ctx,
			"%" PRIu64 " host%s = %" PRIu64 " up + %" PRIu64 " down + %" PRIu64
			" unknown%s; %" PRIu64 " probe%s in %.2f s",
			s->planned, skt_plural(s->planned, "", "s"), up, down, unknown,
			whole ? "" : " (not all were asked)", s->sent, skt_plural(s->sent, "", "s"),
			seconds_of(s));
		return;
	}
	scan_figures_count(
		&figures, SCAN_LEFT, s->planned, skt_plural(s->planned, "host", "hosts"));
	scan_figures_count(&figures, SCAN_LEFT, up, "up");
	scan_figures_count(&figures, SCAN_LEFT, down, "down");
	scan_figures_count(
		&figures, SCAN_LEFT, unknown, whole ? "unknown" : "unknown (not all asked)");
	add_probes(&figures, s);
	scan_figures_write(&figures);
}

/* ---- warnings ---- */

/* A limit that was kept to is an account; ports that stay unknown for it are a warning. */
static void tell_reset_limits(struct skt_context *ctx, unsigned int width,
	const struct skt_scan_stats *s, bool udp, bool quiet)
{
	const double per_sec = SKT_MAX(s->resets_per_sec, 1.0);
	const char *what = udp ? "ICMP errors" : "resets";
	char address[SKT_ADDR_TEXT_MAX], others[64] = "";

	if (!(s->resets_per_sec > 0) || (quiet && !s->reset_limited))
		return;
	if (s->limited_hosts > 1)
		(void)snprintf(others, sizeof(others), ", and %" PRIu64 " more host%s theirs",
			s->limited_hosts - 1,
			skt_plural(s->limited_hosts - 1, " limits", "s limit"));
	if (s->reset_limited)
		scan_figures_say(ctx, width,
			"%s sends about %.0f %s/s%s: %" PRIu64
			" port%s that stayed silent may be closed; a lower --rate-per-host tells",
			skt_zone_text(&s->limited, address), per_sec, what, others,
			s->reset_limited, skt_plural(s->reset_limited, "", "s"));
	else
		scan_figures_say(ctx, width, "%s sends about %.0f %s/s%s: it was asked no faster",
			skt_zone_text(&s->limited, address), per_sec, what, others);
}

static void tell_all_open(
	const struct skt_context *ctx, unsigned int width, const struct skt_scan_stats *s)
{
	char address[SKT_ADDR_TEXT_MAX], others[64] = "";

	if (s->all_open_hosts > 1)
		(void)snprintf(others, sizeof(others), " and of %" PRIu64 " other host%s",
			s->all_open_hosts - 1, skt_plural(s->all_open_hosts - 1, "", "s"));
	scan_figures_say(ctx, width,
		"nearly all ports of %s%s are open: something that takes every connection may be in "
		"front",
		skt_zone_text(&s->all_open, address), others);
}

void scan_accounts_tell(struct skt_context *ctx, const struct skt_scan_stats *s,
	const struct scan_tally *tally, bool quiet)
{
	const unsigned int width = skt_terminal_width(STDERR_FILENO, ctx->columns_env);

	if (!quiet && width) {
		tell_columns(s, tally);
		tell_waits(ctx, width, s);
	} else if (!quiet) {
		tell_line(ctx, s, tally);
	}
	if (s->all_open_hosts && !quiet)
		tell_all_open(ctx, width, s);
	tell_reset_limits(ctx, width, s, tally->udp, quiet);
	if (s->icmp_limited)
		scan_figures_say(ctx, width,
			"%" PRIu64 " port%s stayed silent on hosts that limit their ICMP messages: "
			"to be certain about them takes about %" PRIu64
			" s, with --rate-per-host=1 --retries=0",
			s->icmp_limited, skt_plural(s->icmp_limited, "", "s"), s->icmp_bound_sec);
	if (tally->diff && tally->diff->elsewhere)
		scan_figures_say(ctx, width,
			"open ports of the earlier scan that were not scanned now: %" PRIu64,
			tally->diff->elsewhere);
}
