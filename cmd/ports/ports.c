/* `sockkit ports`: who owns which port. Options, and the choice of a mode. */
#include "cmd/ports/ports.h"

#include <errno.h>
#include <string.h>

#include "base/service.h"
#include "cmd/parse.h"

/* ---- options ---- */

enum { KEY_REGISTRY = SKT_KEY_COMMAND };

static const struct argp_option options_table[] = {
	{"tcp", 't', NULL, 0, "TCP ports", SKT_GROUP_MAIN},
	{"udp", 'u', NULL, 0, "UDP ports", SKT_GROUP_MAIN},
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_MAIN},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_MAIN},
	{"registry", KEY_REGISTRY, NULL, 0,
		"What ports and service names are registered for, instead of what is listening",
		SKT_GROUP_MODE},
	{0},
};

static error_t settle(const struct argp_state *state, struct ports_options *o)
{
	if (!o->registry)
		return skt_rows_settle(
			state, &o->rows, ports_listening_columns, NULL, "port,proto");
	if (o->ipv4 || o->ipv6)
		return skt_usage_error(state, "--registry knows no address families: leave out -%c",
			o->ipv4 ? '4' : '6');
	return skt_rows_settle(state, &o->rows, ports_registry_columns, NULL, NULL);
}

/* ss users write :80, lsof users 80/tcp: the first is plain enough, the second is an option here.
 */
static error_t parse_ports(
	const struct argp_state *state, const char *arg, struct skt_port_list *ports)
{
	const char *slash = strrchr(arg, '/');
	struct skt_err err;
	int rc;

	if (slash && (!strcmp(slash, "/tcp") || !strcmp(slash, "/udp")))
		return skt_usage_error(
			state, "'%s': the protocol is an option: -%c", arg, slash[1]);
	if (*arg == ':')
		arg++;
	rc = skt_port_list_parse(arg, strlen(arg), ports, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	return rc ? skt_usage_error(state, "%s", err.text) : 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ports_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->rows;
		return 0;
	case 't':
		o->tcp = true;
		return 0;
	case 'u':
		o->udp = true;
		return 0;
	case '4':
		o->ipv4 = true;
		return 0;
	case '6':
		o->ipv6 = true;
		return 0;
	case KEY_REGISTRY:
		o->registry = true;
		return 0;
	case ARGP_KEY_ARG:
		return parse_ports(state, arg, &o->ports);
	case ARGP_KEY_END:
		return settle(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static void fini(void *options)
{
	struct ports_options *o = options;

	skt_rows_options_fini(&o->rows);
	skt_vec_free(&o->ports);
}

/* ---- run ---- */

int ports_resolve(const struct ports_options *o, const struct skt_context *ctx,
	struct skt_services **ret_services, struct skt_portset *set)
{
	const uint8_t protocols =
		(uint8_t)((o->tcp ? SKT_SERVICE_TCP : 0) | (o->udp ? SKT_SERVICE_UDP : 0));
	struct skt_err err;
	int rc = skt_services_open(ctx->services_path, ret_services);

	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	rc = skt_services_resolve(
		*ret_services, &o->ports, protocols ? protocols : SKT_SERVICE_ANY, set, &err);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return rc == -ENOENT ? SKT_EXIT_NO : SKT_EXIT_TROUBLE;
}

static int run(const void *options, struct skt_context *ctx)
{
	const struct ports_options *o = options;

	return o->registry ? ports_registry(o, ctx) : ports_listening(o, ctx);
}

static const struct argp_child children[] = {{.argp = &skt_rows_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[PORTS...]",
	.doc = "List listening TCP and bound UDP ports with the processes behind them, all of them or "
	       "just PORTS (22,80,8000-8100,https).\vExit status 1: PORTS were given and none of "
	       "them is listened on.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.columns = ports_listening_columns},
	{.option = "registry", .columns = ports_registry_columns},
	{0},
};

const struct skt_command skt_ports_command = {
	.name = "ports",
	.brief = "list who listens on which port",
	.argp = &argp,
	.column_sets = column_sets,
	.options_size = sizeof(struct ports_options),
	.run = run,
	.fini = fini,
};
