/*
 * Any text as a filter: it is refused with words that fit, or it matches and narrows soundly. The
 * resolver knows every name. An input is the text; its bytes are also the sockets tried.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "diag/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve_ports(
	void *ctx, const struct skt_port_list *list, struct skt_portset *set, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];

		for (uint32_t port = item->low; !item->name && port <= item->high; port++)
			skt_portset_add(set, (uint16_t)port);
		if (item->name)
			skt_portset_add(
				set, (uint16_t)((unsigned char)item->name[0] * item->name_len));
	}
	return 0;
}

static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*count = strlen(name) % 3;
	*cidrs = calloc(*count, sizeof(**cidrs));
	for (size_t i = 0; *cidrs && i < *count; i++) {
		(*cidrs)[i].addr.family = i ? AF_INET : AF_INET6;
		(*cidrs)[i].length = (uint8_t)(name[0] & 31);
	}
	return 0;
}

static void fill_end(struct skt_end *end, const uint8_t *bytes)
{
	end->addr.family = bytes[0] & 1 ? AF_INET : bytes[0] & 2 ? AF_INET6 : AF_UNSPEC;
	if (end->addr.family != AF_UNSPEC)
		memcpy(end->addr.bytes, bytes + 1, end->addr.family == AF_INET ? 4 : 16);
	end->port = (uint16_t)(bytes[0] & 4 ? 22 : bytes[17] << 8 | bytes[18]);
}

static void try_socket(const struct skt_filter *filter, const struct skt_dump_query *query,
	const uint8_t bytes[40])
{
	struct skt_socket socket = {.state = bytes[0] % SKT_STATE_COUNT};

	fill_end(&socket.local, bytes + 1);
	fill_end(&socket.remote, bytes + 20);
	if (!socket.state || !skt_filter_match(filter, &socket))
		return;
	if (!(query->states >> socket.state & 1) ||
		(query->local_port && query->local_port != socket.local.port) ||
		(query->remote_port && query->remote_port != socket.remote.port))
		abort();
}

static void use(const struct skt_filter *filter, const uint8_t *data, size_t size)
{
	struct skt_dump_query query = {.states = SKT_STATES_ALL};
	uint8_t bytes[40] = {0};

	skt_filter_narrow(filter, &query);
	for (size_t i = 0; i < size; i += sizeof(bytes)) {
		size_t n = size - i < sizeof(bytes) ? size - i : sizeof(bytes);

		memcpy(bytes, data + i, n);
		try_socket(filter, &query, bytes);
	}
	for (uint8_t state = 1; state < SKT_STATE_COUNT; state++) {
		memset(bytes, state, sizeof(bytes));
		try_socket(filter, &query, bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct skt_filter_resolver resolver = {
		.ports = resolve_ports, .host = resolve_host};
	struct skt_filter *filter = NULL;
	struct skt_err err = {0};
	char *text = malloc(size + 1);
	int rc;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	rc = skt_filter_parse(text, &filter, &err);
	free(text); /* the filter has its copy */
	if (rc == 0 && err.text[0] == '\0')
		rc = skt_filter_resolve(filter, &resolver, &err);
	else if (rc != -EINVAL || strncmp(err.text, "filter", 6) != 0 || filter)
		abort();
	if (rc == 0)
		use(filter, data, size);
	skt_filter_free(filter);
	return 0;
}
