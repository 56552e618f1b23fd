/* Why nothing came: what this host knows of datagrams that did not reach the socket. */
#include "cmd/udprecv/silence.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/num.h"
#include "base/plural.h"
#include "diag/dump.h"
#include "net/iperf2.h"
#include "net/receiver.h"
#include "proc/owner.h"

/* ---- counters of the namespace ---- */

/*
 * /proc/net/snmp and netstat hold pairs of lines, "Udp: names..." and "Udp: values...". Returns the
 * value of NAME behind PREFIX, 0 where it is not there.
 */
static uint64_t paired_counter(
	const char *root, const char *file, const char *prefix, const char *name)
{
	char path[256], names[4096], values[4096], *name_at, *value_at, *a, *b;
	uint64_t value = 0;
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/net/%s", root, file);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(names, sizeof(names), stream) && fgets(values, sizeof(values), stream)) {
		if (strncmp(names, prefix, strlen(prefix)) != 0)
			continue;
		a = strtok_r(names, " \n", &name_at);
		b = strtok_r(values, " \n", &value_at);
		while (a && b && strcmp(a, name) != 0) {
			a = strtok_r(NULL, " \n", &name_at);
			b = strtok_r(NULL, " \n", &value_at);
		}
		if (a && b)
			(void)skt_num_parse(b, 0, UINT64_MAX, &value);
		break;
	}
	(void)fclose(stream);
	return value;
}

/* /proc/net/snmp6: "Udp6NoPorts  12", a line for each. */
static uint64_t single_counter(const char *root, const char *name)
{
	char path[256], line[256], key[64], digits[32];
	uint64_t value = 0;
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/net/snmp6", root);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, "%63s %31s", key, digits) == 2 && strcmp(key, name) == 0)
			(void)skt_num_parse(digits, 0, UINT64_MAX, &value);
	(void)fclose(stream);
	return value;
}

void udprecv_silence_begin(const struct skt_context *ctx, struct udprecv_silence *silence)
{
	const char *root = ctx->system.proc_root;

	*silence = (struct udprecv_silence){
		.no_ports = paired_counter(root, "snmp", "Udp:", "NoPorts"),
		.checksum_errors = paired_counter(root, "snmp", "Udp:", "InCsumErrors"),
		.reverse_path = paired_counter(root, "netstat", "TcpExt:", "IPReversePathFilter"),
		.no_ports6 = single_counter(root, "Udp6NoPorts"),
	};
}

/* ---- findings ---- */

struct search {
	const struct skt_context *ctx;
	struct skt_owners *owners;
	struct skt_socket found[8];
	size_t count;
	uint64_t own_inode;
};

static uint16_t port_of(const struct udprecv_socket *sock, struct skt_addr *ret)
{
	uint16_t port = 0;

	*ret = (struct skt_addr){.family = AF_UNSPEC};
	(void)skt_udp_inet(&sock->local.sa, sock->local.len, ret, &port);
	return port;
}

static int take_holder(const struct skt_socket *socket, void *arg)
{
	struct search *search = arg;

	if (socket->inode == search->own_inode || search->count == SKT_COUNT(search->found))
		return 0;
	search->found[search->count++] = *socket;
	(void)skt_owners_want(search->owners, socket->inode);
	return 0;
}

static void tell_holder(const struct search *search, const struct skt_socket *socket)
{
	const struct skt_holder *holders;
	char text[SKT_ADDR_TEXT_MAX], who[160] = "a process that only root may name";

	if (skt_owners_of(search->owners, socket->inode, &holders))
		(void)snprintf(
			who, sizeof(who), "%s (pid %" PRIu32 ")", holders->name, holders->pid);
	skt_warn(search->ctx, "%s also holds UDP port %u, on %s%s: it may get what you wait for",
		who, socket->local.port, skt_addr_text(&socket->local.addr, text),
		socket->state == SKT_STATE_CONNECTED ? ", connected" : "");
}

/* Other sockets on the port: one that is bound closer, or later, is served instead. */
static size_t tell_holders(const struct skt_context *ctx, const struct udprecv_socket *sock)
{
	struct skt_addr local;
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_UDP] = true},
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATES_ALL,
		.local_port = port_of(sock, &local),
	};
	struct search search = {.ctx = ctx};
	struct skt_dump_report report;
	struct skt_err err;
	struct stat st;

	if (!query.local_port || fstat(sock->fd, &st) ||
		skt_owners_new(ctx->system.proc_root, &search.owners))
		return 0;
	search.own_inode = st.st_ino;
	if (!skt_dump_sockets(&ctx->system, &query, take_holder, &search, &report, &err) &&
		search.count && !skt_owners_scan(search.owners, &err))
		for (size_t i = 0; i < search.count; i++)
			tell_holder(&search, &search.found[i]);
	skt_owners_free(search.owners);
	return search.count;
}

static uint64_t rp_filter(const char *root, const char *interface)
{
	char path[256], text[32] = "";
	uint64_t value = 0;
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf/%s/rp_filter", root, interface);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	if (fgets(text, sizeof(text), stream)) {
		text[strcspn(text, "\n")] = '\0';
		(void)skt_num_parse(text, 0, 2, &value);
	}
	(void)fclose(stream);
	return value;
}

/* Whether a group was joined where nobody said. */
static bool takes_route(const struct udprecv_options *o)
{
	for (size_t i = 0; !o->at.way.interface && i < o->joins.len; i++)
		if (!o->joins.data[i].interface[0])
			return true;
	return false;
}

static size_t tell_groups(const struct udprecv_options *o, const struct skt_context *ctx)
{
	const char *interface = o->at.way.interface;
	const uint64_t all = rp_filter(ctx->system.proc_root, "all");
	const uint64_t own = interface ? rp_filter(ctx->system.proc_root, interface) : 0;
	size_t findings = 0;

	if (!o->joins.len)
		return 0;
	if (takes_route(o)) {
		skt_warn(ctx,
			"a group is joined on the interface that the route to it has; if its "
			"sender is elsewhere, name it: --join=GROUP%%IFACE, or GROUP%%all");
		findings++;
	}
	if (SKT_MAX(all, own) == 1) {
		skt_warn(ctx,
			"rp_filter is strict%s%s: senders that this host would not answer by that "
			"interface are not heard (sysctl net.ipv4.conf.%s.rp_filter=2)",
			interface ? " on " : "", interface ? interface : "",
			interface ? interface : "all");
		findings++;
	}
	return findings;
}

static size_t tell_interface(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *sock)
{
	struct ifreq request = {0};

	if (!o->at.way.interface || sock->family == AF_UNIX)
		return 0;
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", o->at.way.interface);
	if (ioctl(sock->fd, SIOCGIFFLAGS, &request) || request.ifr_flags & IFF_RUNNING)
		return 0;
	skt_warn(ctx, "%s is down", o->at.way.interface);
	return 1;
}

static size_t tell_address(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *sock)
{
	struct skt_addr local;

	(void)port_of(sock, &local);
	if (skt_addr_is_multicast(&local) && !o->joins.len) {
		skt_warn(
			ctx, "%s is a multicast group that was not joined: see --join", sock->text);
		return 1;
	}
	if (local.family == AF_UNSPEC || skt_addr_is_any(&local))
		return 0;
	skt_warn(ctx, "only what is sent to %s itself is received%s", sock->text,
		skt_addr_is_loopback(&local) ? ", from this host" : "");
	return 1;
}

static size_t tell_counters(const struct udprecv_silence *before, const struct skt_context *ctx,
	const struct udprecv_socket *sock)
{
	struct udprecv_silence now;
	uint32_t drops = 0;
	size_t findings = 0;

	udprecv_silence_begin(ctx, &now);
	if (!skt_datagram_drops(sock->fd, &drops) && drops) {
		skt_warn(ctx,
			"%" PRIu32 " datagram%s came, but the socket refused %s (buffer "
			"full, or a wrong checksum)",
			drops, skt_plural(drops, "", "s"), skt_plural(drops, "it", "them"));
		findings++;
	}
	if (now.reverse_path > before->reverse_path) {
		skt_warn(ctx,
			"%" PRIu64
			" packets of this host were dropped by rp_filter meanwhile (sysctl "
			"net.ipv4.conf.*.rp_filter)",
			now.reverse_path - before->reverse_path);
		findings++;
	}
	if (now.no_ports + now.no_ports6 > before->no_ports + before->no_ports6) {
		skt_warn(ctx,
			"%" PRIu64 " datagrams came meanwhile to a port or an address where nobody "
			"receives: is the sender's right?",
			now.no_ports + now.no_ports6 - before->no_ports - before->no_ports6);
		findings++;
	}
	if (now.checksum_errors > before->checksum_errors) {
		skt_warn(ctx, "%" PRIu64 " datagrams with wrong checksums came meanwhile",
			now.checksum_errors - before->checksum_errors);
		findings++;
	}
	return findings;
}

/* What iperf3 sends at first nobody sees here. */
static size_t tell_iperf3(const struct skt_context *ctx, const struct udprecv_socket *sock)
{
	struct skt_addr local;

	if (port_of(sock, &local) != SKT_IPERF3_PORT)
		return 0;
	skt_warn(ctx,
		"%d is iperf3's port, which connects by TCP first: what sends here is "
		"'iperf -u -c', or 'sockkit udpsend --stamp'",
		SKT_IPERF3_PORT);
	return 1;
}

void udprecv_silence_explain(const struct udprecv_silence *before, const struct udprecv_options *o,
	const struct skt_context *ctx, const struct udprecv_socket *sock)
{
	size_t findings = 0;

	skt_warn(ctx, "nothing was received on %s", sock->text);
	findings += tell_counters(before, ctx, sock);
	findings += tell_holders(ctx, sock);
	findings += tell_interface(o, ctx, sock);
	findings += tell_groups(o, ctx);
	findings += tell_address(o, ctx, sock);
	findings += tell_iperf3(ctx, sock);
	if (!findings && sock->family != AF_UNIX)
		skt_warn(ctx,
			"no trace of any: nothing was sent, or it was lost or filtered before "
			"it came here");
}
