#include "cmd/ports/guard.h"

#include <unistd.h>

#include "cmd/ports/published.h"
#include "cmd/ports/socket_unit.h"
#include "cmd/ports/stop.h"
#include "proc/pidfd.h"

static void explain_init(struct skt_str *reason, const struct ports_suspect *suspect)
{
	char unit[SKT_SOCKET_UNIT_MAX];
	const struct skt_cgroup group = {.unit = unit};

	skt_str_add_text(reason, "PID 1 listens for a service: ");
	if (!skt_socket_unit_find(
		    skt_socket_unit_dirs, (enum skt_proto)suspect->proto, suspect->port, &unit) ||
		!ports_stop_command(reason, &group))
		skt_str_add_text(reason, "stop its socket unit (systemctl list-sockets)");
	skt_str_add_text(reason, ", or use --force");
}

static void explain_publisher(struct skt_str *reason, const struct skt_context *ctx,
	const struct ports_suspect *suspect, const char *list)
{
	struct ports_published published = {0};
	struct skt_netns_set namespaces = {0};
	struct skt_arena texts = {0};
	char addr[SKT_ADDR_TEXT_MAX];
	bool known = false;

	skt_str_add_text(reason, "it publishes the port for a container");
	if (!ctx->system.netlink &&
		!skt_netns_find(ctx->system.proc_root, "all", &namespaces, NULL))
		known = ports_published_find(
			suspect->command, &ctx->system, &namespaces, &texts, &published);
	if (published.group.container)
		skt_str_add_format(reason, ", %s", published.group.container);
	else if (known)
		skt_str_add_format(reason, ", %s port %u",
			skt_addr_text(&published.target.addr, addr), published.target.port);
	skt_str_add_text(reason, ": ");
	if (!ports_stop_command(reason, &published.group))
		skt_str_add_format(reason, "stop that (%s)", list);
	skt_str_add_text(reason, ", or use --force");
	skt_netns_set_fini(&namespaces);
	skt_arena_fini(&texts);
}

bool ports_guard_spares(
	struct skt_str *reason, const struct skt_context *ctx, const struct ports_suspect *suspect)
{
	const uint32_t self = (uint32_t)getpid();
	const char *list = ports_publisher(suspect->process);

	if (suspect->pid == 1)
		explain_init(reason, suspect);
	else if (suspect->pid == self)
		skt_str_add_text(reason, "this is sockkit itself");
	else if (skt_process_is_ancestor(ctx->system.proc_root, suspect->pid, self))
		skt_str_add_text(reason, "it started this sockkit: use --force");
	else if (list)
		explain_publisher(reason, ctx, suspect, list);
	else
		return false;
	return true;
}
