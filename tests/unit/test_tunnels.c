/* Ports of tunnels, by their link data; most kernels of test machines lack most of them. */
#include "unit.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/macros.h"
#include "diag/tunnels.h"

struct message {
	char bytes[512];
	size_t len;
};

/* Begins an attribute; its length is set by close_attr(). */
static size_t open_attr(struct message *message, unsigned int type)
{
	const struct nlattr attr = {.nla_type = (uint16_t)type};
	size_t at = message->len;

	memcpy(message->bytes + at, &attr, sizeof(attr));
	message->len += sizeof(attr);
	return at;
}

static void close_attr(struct message *message, size_t at)
{
	uint16_t len = (uint16_t)(message->len - at);

	memcpy(message->bytes + at, &len, sizeof(len));
	message->len = (message->len + 3) & ~(size_t)3;
}

static void put(struct message *message, unsigned int type, const void *value, size_t len)
{
	size_t at = open_attr(message, type);

	memcpy(message->bytes + message->len, value, len);
	message->len += len;
	close_attr(message, at);
}

static struct message link_of(const char *kind, unsigned int attribute, uint16_t port)
{
	struct message message = {.len = NLMSG_ALIGN(sizeof(struct ifinfomsg))};
	uint16_t wire = htons(port);
	uint32_t other = 4711;
	size_t info, data;

	put(&message, IFLA_MTU, &other, sizeof(other));
	put(&message, IFLA_IFNAME, "tunnel0", sizeof("tunnel0"));
	info = open_attr(&message, IFLA_LINKINFO | NLA_F_NESTED);
	put(&message, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	data = open_attr(&message, IFLA_INFO_DATA | NLA_F_NESTED);
	put(&message, 60, &other, sizeof(other));
	put(&message, attribute, &wire, sizeof(wire));
	close_attr(&message, data);
	close_attr(&message, info);
	return message;
}

static int parse(const struct message *message, struct skt_tunnel *ret)
{
	int rc = skt_tunnel_parse(guard_copy(message->bytes, message->len), message->len, ret);

	guard_free_all();
	return rc;
}

static void tunnels_with_a_port(void **state)
{
	static const struct {
		const char *kind;
		unsigned int attribute;
		int found;
	} cases[] = {
		{"vxlan", IFLA_VXLAN_PORT, 1},
		{"geneve", IFLA_GENEVE_PORT, 1},
		{"bareudp", IFLA_BAREUDP_PORT, 1},
		{"wireguard", 99, 1},
		{"wireguar", 99, 0},
		{"vxlan", IFLA_VXLAN_ID, 0},
		{"vxla", IFLA_VXLAN_PORT, 0},
		{"vxlan2", IFLA_VXLAN_PORT, 0},
		{"bridge", IFLA_GENEVE_PORT, 0},
		{"", IFLA_VXLAN_PORT, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct message message = link_of(cases[i].kind, cases[i].attribute, 4789);
		struct skt_tunnel tunnel;

		assert_int_equal(parse(&message, &tunnel), cases[i].found);
		if (cases[i].found) {
			assert_int_equal(tunnel.port, cases[i].attribute == 99 ? 0 : 4789);
			assert_string_equal(tunnel.name, "tunnel0");
		}
	}
}

/* Whatever is missing at the end, nothing behind it is read, and nothing is made up. */
static void links_cut_short(void **state)
{
	struct message message = link_of("vxlan", IFLA_VXLAN_PORT, 4789);
	const size_t whole = message.len;

	(void)state;
	for (message.len = 0; message.len < whole; message.len++) {
		struct skt_tunnel tunnel;
		int rc = parse(&message, &tunnel);

		/* All but the padding of the last one is needed. */
		if (message.len < whole - 2)
			assert_true(rc == 0 || rc == -EBADMSG);
	}
}

static void names_without_an_end(void **state)
{
	struct message message = {.len = NLMSG_ALIGN(sizeof(struct ifinfomsg))};
	struct message link = link_of("geneve", IFLA_GENEVE_PORT, 6081);
	const size_t head = message.len;
	struct skt_tunnel tunnel;
	char name[40];

	(void)state;
	memset(name, 'x', sizeof(name));
	put(&message, IFLA_IFNAME, name, sizeof(name));
	memcpy(message.bytes + message.len, link.bytes + head, link.len - head);
	message.len += link.len - head;
	assert_int_equal(parse(&message, &tunnel), 1);
	assert_int_equal(strlen(tunnel.name), IF_NAMESIZE - 1);
	assert_int_equal(tunnel.port, 6081);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(tunnels_with_a_port),
		unit_test(links_cut_short),
		unit_test(names_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
