/* The filter language: what matches, what is refused and how, what the kernel may leave out. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/str.h"
#include "filter/filter.h"

static struct skt_end end_of(const char *addr, uint16_t port)
{
	struct skt_end end = {.port = port};

	if (addr)
		assert_int_equal(skt_addr_parse(addr, strlen(addr), &end.addr), 0);
	return end;
}

static struct skt_socket socket_of(enum skt_state state, const char *local, uint16_t local_port,
	const char *remote, uint16_t remote_port)
{
	struct skt_socket socket = {.state = (uint8_t)state};

	socket.local = end_of(local, local_port);
	socket.remote = end_of(remote, remote_port);
	socket.family = socket.local.addr.family;
	return socket;
}

enum { SOCKETS = 8 };

static void make_sockets(struct skt_socket sockets[SOCKETS])
{
	sockets[0] = socket_of(SKT_STATE_LISTEN, "0.0.0.0", 22, NULL, 0);
	sockets[1] = socket_of(SKT_STATE_ESTABLISHED, "127.0.0.1", 22, "127.0.0.1", 40000);
	sockets[2] = socket_of(SKT_STATE_ESTABLISHED, "10.1.2.3", 40000, "192.168.1.9", 443);
	sockets[3] = socket_of(SKT_STATE_LISTEN, "::", 8080, NULL, 0);
	sockets[4] =
		socket_of(SKT_STATE_ESTABLISHED, "::ffff:10.1.2.3", 8080, "::ffff:10.9.9.9", 5000);
	sockets[5] = socket_of(SKT_STATE_ESTABLISHED, "2001:db8::1", 22, "2001:db8::2", 80);
	sockets[6] = socket_of(SKT_STATE_TIME_WAIT, "10.1.2.3", 80, "10.200.0.1", 1023);
	sockets[7] = socket_of(SKT_STATE_SYN_SENT, "fe80::1%2", 50000, "fe80::2%2", 80);
	sockets[1].ifindex = 1;
	sockets[7].ifindex = 2;
	sockets[1].present = sockets[7].present = UINT64_C(1) << SKT_SOCKET_INTERFACE;
	sockets[2].mark = 0x12;
	sockets[2].present = sockets[3].present = UINT64_C(1) << SKT_SOCKET_MARK;
	sockets[5].cgroup_id = 77;
	sockets[5].present = UINT64_C(1) << SKT_SOCKET_CGROUP;
}

/* ssh 22, http 80, web 80 and 8080; nothing else. */
static int resolve_ports(
	void *ctx, const struct skt_port_list *list, struct skt_portset *set, struct skt_err *err)
{
	static const struct {
		const char *name;
		uint16_t ports[2];
	} known[] = {{"ssh", {22, 22}}, {"http", {80, 80}}, {"web", {80, 8080}}};

	(void)ctx;
	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];
		size_t k = 0;

		for (uint32_t port = item->low; !item->name && port <= item->high; port++)
			skt_portset_add(set, (uint16_t)port);
		if (!item->name)
			continue;
		while (k < SKT_COUNT(known) &&
			(strlen(known[k].name) != item->name_len ||
				memcmp(known[k].name, item->name, item->name_len) != 0))
			k++;
		if (k == SKT_COUNT(known))
			return skt_fail_text(err, ENOENT, "unknown service '%.*s'",
				(int)item->name_len, item->name);
		skt_portset_add(set, known[k].ports[0]);
		skt_portset_add(set, known[k].ports[1]);
	}
	return 0;
}

/* localhost is both loopbacks, `nowhere` a name without addresses. */
static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count, struct skt_err *err)
{
	(void)ctx;
	if (strcmp(name, "nowhere") == 0)
		return 0;
	if (strcmp(name, "fe80::1%eth0") == 0) {
		*cidrs = calloc(1, sizeof(**cidrs));
		assert_non_null(*cidrs);
		*count = 1;
		return skt_cidr_parse("fe80::1%2", 9, *cidrs);
	}
	if (strcmp(name, "localhost") != 0)
		return skt_fail_text(err, ENOENT, "unknown host '%s'", name);
	*cidrs = calloc(2, sizeof(**cidrs));
	assert_non_null(*cidrs);
	*count = 2;
	assert_int_equal(skt_cidr_parse("127.0.0.1", 9, *cidrs), 0);
	return skt_cidr_parse("::1", 3, *cidrs + 1);
}

static int resolve_interface(void *ctx, const char *name, uint32_t *ret, struct skt_err *err)
{
	(void)ctx;
	*ret = strcmp(name, "lo") == 0 ? 1 : strcmp(name, "eth0") == 0 ? 2 : 0;
	return *ret ? 0 : skt_fail_text(err, ENOENT, "unknown interface '%s'", name);
}

static int resolve_cgroup(void *ctx, const char *path, uint64_t *ret, struct skt_err *err)
{
	(void)ctx;
	*ret = 77;
	return strcmp(path, "/a") == 0 ? 0 : skt_fail_text(err, ENOENT, "no cgroup '%s'", path);
}

static void ephemeral(void *ctx, uint16_t *ret_low, uint16_t *ret_high)
{
	(void)ctx;
	*ret_low = 32768;
	*ret_high = 49999;
}

static const struct skt_filter_resolver resolver = {.ports = resolve_ports,
	.host = resolve_host,
	.interface = resolve_interface,
	.cgroup = resolve_cgroup,
	.ephemeral = ephemeral};

/* TEXT up to an unmapped page, its NUL included. */
static struct skt_filter *filter_of(const char *text)
{
	struct skt_filter *filter = (struct skt_filter *)1;
	struct skt_err err = {0};

	if (skt_filter_parse(guard_copy(text, strlen(text) + 1), NULL, &filter, &err) ||
		skt_filter_resolve(filter, &resolver, &err))
		fail_msg("%s: %s", text, err.text);
	return filter;
}

static const struct {
	const char *text;
	const char *matches; /* digits: indices of make_sockets() */
} matches[] = {
	{"", "01234567"},
	{"sport = :22", "015"},
	{"sport = 22", "015"},
	{"sport 22", "015"},
	{"sport :22", "015"},
	{"sport == :22", "015"},
	{"sport eq 22", "015"},
	{"sport=:22", "015"},
	{"sport=22", "015"},
	{"sport != 22", "23467"},
	{"sport ne :22", "23467"},
	{"sport neq 22", "23467"},
	{"sport!=22", "23467"},
	{"sport < 80", "015"},
	{"sport lt 22", ""},
	{"sport<80", "015"},
	{"sport <= 80", "0156"},
	{"sport le :22", "015"},
	{"sport leq 22", "015"},
	{"sport > 8080", "27"},
	{"sport gt 40000", "7"},
	{"sport >= 8080", "2347"},
	{"sport ge 40000", "27"},
	{"sport geq 50000", "7"},
	{"sport > 65535", ""},
	{"sport < 0", ""},
	{"sport <= 0", ""},
	{"sport >= 0", "01234567"},
	{"sport <= 65535", "01234567"},
	{"sport < 1", ""},
	{"sport = 0", ""},
	{"sport = 65535", ""},
	{"sport = 22,80", "0156"},
	{"sport = 22,80,8000-8100", "013456"},
	{"sport = -1023", "0156"},
	{"sport = 40000-", "27"},
	{"sport 22-22", "015"},
	{"sport = 1,3,5,7,22", "015"},
	{"sport != 22,80", "2347"},
	{"sport = ssh", "015"},
	{"sport = :ssh", "015"},
	{"sport < ssh", ""},
	{"sport <= ssh", "015"},
	{"sport > http", "2347"},
	{"sport = web", "346"},
	{"sport > web", "2347"},
	{"sport < web", "0156"},
	{"sport <= web", "013456"},
	{"sport >= web", "23467"},
	{"sport = ssh,8080", "01345"},
	{"sport != web", "01257"},
	{"sport = *", "01234567"},
	{"sport = :*", "01234567"},
	{"sport != *", ""},
	{"dport = 80", "57"},
	{"dport :80", "57"},
	{"dport = http,443", "257"},
	{"dport != 80", "012346"},
	{"dport < 1024", "2567"},
	{"dport > 1023", "14"},
	{"dport >= 0", "124567"},
	{"dport = 0", "03"},
	{"dport != 0", "124567"},
	{"dport <= 0", ""},
	{"dport = 0-80", "0357"},
	{"dport = *", "01234567"},
	{"not dport < 1024", "0134"},
	{"port 80", "567"},
	{"port = 22", "015"},
	{"port != 22", "23467"},
	{"port = :8080", "34"},
	{"port < 1024", "012567"},
	{"port > 45000", "7"},
	{"port 443,5000", "24"},
	{"port 0", "03"},
	{"port = *", "01234567"},
	{"src 127.0.0.1", "1"},
	{"src = 127.0.0.1", "1"},
	{"src == 127.0.0.1", "1"},
	{"src eq 127.0.0.1", "1"},
	{"src=127.0.0.1", "1"},
	{"src != 127.0.0.1", "0234567"},
	{"src ne 10.0.0.0/8", "01357"},
	{"src 10.0.0.0/8", "246"},
	{"src 10/8", "246"},
	{"src 10.1/16", "246"},
	{"src 10.1.2/24", "246"},
	{"src 10.0/15", "246"},
	{"src 10.2/16", ""},
	{"src 10.1.2.3/32", "246"},
	{"src 10.1.2.3", "246"},
	{"src 10.1.2.4/31", ""},
	{"src 10.1.2.2/31", "246"},
	{"src 0.0.0.0", "0"},
	{"src 0.0.0.0/0", "01246"},
	{"src 0/0", "01246"},
	{"src 10.255.255.255/8", "246"},
	{"src ::/0", "3457"},
	{"src ::", "3"},
	{"src [::]", "3"},
	{"src [::]/128", "3"},
	{"src [::/128]", "3"},
	{"src ::ffff:0:0/96", "4"},
	{"src ::ffff:10.1.2.3", "4"},
	{"src [::ffff:10.1.2.3]:8080", "4"},
	{"src 2001:db8::/32", "5"},
	{"src [2001:db8::]/32", "5"},
	{"src [2001:db8::/32]", "5"},
	{"src 2001:db8::/32:22", "5"},
	{"src 2001:db8::/32:23", ""},
	{"src [2001:db8::]/32:22", "5"},
	{"src [2001:db8::/32]:22", "5"},
	{"src 2001:db8::1", "5"},
	{"src [2001:db8::1]:22", "5"},
	{"src [2001:DB8:0:0::1]:ssh", "5"},
	{"src fe80::1", "7"},
	{"src 2001:db8::1:beef", ""},
	{"src 2001:db8:0:0:0:0:0:1", "5"},
	{"src fe80::1%2", "7"},
	{"src fe80::1%3", ""},
	{"src [fe80::1%2]", "7"},
	{"src [fe80::1]%2", "7"},
	{"src [fe80::1]%2/10:50000", "7"},
	{"src fe80::1%eth0", "7"},
	{"src fe80::1%2:50000", "7"},
	{"src fe80::1%eth0:22", ""},
	{"src [fe80::1]%eth0:50000", "7"},
	{"src fe80::/10", "7"},
	{"src 127.0.0.1:22", "1"},
	{"src 127.0.0.1:80", ""},
	{"src != 127.0.0.1:80", "01234567"},
	{"src 127.0.0.1:*", "1"},
	{"src 127/8:ssh,http", "1"},
	{"src 10/8:80", "6"},
	{"src 10/8:1-100", "6"},
	{"src :22", "015"},
	{"src *:22", "015"},
	{"src any:22", "015"},
	{"src *", "01234567"},
	{"src any", "01234567"},
	{"src all", "01234567"},
	{"src default", "01234567"},
	{"src *:*", "01234567"},
	{"src != *", ""},
	{"src localhost", "1"},
	{"src localhost:22", "1"},
	{"src localhost:23", ""},
	{"src = nowhere", ""},
	{"src != nowhere", "01234567"},
	{"dst *", "01234567"},
	{"dst any", "01234567"},
	{"dst 0.0.0.0/0", "1246"},
	{"dst ::/0", "457"},
	{"dst != 0.0.0.0/0", "0357"},
	{"not dst 0/0 not dst ::/0", "03"},
	{"dst 10/8", "46"},
	{"dst != 10/8", "012357"},
	{"dst :443", "2"},
	{"dst *:443", "2"},
	{"dst 192.168.1.9:443", "2"},
	{"dst [2001:db8::2]:http", "5"},
	{"dst 10.200/16:-1023", "6"},
	/* Sets and lists. */
	{"src { 10/8 127/8 }", "1246"},
	{"src = {10/8,127/8}", "1246"},
	{"src { 10/8, 127/8, }", "1246"},
	{"src { 10/8 , 127/8 }", "1246"},
	{"src 10/8,127/8", "1246"},
	{"src != { 10/8 127/8 }", "0357"},
	{"not src { 10/8 127/8 }", "0357"},
	{"not src != { 10/8 127/8 }", "1246"},
	{"src != 10/8,127/8", "0357"},
	{"src 10/8:80,127/8:22", "16"},
	{"src 10/8:80,8080", "46"},
	{"src 10/8:80,8080,127.0.0.1", "146"},
	{"src 10/8:80,web", "46"},
	{"src 10/8:80,[::]:8080", "36"},
	{"src ::1,fe80::/10", "7"},
	{"src localhost,10/8", "1246"},
	{"src { localhost nowhere }", "1"},
	{"src { * }", "01234567"},
	{"sport { 22 80 }", "0156"},
	{"sport = {22,80}", "0156"},
	{"sport { 22 http,8080 }", "013456"},
	{"sport != { 22 80 }", "2347"},
	{"port != { 22 80 }", "234"},
	{"src '10/8'", "246"},
	{"sport = \"ssh\"", "015"},
	{"sport='22'dport=\"80\"", "5"},
	{"src{10/8}", "246"},
	/* Other words for these. */
	{"local_port > 8080", "27"},
	{"remote_port 80", "57"},
	{"local_address = 10/8", "246"},
	{"remote_address = 10/8", "46"},
	{"local = 10/8:80", "6"},
	{"remote != *:80", "012346"},
	{"interface = lo", "1"},
	{"mark = 0x12", "2"},
	/* Bound to, marked with, in. */
	{"dev lo", "1"},
	{"dev = eth0", "7"},
	{"dev != eth0", "0123456"},
	{"dev lo,eth0", "17"},
	{"dev { lo eth0 }", "17"},
	{"dev != { lo eth0 }", "023456"},
	{"dev 'lo'", "1"},
	{"fwmark 18", "2"},
	{"fwmark = 0x12", "2"},
	{"fwmark 0x10/0xf0", "2"},
	{"fwmark 0x12/0xf0", ""},
	{"fwmark 0", "3"},
	{"fwmark 0/0", "23"},
	{"fwmark != 0", "0124567"},
	{"fwmark 0,0x12", "23"},
	{"cgroup /a", "5"},
	{"cgroup = '/a'", "5"},
	{"cgroup != /a", "0123467"},
	{"autobound", "2"},
	{"not autobound", "0134567"},
	{"autobound or dev lo", "12"},
	{"( autobound )", "2"},
	/* Names of unix sockets: none of these. */
	{"src /run/*", ""},
	{"src @*", ""},
	{"src unix:*", ""},
	{"dst unix:/x", ""},
	{"src != /run/*", "01234567"},
	{"src /a,/b", ""},
	{"src { /a 127/8 }", "1"},
	{"state = established", "1245"},
	{"state == ESTABLISHED", "1245"},
	{"state != listening", "124567"},
	{"state ne listening,established", "67"},
	{"not state = listening", "124567"},
	{"state = listening or sport 80", "036"},
	{"state = listening sport 22 or dport 443", "02"},
	{"state listening or state = time-wait", "036"},
	{"state established", "1245"},
	{"state ESTABLISHED", "1245"},
	{"state listening", "03"},
	{"state established state syn-sent", "12457"},
	{"state established,syn-sent", "12457"},
	{"state established state syn-sent sport = :22", "15"},
	{"state established sport 22 or dport 443", "125"},
	{"state established and sport 22 or dport 443", "125"},
	{"state time-wait sport 22 or dport 443", ""},
	{"state time-wait and sport 22 or dport 443", "2"},
	{"state time-wait or sport 22", "0156"},
	{"exclude listening", "124567"},
	{"excl listening", "124567"},
	{"exclude listening exclude established", "67"},
	{"exclude established state established", "01234567"},
	{"state all exclude listening", "124567"},
	{"state all", "01234567"},
	{"state established exclude established", ""},
	{"state listening src ::/0", "3"},
	{"not state listening", "124567"},
	{"! exclude listening", "03"},
	{"( state listening ) sport 22", "0"},
	{"( state listening sport 22 ) or ( state time-wait sport 80 )", "06"},
	{"sport = 22 state listening", "0"},
	{"sport = 22 and state established state listening", "015"},
	{"not ( state established or sport 80 )", "037"},
	{"sport 22 dport 40000", "1"},
	{"sport 22 and dport 40000", "1"},
	{"sport 22 & dport 40000", "1"},
	{"sport 22 && dport 40000", "1"},
	{"sport 22&&dport 40000", "1"},
	{"sport 22 or sport 80", "0156"},
	{"sport 22 | sport 80", "0156"},
	{"sport 22 || sport 80", "0156"},
	{"sport 22||sport 80", "0156"},
	{"sport 22 or sport 80 dport 1023", "0156"},
	{"sport 80 dport 1023 or sport 22", "0156"},
	{"( sport 22 or sport 80 ) dport 1023", "6"},
	{"(sport 22 or sport 80)(dport 1023)", "6"},
	{"(sport=:22)", "015"},
	{"((sport 22))", "015"},
	{"not sport 22", "23467"},
	{"! sport 22", "23467"},
	{"!sport 22", "23467"},
	{"!!sport 22", "015"},
	{"not not not sport 22", "23467"},
	{"not ( sport 22 or dport 80 )", "2346"},
	{"not ( sport 22 and dport 80 )", "0123467"},
	{"not ( not sport 22 )", "015"},
	{"not sport 22 dport 80", "7"},
	{"sport 22 not dport 80", "01"},
	{"not ( sport 22 ) or sport 22", "01234567"},
	{"   sport\t22  ", "015"},
};

static void what_matches(void **state)
{
	struct skt_socket sockets[SOCKETS];

	(void)state;
	make_sockets(sockets);
	for (size_t i = 0; i < SKT_COUNT(matches); i++) {
		struct skt_filter *filter = filter_of(matches[i].text);
		char found[SOCKETS + 1] = "";

		for (size_t s = 0, n = 0; s < SOCKETS; s++)
			if (skt_filter_match(filter, &sockets[s]))
				found[n++] = (char)('0' + s);
		if (strcmp(found, matches[i].matches) != 0)
			fail_msg("%s: matches %s, not %s", matches[i].text, found,
				matches[i].matches);
		skt_filter_free(filter);
		guard_free_all();
	}
}

static void blanks_match_everything(void **state)
{
	static const char *const texts[] = {"", " ", " \t\n "};
	struct skt_dump_query query = {.states = SKT_STATES_ALL, .local_port = 7};
	struct skt_socket socket = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		assert_null(filter_of(texts[i]));
	assert_true(skt_filter_match(NULL, &socket));
	assert_int_equal(skt_filter_resolve(NULL, &resolver, NULL), 0);
	skt_filter_narrow(NULL, &query);
	assert_int_equal(query.states, SKT_STATES_ALL);
	assert_int_equal(query.local_port, 7);
	skt_filter_free(NULL);
}

#define CHOICES \
	"expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state, exclude, not or '(', found "

static const struct {
	const char *text;
	const char *message; /* behind "filter, column " */
} refused[] = {
	{"sport", "6: expected a port after 'sport', found the end"},
	{"sport =", "8: expected a port after '=', found the end"},
	{"sport = and", "9: expected a port after '=', found 'and'"},
	{"sport = :22 dport = and src *", "21: expected a port after '=', found 'and'"},
	{"sport = = 22", "9: expected a port after '=', found '='"},
	{"sport <> 22", "8: expected a port after '<', found '>'"},
	{"sport ! 22", "7: expected a port after 'sport', found '!'"},
	{"sport ( 22 )", "7: expected a port after 'sport', found '('"},
	{"port geq", "9: expected a port after 'geq', found the end"},
	{"dst sport 22", "5: expected an address after 'dst', found 'sport'"},
	{"src", "4: expected an address after 'src', found the end"},
	{"src !=", "7: expected an address after '!=', found the end"},
	{"src < 10/8", "5: expected '=', '!=' or an address after 'src', found '<'"},
	{"dst geq 10/8", "5: expected '=', '!=' or an address after 'dst', found 'geq'"},
	{"state", "6: expected a state after 'state', found the end"},
	{"state =", "8: expected a state after '=', found the end"},
	{"state < listening", "7: expected '=' or '!=' after 'state', found '<'"},
	{"state = listenin", "9: unknown state 'listenin': did you mean 'listening'?"},
	{"exclude = listening", "9: expected a state after 'exclude', found '='"},
	{"state { listening }", "7: expected a state after 'state', found '{'"},
	{"src {", "6: expected an address after '{', found the end"},
	{"src { }", "7: expected an address after '{', found '}'"},
	{"src { , }", "9: expected an address after ',', found '}'"},
	{"src { 10/8", "11: expected '}' after '10/8', found the end"},
	{"src { 10/8 or 11/8 }", "12: expected '}' after '10/8', found 'or'"},
	{"src { 10/8, 1/77 }", "13: expected a length of 0 to 32 after '/', found '77'"},
	{"src 10/8,1/77", "10: expected a length of 0 to 32 after '/', found '77'"},
	{"src 10/8,", "10: expected an address, found nothing"},
	{"src ''", "6: expected an address, found nothing"},
	{"sport < { 1 2 }", "9: a comparison takes one value, not a set"},
	{"}", "1: " CHOICES "'}'"},
	{"sport 22 }", "10: " CHOICES "'}'"},
	{"sport ~ 22", "7: expected a comparison or a port after 'sport', found '~'"},
	{"src ~ 10*", "5: expected '=', '!=' or an address after 'src', found '~'"},
	{"src '10/8", "5: this ' has no fellow"},
	{"src \"10/8", "5: this \" has no fellow"},
	{"'", "1: this ' has no fellow"},
	{"'sport' 22", "2: " CHOICES "'sport'"},
	{"dev", "4: expected an interface after 'dev', found the end"},
	{"dev < lo", "5: expected '=' or '!=' after 'dev', found '<'"},
	{"dev ''", "6: expected a name, found nothing"},
	{"fwmark", "7: expected a mark after 'fwmark', found the end"},
	{"fwmark x", "8: expected a mark, as in 5 or 0x10/0xf0, found 'x'"},
	{"fwmark 1/", "8: expected a mark, as in 5 or 0x10/0xf0, found '1/'"},
	{"fwmark /1", "8: expected a mark, as in 5 or 0x10/0xf0, found '/1'"},
	{"fwmark 0x100000000", "8: expected a mark, as in 5 or 0x10/0xf0, found '0x100000000'"},
	{"fwmark 1,y", "10: expected a mark, as in 5 or 0x10/0xf0, found 'y'"},
	{"cgroup =", "9: expected the path of a cgroup after '=', found the end"},
	{"autobound 1",
		"11: unknown predicate '1': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"pid = 1",
		"1: unknown predicate 'pid': expected src, dst, sport, dport, port, dev, fwmark, "
		"cgroup, autobound, state or exclude"},
	{"exclude or", "9: expected a state after 'exclude', found 'or'"},
	{"state state listening", "7: expected a state after 'state', found 'state'"},
	{"state establishd", "7: unknown state 'establishd': did you mean 'established'?"},
	{"state listening exclude qqqq", "25: unknown state 'qqqq'"},
	{"state established,time-wat", "19: unknown state 'time-wat': did you mean 'time-wait'?"},
	{"state established,", "19: unknown state ''"},
	{"sprot = 22", "1: unknown predicate 'sprot': did you mean 'sport'?"},
	{"SPORT = 22", "1: unknown predicate 'SPORT': did you mean 'sport'?"},
	{"sport 22 adn dport 22", "10: unknown predicate 'adn': did you mean 'and'?"},
	{"frobnicate",
		"1: unknown predicate 'frobnicate': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"sport = 22 23",
		"12: unknown predicate '23': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"and", "1: " CHOICES "'and'"},
	{"or sport 22", "1: " CHOICES "'or'"},
	{"= 22", "1: " CHOICES "'='"},
	{"()", "2: " CHOICES "')'"},
	{"not", "4: " CHOICES "the end"},
	{"sport 22 and", "13: " CHOICES "the end"},
	{"sport 22 or", "12: " CHOICES "the end"},
	{"sport 22 and or dport 22", "14: " CHOICES "'or'"},
	{"sport 22 | | dport 22", "12: " CHOICES "'|'"},
	{"( dport 80", "11: expected ')' for the '(' at column 1, found the end"},
	{"sport 22 ( ( dport 80 )", "24: expected ')' for the '(' at column 10, found the end"},
	{"(", "2: " CHOICES "the end"},
	{")", "1: " CHOICES "')'"},
	{"dport 80 )", "10: ')' without '(' before it"},
	{"( dport 80 ) )", "14: ')' without '(' before it"},
	{"state listening )", "17: " CHOICES "')'"},
	{"state listening sport 22 or state established",
		"29: the states in front hold for all: put those that do not between parentheses"},
	{"dst 22", "5: expected an address, found '22'; a port has ':' before it"},
	{"src 10.1", "5: '10.1' is neither an address nor the name of a host"},
	{"src 1.2.3.4.5", "5: '1.2.3.4.5' is neither an address nor the name of a host"},
	{"src 256.1.1.1", "5: '256.1.1.1' is neither an address nor the name of a host"},
	{"src 256/8", "5: '256' is neither an address nor the name of a host"},
	{"src 1.2.3.4/33", "5: expected a length of 0 to 32 after '/', found '33'"},
	{"src 1.2.3.4/", "5: expected a length of 0 to 32 after '/', found ''"},
	{"src 1.2.3.4/255.0.0.0", "5: expected a length of 0 to 32 after '/', found '255.0.0.0'"},
	{"src fe80::1:22",
		"5: 'fe80::1:22' could be an address or an address and a port: write [ADDRESS] or [ADDRESS]:PORT"},
	{"src ::1/129", "5: expected a length of 0 to 128 after '/', found '129'"},
	{"src ::1/-1", "5: expected a length of 0 to 128 after '/', found '-1'"},
	{"src ::1:22",
		"5: '::1:22' could be an address or an address and a port: write [ADDRESS] or "
		"[ADDRESS]:PORT"},
	{"src [::1", "5: expected ']' at the end of '[::1'"},
	{"src [", "5: expected ']' at the end of '['"},
	{"src []", "5: '' is not an IPv6 address"},
	{"src [::1]22", "5: expected ':' and a port, found '22'"},
	{"src [1.2.3.4]", "5: '1.2.3.4' is not an IPv6 address"},
	{"src [localhost]", "5: 'localhost' is not an IPv6 address"},
	{"src fe80::/64%lo",
		"5: a prefix takes no name of an interface: write 'fe80::/64 and dev lo'"},
	{"src fe80::%lo/64",
		"5: a prefix takes no name of an interface: write 'fe80::/64 and dev lo'"},
	{"src [fe80::]%lo/64:22",
		"5: a prefix takes no name of an interface: write 'fe80::/64 and dev lo'"},
	{"src fe80::/64%", "5: expected the name of an interface behind '%'"},
	{"src localhost/8", "5: a prefix length needs a numeric address, not 'localhost'"},
	{"src -a,b", "5: '-a' is neither an address nor the name of a host"},
	{"src a,-b", "7: '-b' is neither an address nor the name of a host"},
	{"src a:b:c", "5: 'a:b' is neither an address nor the name of a host"},
	{"src -a", "5: '-a' is neither an address nor the name of a host"},
	{"src 1.2.3.4%1", "5: '1.2.3.4%1' is neither an address nor the name of a host"},
	{"src fe80::1%", "5: 'fe80::1%' is neither an address nor the name of a host"},
	{"src 1.2.3.4:", "5: expected a port after ':'"},
	{"src :", "5: expected a port after ':'"},
	{"sport :", "7: expected a port after ':'"},
	{"sport = :99999", "9: "},
	{"sport = 65536", "9: "},
	{"sport = 80,", "9: "},
	{"sport = 1-", "9: "},
	{"sport = 9-8", "9: "},
	{"sport = 0x16", "9: "},
	{"sport = -", "9: "},
	{"sport = ::22", "9: "},
	{"sport = 10.0.0.1:22", "9: "},
	{"src 10/8:99999", "5: "},
	{"sport < 80,443", "9: a comparison takes one port, not '80,443'"},
	{"sport >= 80-443", "10: a comparison takes one port, not '80-443'"},
	{"sport < *", "9: "},
	/* Columns count characters; what a terminal would obey is not shown. */
	{"src \303\251\303\251 dports", "8: unknown predicate 'dports': did you mean 'dport'?"},
	{"\177[2J",
		"1: unknown predicate '?[2J': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"\033[2J",
		"1: unknown predicate '?[2J': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"\302\233x\377",
		"1: unknown predicate '?x?': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
	{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"1: unknown predicate 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"...': expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, state or exclude"},
};

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(refused); i++) {
		struct skt_filter *filter = (struct skt_filter *)1;
		const char *text = refused[i].text, *message = refused[i].message;
		struct skt_err err = {0};
		char expected[sizeof(err.text)];
		bool whole = message[strlen(message) - 1] != ' ';

		assert_int_equal(
			skt_filter_parse(guard_copy(text, strlen(text) + 1), NULL, &filter, &err),
			-EINVAL);
		assert_ptr_equal(filter, (struct skt_filter *)1);
		(void)snprintf(expected, sizeof(expected), "filter, column %s", message);
		if (whole ? strcmp(err.text, expected) != 0
			  : strncmp(err.text, expected, strlen(expected)) != 0)
			fail_msg("%s: %s", text, err.text);
		assert_null(strchr(err.text, '\n'));
		/* The words of others name the text too. */
		if (!whole &&
			!strstr(err.text,
				strrchr(text, ':') ? strrchr(text, ':') + 1
						   : strrchr(text, ' ') + 1))
			fail_msg("%s: %s", text, err.text);
		/* Without a place for words it fails all the same. */
		assert_int_equal(skt_filter_parse(text, NULL, &filter, NULL), -EINVAL);
		guard_free_all();
	}
}

/* Cut anywhere, a filter is right or refused; the end of the page catches a look behind. */
static void every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(matches); i++) {
		for (size_t n = 0; n < strlen(matches[i].text); n++) {
			char *text = guard_copy(matches[i].text, n + 1);
			struct skt_filter *filter = NULL;
			struct skt_err err = {0};
			int rc;

			text[n] = '\0';
			rc = skt_filter_parse(text, NULL, &filter, &err);
			assert_true(rc == 0 || rc == -EINVAL);
			assert_int_equal(rc != 0, err.text[0] != '\0');
			skt_filter_free(filter);
			guard_free_all();
		}
	}
}

static void names_wait_for_the_resolver(void **state)
{
	struct skt_filter *filter = NULL;
	struct skt_dump_query query = {.states = SKT_STATES_ALL};
	struct skt_socket sockets[SOCKETS];
	struct skt_err err = {0};

	(void)state;
	make_sockets(sockets);
	assert_int_equal(skt_filter_parse("dport = ssh or src = nosuch", NULL, &filter, &err), 0);
	skt_filter_narrow(filter, &query);
	assert_int_equal(query.remote_port, 0);
	for (size_t i = 0; i < SOCKETS; i++)
		assert_false(skt_filter_match(filter, &sockets[i]));
	assert_int_equal(skt_filter_resolve(filter, &resolver, &err), -ENOENT);
	assert_string_equal(err.text, "filter, column 22: unknown host 'nosuch'");
	skt_filter_free(filter);
	assert_int_equal(
		skt_filter_parse("sport = 22 dport = http,nosuch", NULL, &filter, &err), 0);
	assert_int_equal(skt_filter_resolve(filter, &resolver, &err), -ENOENT);
	assert_string_equal(err.text, "filter, column 20: unknown service 'nosuch'");
	skt_filter_free(filter);
}

/* COUNT times WORD, then TAIL. Freed by the caller. */
static char *repeated(const char *word, size_t count, const char *tail)
{
	struct skt_str str = {0};

	while (count--)
		skt_str_add_text(&str, word);
	skt_str_add(&str, tail, strlen(tail) + 1);
	assert_false(str.failed);
	return str.data;
}

static int parse_repeated(const char *word, size_t count, const char *tail, struct skt_err *err)
{
	struct skt_filter *filter = NULL;
	char *text = repeated(word, count, tail);
	struct skt_socket socket = {0};
	int rc = skt_filter_parse(text, NULL, &filter, err);

	if (!rc) {
		struct skt_dump_query query = {.states = SKT_STATES_ALL};

		(void)skt_filter_match(filter, &socket);
		skt_filter_narrow(filter, &query);
	}
	skt_filter_free(filter);
	free(text);
	return rc;
}

static void bounds_hold(void **state)
{
	struct skt_err err = {0};

	(void)state;
	assert_int_equal(parse_repeated("(", 1 << 20, "", &err), -EINVAL);
	assert_string_equal(err.text, "filter: longer than 65536 bytes");
	assert_int_equal(parse_repeated("(", 65536, "", &err), -EINVAL);
	assert_string_equal(err.text, "filter, column 65: parentheses nest deeper than 64");
	assert_int_equal(parse_repeated("not(", 16384, "", &err), -EINVAL);
	assert_string_equal(err.text, "filter, column 260: parentheses nest deeper than 64");
	assert_int_equal(parse_repeated("!", 65536, "", &err), -EINVAL);
	assert_int_equal(parse_repeated("!", 65528, "sport 22", &err), 0);
	assert_int_equal(parse_repeated("(sport 22)", 6553, "", &err), 0);
	assert_int_equal(parse_repeated("port 1,3 ", 7281, "", &err), 0);
	assert_int_equal(parse_repeated("sport 1 or ", 5957, "sport 2", &err), 0);
	assert_int_equal(parse_repeated("sport 1 dport 1 or ", 3448, "sport 2", &err), 0);
	assert_int_equal(parse_repeated("(", 64, "sport 22", &err), -EINVAL);
	assert_non_null(strstr(err.text, "expected ')' for the '(' at column 64"));
	/* A group that was closed does not count. */
	assert_int_equal(parse_repeated("((((((((sport 22))))))))", 100, "", &err), 0);
}

static const struct {
	const char *text;
	uint32_t states; /* of those that were asked for */
	uint16_t local_port, remote_port;
} narrowed[] = {
	{"sport = 22", SKT_STATES_ALL, 22, 0},
	{"sport = ssh", SKT_STATES_ALL, 22, 0},
	{"src 10/8:22", SKT_STATES_ALL, 22, 0},
	{"dst :22", SKT_STATES_ALL, 0, 22},
	{"dport = 22-22", SKT_STATES_ALL, 0, 22},
	{"sport <= 1", SKT_STATES_ALL, 1, 0},
	{"sport = 22 dport = 80", SKT_STATES_ALL, 22, 80},
	{"not sport != 22", SKT_STATES_ALL, 22, 0},
	{"not ( sport != 22 or dport != 80 )", SKT_STATES_ALL, 22, 80},
	{"sport = 22 or sport = 22 dport = 80", SKT_STATES_ALL, 22, 0},
	{"sport = 22 or sport = 80", SKT_STATES_ALL, 0, 0},
	{"sport = 22 or dport = 22", SKT_STATES_ALL, 0, 0},
	{"port = 22", SKT_STATES_ALL, 0, 0},
	{"not sport = 22", SKT_STATES_ALL, 0, 0},
	{"sport != 22", SKT_STATES_ALL, 0, 0},
	{"src != 10/8:22", SKT_STATES_ALL, 0, 0},
	{"sport = 22,80", SKT_STATES_ALL, 0, 0},
	{"sport = 0", SKT_STATES_ALL, 0, 0},
	{"dport = 0 sport = 22", SKT_STATES_ALL, 22, 0},
	{"sport = 22 sport = 80", 0, 0, 0},
	{"sport = 22 sport = 80 or dport = 7", SKT_STATES_ALL, 0, 7},
	{"dport = 7 or sport = 22 sport = 80", SKT_STATES_ALL, 0, 7},
	{"sport = 22 sport = 22", SKT_STATES_ALL, 22, 0},
	{"state listening", SKT_STATE_BIT(SKT_STATE_LISTEN), 0, 0},
	{"not state listening", SKT_STATES_ALL & ~SKT_STATE_BIT(SKT_STATE_LISTEN), 0, 0},
	{"state listening or state time-wait",
		SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_TIME_WAIT), 0, 0},
	{"state listening and state time-wait", 0, 0, 0},
	{"state listening sport = 22", SKT_STATE_BIT(SKT_STATE_LISTEN), 22, 0},
	{"state listening or sport = 22", SKT_STATES_ALL, 0, 0},
	{"not ( state listening or sport != 22 )",
		SKT_STATES_ALL & ~SKT_STATE_BIT(SKT_STATE_LISTEN), 22, 0},
	{"( state listening sport 22 ) or ( state time-wait sport 22 )",
		SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_TIME_WAIT), 22, 0},
};

static void narrowing(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(narrowed); i++) {
		struct skt_filter *filter = filter_of(narrowed[i].text);
		struct skt_dump_query query = {.states = SKT_STATES_ALL, .ipv4 = true};

		skt_filter_narrow(filter, &query);
		if (query.states != narrowed[i].states ||
			query.local_port != narrowed[i].local_port ||
			query.remote_port != narrowed[i].remote_port)
			fail_msg("%s: states %x, ports %u and %u", narrowed[i].text, query.states,
				query.local_port, query.remote_port);
		assert_true(query.ipv4);
		assert_false(query.ipv6);
		skt_filter_free(filter);
	}
}

/* What the caller asked for already stays; what contradicts it leaves nothing. */
static void narrowing_adds(void **state)
{
	struct skt_filter *filter = filter_of("sport = 22 exclude listening");
	struct skt_dump_query query = {
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_CLOSING),
		.remote_port = 9};

	(void)state;
	skt_filter_narrow(filter, &query);
	assert_int_equal(query.states, SKT_STATE_BIT(SKT_STATE_CLOSING));
	assert_int_equal(query.local_port, 22);
	assert_int_equal(query.remote_port, 9);
	query.local_port = 23;
	skt_filter_narrow(filter, &query);
	assert_int_equal(query.states, 0);
	skt_filter_free(filter);
}

/*
 * Random filters: each is written out and, beside that, evaluated by a few lines that share
 * nothing with the library. Small pools of values, so that matches are frequent.
 */
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
	"::ffff:10.1.2.3", "2001:db8::1", "255.255.255.255"};
enum { PORT_POOL = SKT_COUNT(port_pool), ADDR_POOL = SKT_COUNT(addr_pool) };

static const char *some_state(struct random *random, enum skt_state *ret)
{
	static const struct {
		const char *name;
		enum skt_state state;
	} states[] = {{"listening", SKT_STATE_LISTEN}, {"time-wait", SKT_STATE_TIME_WAIT},
		{"syn-sent", SKT_STATE_SYN_SENT}, {"close-wait", SKT_STATE_CLOSE_WAIT}};
	uint32_t i = pick(random, SKT_COUNT(states));

	*ret = states[i].state;
	return states[i].name;
}

static bool compare(uint32_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case 0:
		return a == b;
	case 1:
		return a != b;
	case 2:
		return a && a < b;
	case 3:
		return a && a <= b;
	case 4:
		return a && a > b;
	}
	return a && a >= b;
}

/* Writes a port predicate; returns whether it holds for SOCKET. */
static bool random_port(
	struct random *random, struct skt_str *text, const struct skt_socket *socket)
{
	static const char *const ops[6][2] = {
		{"=", "eq"}, {"!=", "ne"}, {"<", "lt"}, {"<=", "le"}, {">", "gt"}, {">=", "ge"}};
	uint32_t op = pick(random, 6), end = pick(random, 3);
	uint32_t a = port_pool[pick(random, PORT_POOL)], b = port_pool[pick(random, PORT_POOL)];
	uint32_t local = socket->local.port, remote = socket->remote.port;
	bool is_local, is_remote;

	skt_str_add_format(text, "%s %s %s%u",
		end == 0           ? "sport"
			: end == 1 ? "dport"
				   : "port",
		ops[op][pick(random, 2)], pick(random, 2) ? ":" : "", a);
	if (op < 2 && pick(random, 3) == 0) {
		skt_str_add_format(text, ",%u", b);
	} else {
		b = a;
	}
	if (op == 1) {
		is_local = local != a && local != b;
		is_remote = remote != a && remote != b;
		return end == 0 ? is_local : end == 1 ? is_remote : is_local && is_remote;
	}
	is_local = compare(op, local, a) || compare(op, local, b);
	is_remote = compare(op, remote, a) || compare(op, remote, b);
	return end == 0 ? is_local : end == 1 ? is_remote : is_local || is_remote;
}

static bool same_prefix(const struct skt_addr *a, const struct skt_addr *b, unsigned int length)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = b->bytes;

	if (a->family == AF_INET && b->family == AF_INET6 && memcmp(bytes, mapped, 12) == 0)
		bytes += 12;
	else if (a->family != b->family)
		return false;
	for (unsigned int bit = 0; bit < length; bit++)
		if ((a->bytes[bit / 8] ^ bytes[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static bool random_host(
	struct random *random, struct skt_str *text, const struct skt_socket *socket)
{
	bool local = pick(random, 2), negated = pick(random, 3) == 0,
	     with_port = pick(random, 3) == 0;
	const struct skt_end *end = local ? &socket->local : &socket->remote;
	const char *name = addr_pool[pick(random, ADDR_POOL)];
	struct skt_addr addr = end_of(name, 0).addr;
	bool v6 = addr.family == AF_INET6, holds;
	unsigned int length = pick(random, v6 ? 129 : 33);
	uint16_t port = port_pool[pick(random, PORT_POOL)];

	skt_str_add_format(text, "%s%s %s%s%s/%u", local ? "src" : "dst", negated ? " !=" : "",
		v6 ? "[" : "", name, v6 ? "]" : "", length);
	holds = same_prefix(&addr, &end->addr, length);
	if (with_port) {
		skt_str_add_format(text, ":%u", port);
		holds = holds && end->port == port;
	}
	return holds != negated;
}

static bool random_leaf(
	struct random *random, struct skt_str *text, const struct skt_socket *socket)
{
	enum skt_state state;
	const char *name;
	bool excludes;

	switch (pick(random, 4)) {
	case 0:
		excludes = pick(random, 2);
		name = some_state(random, &state);
		/* In parentheses: neighbours would make one set. */
		skt_str_add_format(text, "(%s %s)", excludes ? "exclude" : "state", name);
		return (socket->state == state) != excludes;
	case 1:
		return random_host(random, text, socket);
	}
	return random_port(random, text, socket);
}

static bool random_filter(struct random *random, struct skt_str *text,
	const struct skt_socket *socket, unsigned int depth)
{
	static const char *const ands[] = {" and ", " & ", "&&", " "};
	static const char *const ors[] = {" or ", "|", " || "};
	uint32_t what = depth ? pick(random, 5) : 0;
	bool a, b;

	if (what == 0)
		return random_leaf(random, text, socket);
	skt_str_add_text(text, what == 1 ? (pick(random, 2) ? "not (" : "!(") : "(");
	a = random_filter(random, text, socket, depth - 1);
	if (what == 1) {
		skt_str_add_text(text, ")");
		return !a;
	}
	skt_str_add_text(text, what < 4 ? ands[pick(random, 4)] : ors[pick(random, 3)]);
	b = random_filter(random, text, socket, depth - 1);
	skt_str_add_text(text, ")");
	return what < 4 ? a && b : a || b;
}

static struct skt_socket random_socket(struct random *random)
{
	bool remote = pick(random, 4) != 0;
	enum skt_state state;

	(void)some_state(random, &state);
	return socket_of(state, addr_pool[pick(random, ADDR_POOL)],
		port_pool[pick(random, PORT_POOL)],
		remote ? addr_pool[pick(random, ADDR_POOL)] : NULL,
		remote ? port_pool[pick(random, PORT_POOL)] : 0);
}

static bool passes(const struct skt_dump_query *query, const struct skt_socket *socket)
{
	return (query->states >> socket->state & 1) &&
		(!query->local_port || query->local_port == socket->local.port) &&
		(!query->remote_port || query->remote_port == socket->remote.port);
}

static void random_filters(void **state)
{
	enum { FILTERS = 3000, OTHERS = 20 };
	struct random random = {.state = 20261122};
	size_t found = 0, narrow = 0;

	(void)state;
	for (size_t i = 0; i < FILTERS; i++) {
		struct skt_dump_query query = {.states = SKT_STATES_ALL};
		struct skt_socket socket = random_socket(&random);
		struct skt_str text = {0};
		bool expected = random_filter(&random, &text, &socket, pick(&random, 6));
		struct skt_filter *filter;

		skt_str_add_char(&text, '\0');
		filter = filter_of(text.data);
		if (skt_filter_match(filter, &socket) != expected)
			fail_msg("%s: not %d", text.data, expected);
		skt_filter_narrow(filter, &query);
		narrow += query.states != SKT_STATES_ALL || query.local_port || query.remote_port;
		for (size_t k = 0; k < OTHERS; k++, socket = random_socket(&random)) {
			if (!skt_filter_match(filter, &socket))
				continue;
			found++;
			if (!passes(&query, &socket))
				fail_msg("%s: narrowed too far", text.data);
		}
		skt_filter_free(filter);
		skt_str_fini(&text);
		guard_free_all();
	}
	/* Otherwise the above has shown nothing. */
	assert_in_range(found, FILTERS * OTHERS / 5, FILTERS * OTHERS * 4 / 5);
	assert_in_range(narrow, FILTERS / 8, FILTERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(what_matches),
		unit_test(blanks_match_everything),
		unit_test(what_is_refused),
		unit_test(every_prefix),
		unit_test(names_wait_for_the_resolver),
		unit_test(bounds_hold),
		unit_test(narrowing),
		unit_test(narrowing_adds),
		unit_test(random_filters),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
