#include "cmd/way.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/parse.h"

static const struct argp_option way_options[] = {
	SKT_HEADING("Sockets", SKT_GROUP_SOCKET),
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_SOCKET},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_SOCKET},
	{"interface", 'I', "IFACE", 0, "Use this interface only", SKT_GROUP_SOCKET},
	{0},
};

static error_t parse_way(int key, char *arg, struct argp_state *state)
{
	struct skt_way_options *o = state->input;
	int family = key == '4' ? AF_INET : AF_INET6;

	switch (key) {
	case '4':
	case '6':
		if (o->family != AF_UNSPEC && o->family != family)
			return skt_usage_error(state, "-4 and -6 exclude each other");
		o->family = family;
		return 0;
	case 'I':
		if (*arg == '\0' || strlen(arg) >= IF_NAMESIZE || strchr(arg, '/'))
			return skt_usage_error(
				state, "--interface '%s': no name of an interface", arg);
		o->interface = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_way_argp = {.options = way_options, .parser = parse_way};
