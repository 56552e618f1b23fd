#include "base/end.h"

static char *put_host(char *p, const struct skt_end *end, bool bare)
{
	bool brackets = !bare && end->addr.family == AF_INET6;

	if (end->addr.family == AF_UNSPEC)
		*p++ = '*';
	if (brackets)
		*p++ = '[';
	p = skt_addr_put(p, &end->addr);
	if (brackets)
		*p++ = ']';
	return p;
}

static char *put_port(char *p, const struct skt_end *end)
{
	if (end->port)
		return skt_put_u64(p, end->port);
	*p++ = '*';
	return p;
}

char *skt_end_put(char *p, const struct skt_end *end, bool bare)
{
	p = put_host(p, end, bare);
	if (bare)
		return p;
	*p++ = ':';
	return put_port(p, end);
}

static void add_host(struct skt_str *out, const struct skt_end *end, bool bare)
{
	const bool brackets = !bare && end->host && strchr(end->host, ':');
	char *p;

	if (end->host) {
		skt_str_add_text(out, brackets ? "[" : "");
		skt_str_add_text(out, end->host);
		skt_str_add_text(out, brackets ? "]" : "");
		return;
	}
	p = skt_str_room(out, SKT_END_PUT_MAX);
	if (p)
		skt_str_commit(out, put_host(p, end, bare));
}

void skt_end_add(struct skt_str *out, const struct skt_end *end, bool bare)
{
	char *p;

	if (end->host_len) {
		skt_str_add(out, end->host, end->host_len);
		return;
	}
	add_host(out, end, bare);
	if (bare)
		return;
	skt_str_add_char(out, ':');
	if (end->service) {
		skt_str_add_text(out, end->service);
		return;
	}
	p = skt_str_room(out, SKT_PUT_U64_MAX);
	if (p)
		skt_str_commit(out, put_port(p, end));
}
