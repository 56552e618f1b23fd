/* The registry: what ports are registered for, and which range this host takes its own ports from.
 */
#include "cmd/ports/registry.h"

#include <string.h>

#include <stdio.h>

#include "cmd/ports/wanted.h"
#include "proc/local_ports.h"

/* RFC 6335 section 6. */
enum class { CLASS_SYSTEM, CLASS_USER, CLASS_DYNAMIC };

static const char *const class_names[] = {"system", "user", "dynamic"};

enum { HAS_EPHEMERAL };

struct registry_row {
	uint64_t present;
	const char *proto; /* "tcp", "tcp,udp", ... */
	const char *service;
	const char *description;
	uint16_t port;
	uint8_t class;
	bool ephemeral;
};

#define ROW(field, text, ...) \
	SKT_COLUMN( \
		struct registry_row, field, .help = (text), .flags = SKT_COLUMN_BOTH, __VA_ARGS__)

const struct skt_column ports_registry_columns[] = {
	ROW(port, "port number"),
	ROW(proto, "protocols it is registered for"),
	ROW(service, "service name"),
	SKT_COLUMN_NAME(struct registry_row, "class", class, class_names,
		.help = "system 0-1023, user 1024-49151, dynamic 49152-65535",
		.flags = SKT_COLUMN_BOTH),
	ROW(ephemeral, "in the range that this host takes outgoing ports from",
		.present = SKT_PRESENT(HAS_EPHEMERAL)),
	SKT_COLUMN(struct registry_row, description, .help = "what it is for",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_PROSE),
	SKT_COLUMN_END,
};

struct listing {
	const struct ports_options *options;
	const struct skt_services *services;
	struct skt_portset wanted;
	struct skt_local_ports local;
	struct skt_output *output;
};

static const char *proto_text(uint8_t protocols, char text[32])
{
	static const char *const names[] = {"tcp", "udp", "sctp", "dccp"};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < SKT_COUNT(names); i++)
		if (protocols >> i & 1)
			used += (size_t)snprintf(
				text + used, 32 - used, "%s%s", used ? "," : "", names[i]);
	return used ? text : NULL;
}

static int write_row(struct listing *listing, uint16_t port, const struct skt_service *service)
{
	char proto[32];
	struct registry_row row = {
		.port = port,
		.class = port < 1024   ? CLASS_SYSTEM
			: port < 49152 ? CLASS_USER
				       : CLASS_DYNAMIC,
		.ephemeral = skt_local_ports_ephemeral(&listing->local, port),
		.present = listing->local.ephemeral_known ? UINT64_C(1) << HAS_EPHEMERAL : 0,
	};

	if (service) {
		row.proto = proto_text(service->protocols, proto);
		row.service = service->name;
		row.description = *service->description ? service->description : NULL;
	}
	return skt_output_row(listing->output, &row);
}

static bool asked_for(const struct listing *listing, const struct skt_service *service)
{
	const struct ports_options *o = listing->options;

	if (o->inet.tcp || o->inet.udp)
		if (!(o->inet.tcp && service->protocols & SKT_SERVICE_TCP) &&
			!(o->inet.udp && service->protocols & SKT_SERVICE_UDP))
			return false;
	return !o->ports.len || skt_portset_has(&listing->wanted, service->port);
}

/* Rows of what is registered. Returns how many; ports that have one leave `wanted`. */
static int write_registered(struct listing *listing, size_t *ret_count)
{
	const struct skt_service *service;
	struct skt_portset seen = {0};
	int rc = 0;

	for (size_t i = 0; !rc && (service = skt_services_at(listing->services, i)); i++) {
		if (!asked_for(listing, service))
			continue;
		rc = write_row(listing, service->port, service);
		skt_portset_add(&seen, service->port);
		++*ret_count;
	}
	for (size_t i = 0; i < SKT_COUNT(seen.bits); i++)
		listing->wanted.bits[i] &= ~seen.bits[i];
	return rc;
}

/* A port that was asked for by its number has a class, also when nobody registered it. */
static int write_unregistered(struct listing *listing)
{
	const struct skt_port_list *ports = &listing->options->ports;
	int rc = 0;

	for (size_t i = 0; !rc && i < ports->len; i++) {
		const struct skt_port_item *item = &ports->data[i];

		if (!item->name && item->low == item->high &&
			skt_portset_has(&listing->wanted, item->low))
			rc = write_row(listing, item->low, NULL);
	}
	return rc;
}

int ports_registry(const struct ports_options *o, const struct skt_context *ctx)
{
	struct listing listing = {.options = o};
	struct skt_services *services = NULL;
	struct skt_sink sink;
	size_t count = 0;
	int status = ports_resolve(o, ctx, &services, &listing.wanted);

	skt_local_ports_read(ctx->system.proc_root, &listing.local);
	if (status != SKT_EXIT_YES)
		goto out;
	listing.services = services;
	if (skt_services_unread(services))
		skt_warn(ctx, "cannot read %s: %s: these are the built-in names",
			ctx->services_path, strerror(-skt_services_unread(services)));
	status = SKT_EXIT_TROUBLE;
	if (skt_rows_begin(&o->rows, ctx, sizeof(struct registry_row), &sink, &listing.output))
		goto out;
	/* A failure to write is the sink's to tell. */
	if (!write_registered(&listing, &count))
		(void)write_unregistered(&listing);
	status = skt_rows_end(ctx, &sink, listing.output, count ? SKT_EXIT_YES : SKT_EXIT_NO);
out:
	skt_services_free(services);
	return status;
}
