#include "cmd/ports/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cmd/parse.h"

/*
 * lsof writes 80/tcp and fuser 80/tcp, rules of firewalls tcp/80: the protocol is taken off ARG, of
 * *LEN bytes. False: there is none, and it is PORTS alone.
 */
static bool take_protocol(struct ports_options *o, const char **arg, size_t *len)
{
	static const char *const names[] = {"tcp", "udp"};
	const size_t n = strlen(names[0]);

	for (size_t i = 0; i < 2; i++) {
		const char *end = *arg + *len;

		if (*len <= n + 1)
			return false;
		if (end[-(ptrdiff_t)n - 1] == '/' && strncasecmp(end - n, names[i], n) == 0) {
			*len -= n + 1;
		} else if ((*arg)[n] == '/' && strncasecmp(*arg, names[i], n) == 0) {
			*arg += n + 1;
			*len -= n + 1;
		} else {
			continue;
		}
		*(i ? &o->slash_udp : &o->slash_tcp) = true;
		return true;
	}
	return false;
}

/* ss and lsof write :80, *:80, 127.0.0.1:80, [::1]:80: the address is taken off ARG. */
static error_t take_address(
	const struct argp_state *state, struct ports_options *o, const char **arg, size_t *len)
{
	const char *text = *arg, *colon = memrchr(text, ':', *len);
	size_t host = colon ? (size_t)(colon - text) : 0;
	struct skt_addr addr;

	if (!colon)
		return 0;
	*arg = colon + 1;
	*len -= host + 1;
	if (!host || (host == 1 && *text == '*'))
		return 0;
	if (host > 2 && text[0] == '[' && text[host - 1] == ']') {
		text++;
		host -= 2;
	}
	if (skt_addr_parse(text, host, &addr))
		return skt_usage_error(state,
			"'%.*s': expected an address in front of the port, as in 127.0.0.1:80",
			(int)host, text);
	if (o->addr.family != AF_UNSPEC && !skt_addr_equal(&o->addr, &addr))
		return skt_usage_error(
			state, "'%.*s': all PORTS are of one address", (int)host, text);
	o->addr = addr;
	return 0;
}

error_t ports_words_parse(const struct argp_state *state, struct ports_options *o, const char *arg)
{
	size_t len = strlen(arg);
	const bool named = take_protocol(o, &arg, &len);
	struct skt_err err;
	error_t error = take_address(state, o, &arg, &len);
	int rc;

	if (error)
		return error;
	if (memchr(arg, '/', len))
		return skt_usage_error(
			state, "'%s': expected a protocol as in 80/tcp or udp/53", arg);
	o->bare |= !named;
	rc = skt_port_list_parse(arg, len, &o->ports, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	return rc ? skt_usage_error_of(state, &err, "%s", err.text) : 0;
}
