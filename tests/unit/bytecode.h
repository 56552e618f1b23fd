/*
 * The kernel's side of INET_DIAG_REQ_BYTECODE, as a test reads it in net/ipv4/inet_diag.c (Linux
 * 6.18): what it takes for a program, and what such a program says of a socket.
 */
#ifndef SKT_TESTS_BYTECODE_H
#define SKT_TESTS_BYTECODE_H

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "diag/socket.h"

/* A socket as a program sees it. */
struct bytecode_entry {
	uint32_t saddr[4], daddr[4]; /* in wire order */
	uint16_t sport, dport;
	uint8_t family;
	bool port_locked; /* SOCK_BINDPORT_LOCK */
	uint32_t ifindex, mark;
	uint64_t cgroup_id;
};

static inline struct bytecode_entry bytecode_entry_of(const struct skt_socket *socket)
{
	struct bytecode_entry entry = {
		.sport = socket->local.port,
		.dport = socket->remote.port,
		.family = socket->local.addr.family,
		.ifindex = socket->ifindex,
		.mark = socket->mark,
		.cgroup_id = socket->cgroup_id,
	};

	memcpy(entry.saddr, socket->local.addr.bytes, sizeof(entry.saddr));
	memcpy(entry.daddr, socket->remote.addr.bytes, sizeof(entry.daddr));
	return entry;
}

static inline struct inet_diag_bc_op bytecode_op(const unsigned char *at)
{
	struct inet_diag_bc_op op;

	memcpy(&op, at, sizeof(op));
	return op;
}

/* How many bytes the operation at AT must have, of LEN; 0: it is malformed, or not known. */
static inline int bytecode_op_size(const unsigned char *at, int len)
{
	struct inet_diag_hostcond host;
	int size = sizeof(struct inet_diag_bc_op), addr;

	switch (at[0]) {
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		size += (int)sizeof(host);
		if (len < size)
			return 0;
		memcpy(&host, at + sizeof(struct inet_diag_bc_op), sizeof(host));
		addr = host.family == AF_INET ? 4 : host.family == AF_INET6 ? 16 : 0;
		if ((!addr && host.family != AF_UNSPEC) || host.prefix_len > 8 * addr)
			return 0;
		size += addr;
		break;
	case INET_DIAG_BC_DEV_COND:
		size += (int)sizeof(uint32_t);
		break;
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_EQ:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
		size += (int)sizeof(struct inet_diag_bc_op);
		break;
	case INET_DIAG_BC_MARK_COND:
		size += (int)sizeof(struct inet_diag_markcond);
		break;
	case INET_DIAG_BC_CGROUP_COND:
		size += (int)sizeof(uint64_t);
		break;
	case INET_DIAG_BC_AUTO:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_NOP:
		break;
	default:
		return 0;
	}
	return len < size ? 0 : size;
}

/* Whether an operation begins LEFT bytes before the end. */
static inline bool bytecode_begins(const unsigned char *code, int len, int left)
{
	while (len >= 0) {
		struct inet_diag_bc_op op;

		if (left >= len)
			return left == len;
		op = bytecode_op(code);
		if (op.yes < 4 || op.yes & 3)
			return false;
		len -= op.yes;
		code += op.yes;
	}
	return false;
}

/* inet_diag_bc_audit(), with CAP_NET_ADMIN. */
static inline bool bytecode_audit(const unsigned char *code, int all)
{
	int len = all, size;

	if (all < (int)sizeof(struct inet_diag_bc_op))
		return false;
	for (const unsigned char *at = code; len > 0;) {
		struct inet_diag_bc_op op;

		if (len < (int)sizeof(op))
			return false;
		op = bytecode_op(at);
		size = bytecode_op_size(at, len);
		if (!size)
			return false;
		if (op.code != INET_DIAG_BC_NOP) {
			if (op.no < size || op.no > len + 4 || op.no & 3)
				return false;
			if (op.no < len && !bytecode_begins(code, all, len - op.no))
				return false;
		}
		if (op.yes < size || op.yes > len + 4 || op.yes & 3)
			return false;
		at += op.yes;
		len -= op.yes;
	}
	return len == 0;
}

static inline bool bytecode_same_bits(const uint32_t *a, const unsigned char *b, unsigned int bits)
{
	for (unsigned int bit = 0; bit < bits; bit++)
		if ((((const unsigned char *)a)[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static inline bool bytecode_host(
	const struct bytecode_entry *entry, const unsigned char *at, bool source)
{
	const uint32_t *addr = source ? entry->saddr : entry->daddr;
	struct inet_diag_hostcond host;

	memcpy(&host, at, sizeof(host));
	at += sizeof(host);
	if (host.port != -1 && host.port != (source ? entry->sport : entry->dport))
		return false;
	if (host.family != AF_UNSPEC && host.family != entry->family) {
		if (entry->family != AF_INET6 || host.family != AF_INET || addr[0] || addr[1] ||
			addr[2] != htonl(0xffff))
			return false;
		addr += 3;
	}
	return bytecode_same_bits(addr, at, host.prefix_len);
}

static inline bool bytecode_holds(const struct bytecode_entry *entry, const unsigned char *at)
{
	const unsigned char *operand = at + sizeof(struct inet_diag_bc_op);
	struct inet_diag_markcond mark;
	uint32_t ifindex;
	uint64_t cgroup;

	switch (at[0]) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_EQ:
		return entry->sport == bytecode_op(operand).no;
	case INET_DIAG_BC_S_GE:
		return entry->sport >= bytecode_op(operand).no;
	case INET_DIAG_BC_S_LE:
		return entry->sport <= bytecode_op(operand).no;
	case INET_DIAG_BC_D_EQ:
		return entry->dport == bytecode_op(operand).no;
	case INET_DIAG_BC_D_GE:
		return entry->dport >= bytecode_op(operand).no;
	case INET_DIAG_BC_D_LE:
		return entry->dport <= bytecode_op(operand).no;
	case INET_DIAG_BC_AUTO:
		return !entry->port_locked;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		return bytecode_host(entry, operand, at[0] == INET_DIAG_BC_S_COND);
	case INET_DIAG_BC_DEV_COND:
		memcpy(&ifindex, operand, sizeof(ifindex));
		return ifindex == entry->ifindex;
	case INET_DIAG_BC_MARK_COND:
		memcpy(&mark, operand, sizeof(mark));
		return (entry->mark & mark.mask) == mark.mark;
	case INET_DIAG_BC_CGROUP_COND:
		memcpy(&cgroup, operand, sizeof(cgroup));
		return cgroup == entry->cgroup_id;
	}
	return true;
}

/* inet_diag_bc_run() of a program that passed the audit. */
static inline bool bytecode_run(
	const unsigned char *code, int len, const struct bytecode_entry *entry)
{
	while (len > 0) {
		struct inet_diag_bc_op op = bytecode_op(code);
		int step = bytecode_holds(entry, code) ? op.yes : op.no;

		len -= step;
		code += step;
	}
	return len == 0;
}

#endif
