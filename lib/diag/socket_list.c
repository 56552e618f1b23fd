#include "diag/socket_list.h"

#include <inttypes.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <string.h>

void skt_socket_list_add_bpf(const struct skt_socket *socket, struct skt_str *out)
{
	struct sock_filter instruction;
	const size_t count = socket->list_len / sizeof(instruction);

	if (!count)
		return;
	skt_str_add_format(out, "%zu", count);
	for (size_t i = 0; i < count; i++) {
		memcpy(&instruction, (const char *)socket->list + i * sizeof(instruction),
			sizeof(instruction));
		skt_str_add_format(out, ",%u %u %u %" PRIu32, instruction.code, instruction.jt,
			instruction.jf, instruction.k);
	}
}

void skt_socket_list_add_md5(const struct skt_socket *socket, struct skt_str *out)
{
	enum { HEAD = offsetof(struct tcp_diag_md5sig, tcpm_key) };
	const size_t count = socket->list_len / sizeof(struct tcp_diag_md5sig);
	const char *p = socket->list;
	struct tcp_diag_md5sig key = {0};

	for (size_t i = 0; i < count; i++, p += sizeof(key)) {
		struct skt_addr addr = {0};
		char text[SKT_ADDR_TEXT_MAX];

		memcpy(&key, p, HEAD);
		addr.family = key.tcpm_family;
		if (addr.family != AF_INET && addr.family != AF_INET6)
			continue;
		memcpy(addr.bytes, key.tcpm_addr, addr.family == AF_INET ? 4 : 16);
		if (out->len)
			skt_str_add_char(out, ',');
		skt_str_add(out, text, (size_t)(skt_addr_put(text, &addr) - text));
		skt_str_add_format(out, "/%u", key.tcpm_prefixlen);
	}
}
