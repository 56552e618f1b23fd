/* Filters as bytecode: what the kernel takes, and that it never refuses what the filter passes. */
#include "unit.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "bytecode.h"
#include "diag/inet.h"
#include "filter/filter.h"

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
			for (uint16_t port = 1; port < 500; port = (uint16_t)(port + 2))
				skt_portset_add(set, port);
	}
	return 0;
}

/* `nowhere` has no address, any other name two. */
static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	if (strcmp(name, "nowhere") == 0)
		return 0;
	*cidrs = calloc(2, sizeof(**cidrs));
	assert_non_null(*cidrs);
	*count = 2;
	assert_int_equal(skt_cidr_parse("127.0.0.1", 9, *cidrs), 0);
	return skt_cidr_parse("::1", 3, *cidrs + 1);
}

static int resolve_interface(void *ctx, const char *name, uint32_t *ret, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*ret = (uint32_t)(name[0] - '0');
	return 0;
}

static int resolve_cgroup(void *ctx, const char *path, uint64_t *ret, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*ret = (uint64_t)(path[0] - '0') << 40;
	return 0;
}

static void ephemeral(void *ctx, uint16_t *ret_low, uint16_t *ret_high)
{
	(void)ctx;
	*ret_low = 32768;
	*ret_high = 60999;
}

static const struct skt_filter_resolver resolver = {.ports = resolve_ports,
	.host = resolve_host,
	.interface = resolve_interface,
	.cgroup = resolve_cgroup,
	.ephemeral = ephemeral};

static struct skt_filter *filter_of(const char *text)
{
	struct skt_filter *filter = NULL;
	struct skt_err err = {0};

	if (skt_filter_parse(text, NULL, &filter, &err) ||
		skt_filter_resolve(filter, &resolver, &err))
		fail_msg("%s: %s", text, err.text);
	return filter;
}

struct random {
	uint64_t state;
};

static uint32_t pick(struct random *random, uint32_t below)
{
	random->state =
		random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random->state >> 33) % below;
}

static const uint16_t port_pool[] = {0, 1, 22, 80, 443, 1023, 1024, 40000, 65535};
static const char *const addr_pool[] = {"0.0.0.0", "10.1.2.3", "10.1.2.4", "127.0.0.1", "::", "::1",
	"::ffff:10.1.2.3", "2001:db8::1", "fe80::1%2", "255.255.255.255"};

static struct skt_end random_end(struct random *random)
{
	struct skt_end end = {.port = port_pool[pick(random, SKT_COUNT(port_pool))]};
	const char *text = addr_pool[pick(random, SKT_COUNT(addr_pool))];

	assert_int_equal(skt_addr_parse(text, strlen(text), &end.addr), 0);
	return end;
}

/* As skt_inet_parse() makes them: ends of one family, and none where there is nothing. */
static struct skt_socket random_socket(struct random *random)
{
	static const uint8_t states[] = {
		SKT_STATE_LISTEN, SKT_STATE_ESTABLISHED, SKT_STATE_TIME_WAIT, SKT_STATE_SYN_SENT};
	struct skt_socket socket = {
		.state = states[pick(random, SKT_COUNT(states))], .local = random_end(random)};

	do
		socket.remote = random_end(random);
	while (socket.remote.addr.family != socket.local.addr.family);
	socket.family = socket.local.addr.family;
	if (pick(random, 3) == 0 ||
		(!socket.remote.port && skt_addr_is_any(&socket.remote.addr) &&
			!skt_addr_is_v4_mapped(&socket.remote.addr)))
		socket.remote = (struct skt_end){0};
	socket.ifindex = pick(random, 3);
	if (socket.ifindex)
		socket.present |= UINT64_C(1) << SKT_SOCKET_INTERFACE;
	if (socket.state == SKT_STATE_TIME_WAIT)
		return socket;
	socket.mark = pick(random, 4);
	socket.cgroup_id = (uint64_t)pick(random, 3) << 40;
	socket.present |= UINT64_C(1) << SKT_SOCKET_MARK | UINT64_C(1) << SKT_SOCKET_CGROUP;
	return socket;
}

/* The kernel knows of some sockets what it does not tell. */
static struct bytecode_entry random_entry(struct random *random, const struct skt_socket *socket)
{
	struct bytecode_entry entry = bytecode_entry_of(socket);

	if (!(socket->present >> SKT_SOCKET_MARK & 1))
		entry.mark = pick(random, 4);
	entry.port_locked = false;
	return entry;
}

static void add_ports(struct random *random, struct skt_str *text, bool one)
{
	uint32_t items = one ? 1 : 1 + pick(random, 3);

	for (uint32_t i = 0; i < items; i++) {
		uint16_t port = port_pool[pick(random, SKT_COUNT(port_pool))];

		skt_str_add_format(text, "%s%u", i ? "," : "", port);
		if (!one && port < 60000 && pick(random, 4) == 0)
			skt_str_add_format(text, "-%u", port + pick(random, 5000));
	}
	if (!one && pick(random, 10) == 0)
		skt_str_add_text(text, ",odd");
}

static void add_host(struct random *random, struct skt_str *text)
{
	const char *addr = addr_pool[pick(random, SKT_COUNT(addr_pool))];
	bool v6 = strchr(addr, ':');

	switch (pick(random, 8)) {
	case 0:
		skt_str_add_text(text, "*");
		break;
	case 1:
		skt_str_add_text(text, "localhost");
		break;
	case 2:
		skt_str_add_text(text, "nowhere");
		break;
	default:
		skt_str_add_format(text, v6 ? "[%s]/%u" : "%s/%u", addr,
			pick(random, 2) ? v6 ? 128 : 32 : pick(random, v6 ? 129 : 33));
	}
	if (pick(random, 3) == 0) {
		skt_str_add_char(text, ':');
		add_ports(random, text, false);
	}
}

static void add_leaf(struct random *random, struct skt_str *text)
{
	static const char *const ends[] = {"sport", "dport", "port"};
	static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
	const char *negation = pick(random, 3) ? "" : "!= ";
	uint32_t op;

	switch (pick(random, 8)) {
	case 0:
	case 1:
	case 2:
		op = pick(random, SKT_COUNT(ops));
		skt_str_add_format(text, "%s %s ", ends[pick(random, 3)], ops[op]);
		add_ports(random, text, op > 1);
		return;
	case 3:
	case 4:
		skt_str_add_format(text, "%s %s", pick(random, 2) ? "src" : "dst", negation);
		if (pick(random, 4)) {
			add_host(random, text);
			return;
		}
		skt_str_add_text(text, "{ ");
		for (uint32_t i = 0; i < 3; i++) {
			add_host(random, text);
			skt_str_add_char(text, ' ');
		}
		skt_str_add_char(text, '}');
		return;
	case 5:
		skt_str_add_format(text, "dev %s%u", negation, 1 + pick(random, 2));
		return;
	case 6:
		skt_str_add_format(
			text, "fwmark %s%u/%u", negation, pick(random, 4), pick(random, 4));
		return;
	case 7:
		if (pick(random, 2))
			skt_str_add_format(text, "cgroup %s%u", negation, 1 + pick(random, 2));
		else
			skt_str_add_text(text, pick(random, 2) ? "(state listening)" : "autobound");
	}
}

static void add_filter(struct random *random, struct skt_str *text, unsigned int depth)
{
	uint32_t what = depth ? pick(random, 6) : 0;

	if (what == 0) {
		add_leaf(random, text);
		return;
	}
	if (what == 1) {
		skt_str_add_text(text, "not ( ");
		add_filter(random, text, depth - 1);
		skt_str_add_text(text, " )");
		return;
	}
	skt_str_add_text(text, "( ");
	add_filter(random, text, depth - 1);
	skt_str_add_text(text, what < 4 ? " and " : " or ");
	add_filter(random, text, depth - 1);
	skt_str_add_text(text, " )");
}

static void nothing_is_lost(void **state)
{
	enum { FILTERS = 20000, SOCKETS = 30 };
	struct random random = {.state = 20261122};
	unsigned char code[SKT_FILTER_CODE_MAX];
	size_t programs = 0, refused = 0, matched = 0, spared = 0;

	(void)state;
	for (size_t i = 0; i < FILTERS; i++) {
		struct skt_dump_query query = {.states = SKT_STATES_ALL};
		struct skt_str text = {0};
		struct skt_filter *filter;
		size_t len;

		add_filter(&random, &text, pick(&random, 5));
		skt_str_add_char(&text, '\0');
		filter = filter_of(text.data);
		skt_filter_narrow(filter, &query);
		len = skt_filter_compile(filter, &query, code);
		if (len && !bytecode_audit(code, (int)len))
			fail_msg("%s: the kernel refuses it", text.data);
		programs += len != 0;
		for (size_t s = 0; len && s < SOCKETS; s++) {
			struct skt_socket socket = random_socket(&random);
			struct bytecode_entry entry = random_entry(&random, &socket);
			bool matches = skt_filter_match(filter, &socket);
			bool runs = bytecode_run(code, (int)len, &entry);

			matched += matches;
			refused += !runs;
			spared += !matches && runs;
			if (matches && !runs)
				fail_msg("%s: lost state %u, %u -> %u", text.data, socket.state,
					socket.local.port, socket.remote.port);
		}
		skt_filter_free(filter);
		skt_str_fini(&text);
	}
	/* Otherwise the above has shown nothing; and most of what need not come does not. */
	assert_in_range(programs, FILTERS / 2, FILTERS);
	assert_in_range(matched, programs * SOCKETS / 5, programs * SOCKETS);
	assert_true(refused > 4 * spared);
}

/* Programs that leave out just what the filter does. */
static void what_is_exact(void **state)
{
	static const char *const texts[] = {"sport > 80", "sport != 22", "sport 22,80",
		"not sport 22-443,65535", "dport < 1024", "dport != 0", "port 80", "port != 80",
		"port 22,80", "src 10/8", "src != 10/8", "src { 10.1.2.3 [2001:db8::]/32 }",
		"src != { 10/8 127/8 }", "not src 0/0", "src ::/0", "dst 10/8", "dst != 10/8",
		"src 10/8:22,80", "src != 10/8:22", "src [::ffff:0:0]/96", "src localhost",
		"src nowhere", "src != nowhere", "dev 1", "dev != 1", "cgroup 1", "cgroup != 1",
		"sport 22 or dport 22", "sport 22 dport 40000 or src 127/8",
		"( sport 22 or sport 80 ) ( dport 40000 or not src 127/8 )", "src != *",
		"sport 1 sport 2"};
	unsigned char code[SKT_FILTER_CODE_MAX];
	struct random random = {.state = 7};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_filter *filter = filter_of(texts[i]);
		const struct skt_dump_query query = {.states = SKT_STATES_ALL};
		size_t len = skt_filter_compile(filter, &query, code);

		assert_true(bytecode_audit(code, (int)len));
		for (size_t s = 0; s < 2000; s++) {
			struct skt_socket socket = random_socket(&random);
			struct bytecode_entry entry = bytecode_entry_of(&socket);

			if (bytecode_run(code, (int)len, &entry) !=
				skt_filter_match(filter, &socket))
				fail_msg("%s: %u -> %u", texts[i], socket.local.port,
					socket.remote.port);
		}
		skt_filter_free(filter);
	}
}

/* Nothing is asked of the kernel that it cannot tell, or that the request says already. */
static void what_says_nothing(void **state)
{
	static const char *const texts[] = {"sport 22", "dport 80", "sport 22 dport 80",
		"state listening", "src *", "sport = *", "src *:22", "fwmark != 1",
		"not fwmark 1 or sport 5", "src != [fe80::1%2]", "dst != 0/0", "dst != ::/0",
		"src /run/*", "src != /run/*", "state listening or sport > 5",
		"state listening sport 22"};
	unsigned char code[SKT_FILTER_CODE_MAX];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_filter *filter = filter_of(texts[i]);
		struct skt_dump_query query = {.states = SKT_STATES_ALL};

		skt_filter_narrow(filter, &query);
		if (skt_filter_compile(filter, &query, code))
			fail_msg("%s", texts[i]);
		skt_filter_free(filter);
	}
	assert_int_equal(
		skt_filter_compile(NULL, &(struct skt_dump_query){.states = SKT_STATES_ALL}, code),
		0);
}

/* A port that a program asked for itself is not one it was given, wherever that is. */
static void autobound_asks_the_kernel(void **state)
{
	const struct skt_dump_query query = {.states = SKT_STATES_ALL};
	unsigned char code[SKT_FILTER_CODE_MAX];
	struct bytecode_entry entry = {.family = AF_INET, .sport = 40000};
	struct skt_filter *filter = filter_of("autobound");
	size_t len = skt_filter_compile(filter, &query, code);

	(void)state;
	assert_true(bytecode_audit(code, (int)len));
	assert_true(bytecode_run(code, (int)len, &entry));
	entry.port_locked = true;
	assert_false(bytecode_run(code, (int)len, &entry));
	skt_filter_free(filter);

	filter = filter_of("not autobound");
	len = skt_filter_compile(filter, &query, code);
	assert_false(bytecode_run(code, (int)len, &entry));
	entry.sport = 22;
	assert_true(bytecode_run(code, (int)len, &entry));
	skt_filter_free(filter);
}

/* What does not fit is not sent; what just fits is whole. */
static void long_filters(void **state)
{
	const struct skt_dump_query query = {.states = SKT_STATES_ALL};
	size_t longest = 0;

	(void)state;
	for (size_t count = 1; count < 300; count++) {
		unsigned char *code = malloc(SKT_FILTER_CODE_MAX);
		struct skt_filter *filter;
		struct skt_str text = {0};
		size_t len;

		assert_non_null(code);
		for (size_t i = 0; i < count; i++)
			skt_str_add_format(
				&text, "%s src 10.0.%zu.%zu", i ? " or" : "", i / 256, i % 256);
		skt_str_add_char(&text, '\0');
		filter = filter_of(text.data);
		len = skt_filter_compile(filter, &query, code);
		assert_true(!len || bytecode_audit(code, (int)len));
		assert_true(len <= SKT_FILTER_CODE_MAX);
		assert_true(len ? !longest || len > longest : longest > SKT_FILTER_CODE_MAX - 64);
		longest = len > longest ? len : longest;
		skt_filter_free(filter);
		skt_str_fini(&text);
		free(code);
	}
}

/* ---- the kernel itself ---- */

enum { OURS = 2 };

struct live {
	const struct skt_filter *filter;
	const char *text;
	uint16_t ports[OURS];
	bool seen[OURS];
};

static int take_live(const struct skt_socket *socket, void *ctx)
{
	struct live *live = ctx;

	/* Without the program everything would come. */
	if (!skt_filter_match(live->filter, socket))
		fail_msg("%s: the kernel sends port %u", live->text, socket->local.port);
	for (size_t i = 0; i < OURS; i++)
		live->seen[i] |= socket->local.port == live->ports[i];
	return 0;
}

static int open_udp(uint16_t *ret_port, bool on_loopback)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const unsigned int index = if_nametoindex("lo");
	socklen_t len = sizeof(at);

	assert_true(fd >= 0);
	if (on_loopback)
		assert_int_equal(
			setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* TEXT, with the port of the first socket for its %u, is true of that one of ours only. */
static void ask_kernel(struct skt_netlink *netlink, const uint16_t ports[OURS], const char *format)
{
	struct skt_inet_query query = {.family = AF_INET,
		.proto = SKT_PROTO_UDP,
		.states = SKT_STATE_BIT(SKT_STATE_UNCONNECTED)};
	const struct skt_dump_query nothing = {.states = SKT_STATES_ALL};
	unsigned char code[SKT_FILTER_CODE_MAX];
	struct live live = {.ports = {ports[0], ports[1]}};
	struct skt_err err = {0};
	struct skt_filter *filter;
	unsigned int flags;
	int rc;
	char port[8], text[160];
	const char *percent = strstr(format, "%u");

	(void)snprintf(port, sizeof(port), "%u", ports[0]);
	(void)snprintf(text, sizeof(text), "%.*s%s%s",
		(int)(percent ? percent - format : (ptrdiff_t)strlen(format)), format,
		percent ? port : "", percent ? percent + 2 : "");
	filter = filter_of(text);
	live.filter = filter;
	live.text = text;
	query.code = code;
	query.code_len = skt_filter_compile(filter, &nothing, code);
	assert_true(query.code_len > 0);
	rc = skt_inet_dump(netlink, &query, take_live, &live, &flags, &err);
	if (rc && rc != -ENOENT)
		fail_msg("%s: %s", text, err.text);
	/* A kernel without udp_diag says nothing either way. */
	if (!rc && (!live.seen[0] || live.seen[1]))
		fail_msg("%s: not the one that was asked for", text);
	skt_filter_free(filter);
}

static void the_kernel_agrees(void **state)
{
	static const char *const texts[] = {"sport = %u", "sport = %u and src 127/8",
		"sport = %u or sport = 65535", "not sport != %u", "src 127.0.0.1:%u,1",
		"src { 127.0.0.1:%u 10/8 [::1]:22 }", "port = 0-0 and sport = %u",
		"sport = %u and dst != 10/8 or dport 80", "not ( not sport %u or src ::/0 )"};
	struct skt_netlink *netlink;
	uint16_t ports[OURS];
	int fds[OURS];

	(void)state;
	if (skt_netlink_open(&netlink, NULL)) {
		skip_because("no sock_diag here");
	}
	fds[0] = open_udp(&ports[0], geteuid() == 0);
	fds[1] = open_udp(&ports[1], false);
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		ask_kernel(netlink, ports, texts[i]);
	if (geteuid() == 0) {
		char text[64];

		(void)snprintf(text, sizeof(text), "dev %u sport %%u", if_nametoindex("lo"));
		ask_kernel(netlink, ports, text);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	skt_netlink_close(netlink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(nothing_is_lost),
		unit_test(what_is_exact),
		unit_test(what_says_nothing),
		unit_test(autobound_asks_the_kernel),
		unit_test(long_filters),
		unit_test(the_kernel_agrees),
	};

	return cmocka_run_group_tests_name("filter code", tests, NULL, NULL);
}
