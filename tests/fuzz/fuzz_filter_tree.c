/*
 * Filters that are made, not found: the input chooses an expression, which is written as a text
 * and, beside that, worked out directly for sockets that the input chooses too. The filter that is
 * read from the text says the same of each, and so does what the kernel is given as far as it goes:
 * no socket that passes is left out by the query or by the bytecode.
 */
#include <errno.h>
#include <sys/socket.h>

#include "base/str.h"
#include "filter/filter.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/bytecode.h"

enum { DEPTH_MAX = 6, SOCKETS = 8 };

/* How tightly what was written holds together: it takes parentheses below what is tighter. */
enum binding { OR, AND, NOT, LEAF };

static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
static const uint16_t some_ports[] = {0, 1, 22, 80, 443, 1023, 1024, 32768, 65535};
static const char *const some_addrs[] = {"10.1.2.3", "10.1.2.0", "127.0.0.1", "0.0.0.0", "::1",
	"fe80::1", "2001:db8::1", "::ffff:10.1.2.3", "::"};

static bool compare(unsigned int a, unsigned int op, unsigned int b)
{
	/* No port is neither below nor above any. */
	if (op > 1 && !a)
		return false;
	return (bool[]){a == b, a != b, a<b, a <= b, a> b, a >= b}[op];
}

static struct skt_addr addr_at(uint8_t which)
{
	const char *text = some_addrs[which % (sizeof(some_addrs) / sizeof(*some_addrs))];
	struct skt_addr addr;

	if (skt_addr_parse(text, strlen(text), &addr))
		abort();
	return addr;
}

static uint16_t port_of(struct fuzz_input *input)
{
	uint8_t which = fuzz_byte(input);

	return which & 0x80 ? fuzz_short(input)
			    : some_ports[which % (sizeof(some_ports) / sizeof(*some_ports))];
}

/* Bit by bit; an IPv4 prefix is for mapped addresses, too. */
static bool is_within(
	const struct skt_addr *addr, const struct skt_addr *prefix, unsigned int length)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = addr->bytes;

	if (prefix->family == AF_INET && addr->family == AF_INET6 &&
		memcmp(bytes, mapped, sizeof(mapped)) == 0)
		bytes += 12;
	else if (addr->family != prefix->family)
		return false;
	for (unsigned int bit = 0; bit < length; bit++)
		if ((bytes[bit / 8] ^ prefix->bytes[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

/* Each of these writes to TEXT and returns which of the sockets pass, a bit for each. */
static unsigned int port_leaf(
	struct fuzz_input *input, const struct skt_socket *sockets, struct skt_str *text)
{
	static const char *const names[] = {"sport", "dport", "port"};
	const unsigned int end = fuzz_byte(input) % 3u, op = fuzz_byte(input) % 6u;
	const uint16_t port = port_of(input);
	unsigned int pass = 0;

	skt_str_add_format(text, "%s %s %u", names[end], ops[op], port);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		const uint16_t local = sockets[i].local.port, remote = sockets[i].remote.port;
		bool holds = end == 0 ? compare(local, op, port)
			: end == 1    ? compare(remote, op, port)
			: op == 1     ? local != port && remote != port
				      : compare(local, op, port) || compare(remote, op, port);

		pass |= (unsigned int)holds << i;
	}
	return pass;
}

static unsigned int host_leaf(
	struct fuzz_input *input, const struct skt_socket *sockets, struct skt_str *text)
{
	const bool remote = fuzz_byte(input) & 1, negated = fuzz_byte(input) & 1;
	const struct skt_addr prefix = addr_at(fuzz_byte(input));
	const unsigned int length = fuzz_byte(input) % (prefix.family == AF_INET ? 33u : 129u);
	char shown[SKT_ADDR_TEXT_MAX];
	unsigned int pass = 0;

	skt_str_add_format(text, prefix.family == AF_INET ? "%s %s %s/%u" : "%s %s [%s]/%u",
		remote ? "dst" : "src", negated ? "!=" : "=", skt_addr_text(&prefix, shown),
		length);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		const struct skt_end *end = remote ? &sockets[i].remote : &sockets[i].local;
		bool holds =
			end->addr.family != AF_UNSPEC && is_within(&end->addr, &prefix, length);

		pass |= (unsigned int)(holds != negated) << i;
	}
	return pass;
}

static unsigned int other_leaf(
	struct fuzz_input *input, const struct skt_socket *sockets, struct skt_str *text)
{
	static const struct {
		const char *name;
		enum skt_state state;
	} states[] = {{"established", SKT_STATE_ESTABLISHED}, {"listening", SKT_STATE_LISTEN},
		{"time-wait", SKT_STATE_TIME_WAIT}};
	const uint8_t how = fuzz_byte(input), which = fuzz_byte(input) % 3;
	const bool negated = how & 2;
	const uint32_t mask = fuzz_byte(input), mark = fuzz_byte(input) & mask;
	unsigned int pass = 0;

	if (how & 1)
		skt_str_add_format(text, "state %s %s", negated ? "!=" : "=", states[which].name);
	else
		skt_str_add_format(text, "fwmark %s 0x%x/0x%x", negated ? "!=" : "=", mark, mask);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		bool holds = how & 1 ? sockets[i].state == states[which].state
				     : (sockets[i].mark & mask) == mark;

		pass |= (unsigned int)(holds != negated) << i;
	}
	return pass;
}

static unsigned int expression(struct fuzz_input *input, const struct skt_socket *sockets,
	unsigned int depth, enum binding outside, struct skt_str *text)
{
	static const char *const ands[] = {" and ", " & ", " && ", " "},
				 *const ors[] = {" or ", " | ", " || "};
	const uint8_t what = fuzz_byte(input);
	const unsigned int kind = depth < DEPTH_MAX ? what % 8u : what % 4u + 4;
	const enum binding inside = kind < 2 ? AND : kind < 3 ? OR : kind < 4 ? NOT : LEAF;
	const bool enclosed = inside < outside || what & 0x80;
	unsigned int pass;

	if (enclosed)
		skt_str_add_text(text, "( ");
	switch (inside) {
	case AND:
		pass = expression(input, sockets, depth + 1, AND, text);
		skt_str_add_text(text, ands[what >> 3 & 3]);
		pass &= expression(input, sockets, depth + 1, NOT, text);
		break;
	case OR:
		pass = expression(input, sockets, depth + 1, OR, text);
		skt_str_add_text(text, ors[(what >> 3 & 3) % 3]);
		pass |= expression(input, sockets, depth + 1, AND, text);
		break;
	case NOT:
		skt_str_add_text(text, what & 8 ? "! " : "not ");
		pass = ~expression(input, sockets, depth + 1, NOT, text);
		break;
	case LEAF:
		pass = kind < 6    ? port_leaf(input, sockets, text)
			: kind < 7 ? host_leaf(input, sockets, text)
				   : other_leaf(input, sockets, text);
		break;
	default:
		abort();
	}
	if (enclosed)
		skt_str_add_text(text, " )");
	return pass;
}

/* As the kernel tells of them: two ends of one family, or one. */
static void choose_socket(struct fuzz_input *input, struct skt_socket *socket)
{
	static const uint8_t some[] = {
		SKT_STATE_ESTABLISHED, SKT_STATE_LISTEN, SKT_STATE_TIME_WAIT, SKT_STATE_CLOSE_WAIT};

	*socket = (struct skt_socket){
		.state = some[fuzz_byte(input) % 4],
		.mark = fuzz_byte(input),
		.present = UINT64_C(1) << SKT_SOCKET_MARK,
		.local = {.addr = addr_at(fuzz_byte(input)), .port = port_of(input)},
	};
	socket->family = socket->local.addr.family;
	socket->remote.addr = addr_at(fuzz_byte(input));
	if (socket->remote.addr.family == socket->local.addr.family)
		socket->remote.port = port_of(input);
	else
		socket->remote.addr = (struct skt_addr){.family = AF_UNSPEC};
}

/* What the kernel is asked for. */
struct kernel {
	struct skt_dump_query query;
	unsigned char code[SKT_FILTER_CODE_MAX];
	size_t len;
};

static void ask_kernel(const struct skt_filter *filter, struct kernel *kernel)
{
	kernel->query = (struct skt_dump_query){
		.protos = {[SKT_PROTO_TCP] = true}, .states = SKT_STATES_ALL};
	skt_filter_narrow(filter, &kernel->query);
	kernel->len = skt_filter_compile(filter, &kernel->query, kernel->code);
	if (kernel->len && !bytecode_audit(kernel->code, (int)kernel->len))
		abort();
}

static bool kernel_passes(const struct kernel *kernel, const struct skt_socket *socket)
{
	const struct bytecode_entry entry = bytecode_entry_of(socket);
	const struct skt_dump_query *query = &kernel->query;

	return query->states >> socket->state & 1 &&
		(!query->local_port || query->local_port == socket->local.port) &&
		(!query->remote_port || query->remote_port == socket->remote.port) &&
		(!kernel->len || bytecode_run(kernel->code, (int)kernel->len, &entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct skt_socket sockets[SOCKETS];
	struct skt_filter *filter = NULL;
	struct kernel kernel;
	struct skt_str text = {0};
	struct skt_err err;
	unsigned int pass;

	for (unsigned int i = 0; i < SOCKETS; i++)
		choose_socket(&input, &sockets[i]);
	pass = expression(&input, sockets, 0, OR, &text);
	skt_str_add_char(&text, '\0');
	if (text.failed || skt_filter_parse(text.data, NULL, &filter, &err))
		abort();
	ask_kernel(filter, &kernel);
	for (unsigned int i = 0; i < SOCKETS; i++) {
		const bool holds = pass >> i & 1;

		if (skt_filter_match(filter, &sockets[i]) != holds ||
			(holds && !kernel_passes(&kernel, &sockets[i]))) {
			(void)fprintf(stderr, "socket %u of: %s\n", i, text.data);
			abort();
		}
	}
	skt_filter_free(filter);
	skt_str_fini(&text);
	return 0;
}
