#include "cmd/scan/port_set.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "cmd/look_up.h"
#include "scan/ports.h"

int scan_ports_read(const struct scan_options *o, struct skt_context *ctx,
	const struct skt_services *services, struct skt_portset *ports)
{
	const uint8_t protocol = o->method == METHOD_UDP ? SKT_SERVICE_UDP : SKT_SERVICE_TCP;
	struct scan_expectations expect = o->expect; /* its sets are filled in place */
	struct skt_portset *without = calloc(1, sizeof(*without));
	bool all_expected = false;
	struct skt_err err;
	int rc = without ? 0 : skt_fail(&err, ENOMEM, "memory for ports");

	for (size_t i = 0; i < expect.len; i++)
		all_expected = all_expected || expect.data[i].all;
	if (o->hosts_only)
		skt_portset_add(ports, SKT_PLAN_ANY_PORT);
	else if (!rc && o->ports_given)
		rc = skt_services_resolve(services, &o->ports, protocol, ports, &err);
	if (o->top || (!o->ports_given && !o->hosts_only && (!expect.len || all_expected)))
		skt_ports_top(services, protocol, o->top ? o->top : SKT_PORTS_TOP_DEFAULT, ports);
	rc = rc ? rc : scan_expect_resolve(&expect, services, protocol, ports, &err);
	if (!rc)
		rc = skt_services_resolve(services, &o->exclude_ports, protocol, without, &err);
	for (size_t i = 0; !rc && i < SKT_COUNT(without->bits); i++)
		ports->bits[i] &= ~without->bits[i];
	free(without);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return skt_look_up_status(rc);
}
