#include "cmd/scan/expected.h"

#include "base/zone.h"

static int check_hosts(const struct scan_options *options, const struct skt_context *ctx,
	const struct skt_plan *plan, const struct skt_local *local)
{
	const struct scan_expected_host *host;

	if (scan_expect_hosts_are_asked(&options->expect_hosts, plan, local, &host))
		return SKT_EXIT_YES;
	skt_warn(ctx,
		"--expect: '%.*s' is not asked: add it to the hosts that are, or leave it out of what "
		"is expected",
		(int)host->len, host->text);
	return SKT_EXIT_USAGE;
}

int scan_expected_check(const struct scan_options *options, const struct skt_context *ctx,
	const struct skt_plan *plan, const struct skt_local *local)
{
	char address[SKT_ADDR_TEXT_MAX];
	struct skt_addr addr;
	uint16_t port;

	if (scan_expect_is_asked(&options->expect, plan, &addr, &port))
		return check_hosts(options, ctx, plan, local);
	skt_warn(ctx,
		"--expect: port %u of %s is not scanned: add it to the ports that are, or leave it "
		"out of what is expected",
		port, skt_zone_text(&addr, address));
	return SKT_EXIT_USAGE;
}
