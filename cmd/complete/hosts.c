#include "cmd/complete/hosts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/service.h"
#include "cmd/complete/system.h"

/* Which protocols the command line is about, as far as it tells. */
static struct skt_inet_options protocols(const struct complete_asked *asked)
{
	const bool datagrams = complete_is_command(asked, "udpsend") ||
		complete_is_command(asked, "udprecv"),
		   udp = datagrams || complete_has_option(asked, "udp"),
		   both = complete_is_command(asked, "ports") &&
		!complete_has_option(asked, "kill") && !complete_has_option(asked, "why");

	if (complete_is_command(asked, "sockets") ||
		(both && !udp && !complete_has_option(asked, "tcp")))
		return (struct skt_inet_options){0};
	return (struct skt_inet_options){
		.udp = udp, .tcp = !udp || (complete_has_option(asked, "tcp") && !datagrams)};
}

/* There are thousands of services: only those with a letter in common. */
static void offer_services(const struct complete_asked *asked)
{
	const struct skt_inet_options inet = protocols(asked);
	const uint8_t bits =
		(uint8_t)((inet.tcp ? SKT_SERVICE_TCP : 0) | (inet.udp ? SKT_SERVICE_UDP : 0));
	struct skt_services *services;
	const struct skt_service *service;

	if (!isalpha((unsigned char)asked->offers->typed[0]) ||
		skt_services_open(asked->sockets.ctx->services_path, &services))
		return;
	for (size_t i = 0; (service = skt_services_at(services, i)); i++) {
		char about[8];

		(void)snprintf(about, sizeof(about), "%u", service->port);
		if (service->protocols & (bits ? bits : SKT_SERVICE_ANY))
			complete_offer(asked->offers, service->name, about);
	}
	skt_services_free(services);
}

void complete_port(const struct complete_asked *asked, bool listening)
{
	const struct skt_inet_options inet = protocols(asked);

	if (listening && !isalpha((unsigned char)asked->offers->typed[0]))
		complete_listening(&asked->sockets, &inet, asked->offers);
	offer_services(asked);
}

void complete_value_ports(const struct complete_asked *asked)
{
	/* They are of other hosts, or not those that are in use. */
	const bool listening = !complete_is_command(asked, "scan") &&
		!complete_is_command(asked, "listen") && !complete_has_option(asked, "free") &&
		!complete_has_option(asked, "registry");

	complete_offer_item(asked->offers);
	/* `ports 22` is more often done than begun; a comma says what is meant. */
	if (asked->place->argument)
		asked->offers->action = NULL;
	complete_port(asked, listening);
}

static bool is_local(const char *host, size_t len)
{
	struct skt_addr addr;

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len == strlen("localhost") && strncmp(host, "localhost", len) == 0)
		return true;
	return !skt_addr_parse(host, len, &addr) && skt_addr_is_loopback(&addr);
}

bool complete_port_of_host(const struct complete_asked *asked)
{
	struct complete_offers *offers = asked->offers;
	const char *host = offers->typed, *colon = strrchr(host, ':'), *close = strchr(host, ']');

	if (!colon || (host[0] == '[' ? !close || colon != close + 1 : colon != strchr(host, ':')))
		return false;
	offers->typed = colon + 1;
	complete_port(asked, colon == host || is_local(host, (size_t)(colon - host)));
	return true;
}

/* Where only part of the word is a path. */
static void offer_files(const struct complete_asked *asked, size_t front, const char *action)
{
	asked->offers->typed += front;
	asked->offers->action = action;
}

void complete_path(const struct complete_asked *asked, bool listening)
{
	asked->offers->typed += strlen("unix:");
	asked->offers->action = asked->offers->typed[0] == '@' ? NULL : "files";
	complete_unix(&asked->sockets, listening, asked->offers);
}

void complete_value_endpoint(const struct complete_asked *asked)
{
	const struct complete_place *place = asked->place;
	const bool local = place->argument &&
		(complete_is_command(asked, "listen") || complete_is_command(asked, "udprecv"));
	const char *before = place->argument && place->arguments.len
		? place->arguments.data[place->arguments.len - 1]
		: NULL;

	/* HOST PORT: the first of them is no endpoint by itself. */
	if (before && !strchr(before, ':')) {
		if (!local)
			complete_port(asked, is_local(before, strlen(before)));
		return;
	}
	if (strncmp(asked->offers->typed, "unix:", strlen("unix:")) == 0) {
		complete_path(asked, !local);
		return;
	}
	if (complete_port_of_host(asked))
		return;
	if (local)
		complete_addresses(asked->offers, true, ":");
	else
		complete_hosts(asked->offers, ":");
	complete_offer(asked->offers, "unix:", "a unix socket: PATH or @NAME");
	complete_offer(asked->offers, "vsock:", "a machine: CID:PORT");
}

void complete_value_host(const struct complete_asked *asked)
{
	const bool list = !asked->place->argument;

	if (list)
		complete_offer_item(asked->offers);
	if (asked->offers->typed[0] == '@') {
		offer_files(asked, 1, "files");
		return;
	}
	if (complete_port_of_host(asked))
		return;
	complete_hosts(asked->offers, "");
}

void complete_value_addr(const struct complete_asked *asked)
{
	complete_addresses(asked->offers, false, "");
}

void complete_value_cidr(const struct complete_asked *asked)
{
	complete_offer_item(asked->offers);
	if (asked->offers->typed[0] == '@')
		offer_files(asked, 1, "files");
	else
		complete_hosts(asked->offers, "");
}
