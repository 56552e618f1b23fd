#include "base/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "unit.h"

static struct skt_services *parse(const char *text)
{
	struct skt_services *services = NULL;

	assert_int_equal(skt_services_parse(guard_text(text), strlen(text), &services), 0);
	assert_non_null(services);
	return services;
}

/* A service that must exist: by port and protocol. */
static const struct skt_service *entry(
	const struct skt_services *services, uint16_t port, uint8_t protocol)
{
	const struct skt_service *service;

	for (size_t i = 0; (service = skt_services_at(services, i)); i++)
		if (service->port == port && service->protocols & protocol)
			return service;
	fail_msg("no service at port %u", port);
	return NULL;
}

static size_t ports(const struct skt_services *services, const char *name, uint8_t protocols,
	struct skt_portset *set)
{
	return skt_services_ports(services, guard_text(name), strlen(name), protocols, set);
}

static void assert_ports(const struct skt_services *services, const char *name, uint8_t protocols,
	const uint16_t *expected, size_t count)
{
	struct skt_portset set = {0}, want = {0};

	for (size_t i = 0; i < count; i++)
		skt_portset_add(&want, expected[i]);
	assert_int_equal(ports(services, name, protocols, &set), count);
	assert_memory_equal(&set, &want, sizeof(set));
}

#define assert_port(services, name, protocols, port) \
	assert_ports(services, name, protocols, (const uint16_t[]){port}, 1)
#define assert_no_port(services, name, protocols) assert_ports(services, name, protocols, NULL, 0)

static void assert_named(
	const struct skt_services *services, uint16_t port, uint8_t protocol, const char *name)
{
	const char *found = skt_services_name(services, port, protocol);

	if (!found || !name)
		assert_ptr_equal(found, name);
	else
		assert_string_equal(found, name);
}

/* What must hold of any registry: order, consistency of the three ways to ask, sane texts. */
static void assert_sound(const struct skt_services *services)
{
	const struct skt_service *service;
	uint8_t taken = 0;
	uint16_t last = 0;

	for (size_t i = 0; (service = skt_services_at(services, i)); i++) {
		assert_true(service->port >= last && service->port);
		if (service->port != last)
			taken = 0;
		assert_true(service->protocols && service->protocols <= SKT_SERVICE_ANY);
		assert_int_equal(service->protocols & taken, 0);
		taken |= service->protocols;
		last = service->port;
		assert_true(*service->name);
		for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
			if (service->protocols & bit)
				assert_ptr_equal(skt_services_name(services, service->port, bit),
					service->name);
		assert_null(strstr(service->aliases, "  "));
		assert_true(service->aliases[0] != ' ');
		assert_non_null(service->description);
	}
}

static void test_famous_ports_without_a_file(void **state)
{
	static const struct {
		uint16_t port;
		const char *name;
	} famous[] = {
		{20, "ftp-data"},
		{21, "ftp"},
		{22, "ssh"},
		{23, "telnet"},
		{24, NULL},
		{25, "smtp"},
		{53, "domain"},
		{80, "http"},
		{110, "pop3"},
		{111, "sunrpc"},
		{143, "imap"},
		{389, "ldap"},
		{443, "https"},
		{465, "submissions"},
		{587, "submission"},
		{631, "ipp"},
		{993, "imaps"},
		{3306, "mysql"},
		{5432, "postgresql"},
		{6000, "x11"},
		{6063, "x11"},
		{6379, "redis"},
		{6667, "ircu"},
		{8080, "http-alt"},
		{49150, "inspider"},
	};
	struct skt_services *services = parse("");

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(famous); i++) {
		assert_named(services, famous[i].port, SKT_SERVICE_TCP, famous[i].name);
		if (famous[i].name) {
			struct skt_portset set = {0};

			assert_true(ports(services, famous[i].name, SKT_SERVICE_TCP, &set));
			assert_true(skt_portset_has(&set, famous[i].port));
		}
	}
	assert_named(services, 53, SKT_SERVICE_UDP, "domain");
	assert_named(services, 67, SKT_SERVICE_UDP, "bootps");
	assert_named(services, 123, SKT_SERVICE_UDP, "ntp");
	assert_named(services, 5353, SKT_SERVICE_UDP, "mdns");
	assert_named(services, 514, SKT_SERVICE_UDP, "syslog");
	assert_named(services, 514, SKT_SERVICE_TCP, "shell");
	assert_named(services, 9, SKT_SERVICE_DCCP, "discard");
	assert_named(services, 80, SKT_SERVICE_SCTP, "http");
	assert_named(services, 80, SKT_SERVICE_DCCP, NULL);
	assert_named(services, 6379, SKT_SERVICE_UDP, NULL);
	skt_services_free(services);
}

static void test_aliases_without_a_file(void **state)
{
	struct skt_services *services = parse("");

	(void)state;
	assert_port(services, "www", SKT_SERVICE_TCP, 80);
	assert_port(services, "www-http", SKT_SERVICE_TCP, 80);
	assert_port(services, "HTTP", SKT_SERVICE_ANY, 80);
	assert_port(services, "imap2", SKT_SERVICE_TCP, 143);
	assert_port(services, "mail", SKT_SERVICE_TCP, 25);
	assert_port(services, "urd", SKT_SERVICE_TCP, 465);
	assert_port(services, "smtps", SKT_SERVICE_TCP, 465);
	assert_no_port(services, "www-", SKT_SERVICE_ANY);
	assert_no_port(services, "ww", SKT_SERVICE_ANY);
	assert_no_port(services, "www www-http", SKT_SERVICE_ANY);
	assert_no_port(services, "", SKT_SERVICE_ANY);
	assert_no_port(services, " ", SKT_SERVICE_ANY);
	assert_no_port(services, "ssh", 0);
	assert_no_port(services, "syslog", SKT_SERVICE_TCP);
	assert_ports(services, "http-alt", SKT_SERVICE_TCP, (const uint16_t[]){591, 8008, 8080}, 3);
	assert_int_equal(skt_services_ports(services, guard_copy("ssh\0", 4), 4, SKT_SERVICE_ANY,
				 &(struct skt_portset){0}),
		0);
	skt_services_free(services);
}

static void test_table_is_sound(void **state)
{
	struct skt_services *services = parse("");
	size_t count = 0;

	(void)state;
	assert_sound(services);
	while (skt_services_at(services, count))
		count++;
	assert_in_range(count, 6000, 20000);
	assert_null(skt_services_at(services, count + 1));
	assert_null(skt_services_at(services, SIZE_MAX));
	assert_string_equal(entry(services, 22, SKT_SERVICE_TCP)->description,
		"The Secure Shell (SSH) Protocol");
	assert_string_equal(
		entry(services, 49150, SKT_SERVICE_TCP)->description, "InSpider System");
	assert_string_equal(entry(services, 80, SKT_SERVICE_TCP)->aliases, "www www-http");
	assert_named(services, 0, SKT_SERVICE_TCP, NULL);
	assert_named(services, 65535, SKT_SERVICE_TCP, NULL);
	assert_named(services, 65535, SKT_SERVICE_ANY, NULL);
	assert_named(services, 22, 0, NULL);
	skt_services_free(services);
}

/* The fast lookup against the plain one, for every port and protocol. */
static void test_every_port(void **state)
{
	struct skt_services *services = parse("a 1/tcp\nlast 65535/udp\nb 63/sctp\nc 64/dccp\n");
	const struct skt_service *service;
	size_t i = 0;

	(void)state;
	for (uint32_t port = 0; port < 65536; port++) {
		const char *names[SKT_SERVICE_DCCP + 1] = {0};

		for (; (service = skt_services_at(services, i)) && service->port == port; i++)
			for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
				if (service->protocols & bit)
					names[bit] = service->name;
		for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
			assert_ptr_equal(
				skt_services_name(services, (uint16_t)port, bit), names[bit]);
	}
	assert_null(skt_services_at(services, i));
	assert_named(services, 65535, SKT_SERVICE_UDP, "last");
	skt_services_free(services);
}

static void test_file_wins(void **state)
{
	struct skt_services *services = parse("# comment\n"
					      "imap2\t\t143/tcp\t\timap\t# Interim Mail Access\n"
					      "ssh 22/tcp\n"
					      "ssh 2222/tcp\n"
					      "fsp 21/udp fspd\n"
					      "bbs 7000/tcp\n"
					      "mine 5/tcp me myself # and I # too\n"
					      "mine 5/udp MYSELF i\n"
					      "own 60000/udp");
	const struct skt_service *service;

	(void)state;
	assert_sound(services);
	assert_named(services, 143, SKT_SERVICE_TCP, "imap2");
	assert_named(services, 143, SKT_SERVICE_UDP, NULL);
	assert_string_equal(
		entry(services, 143, SKT_SERVICE_TCP)->description, "Interim Mail Access");
	assert_string_equal(entry(services, 143, SKT_SERVICE_TCP)->aliases, "imap");
	assert_port(services, "imap", SKT_SERVICE_TCP, 143);

	/* One name: the protocols come together, and the table's description fills the gap. */
	service = entry(services, 22, SKT_SERVICE_TCP);
	assert_int_equal(service->protocols, SKT_SERVICE_TCP | SKT_SERVICE_UDP | SKT_SERVICE_SCTP);
	assert_string_equal(service->description, "The Secure Shell (SSH) Protocol");
	assert_ports(services, "ssh", SKT_SERVICE_TCP, (const uint16_t[]){22, 2222}, 2);
	assert_port(services, "ssh", SKT_SERVICE_UDP, 22);

	assert_named(services, 21, SKT_SERVICE_UDP, "fsp");
	assert_named(services, 21, SKT_SERVICE_TCP, "ftp");
	assert_named(services, 21, SKT_SERVICE_SCTP, "ftp");
	assert_string_equal(entry(services, 21, SKT_SERVICE_UDP)->aliases, "fspd ftp");

	/* What the table calls the port is still a name for it, but no description. */
	assert_named(services, 7000, SKT_SERVICE_TCP, "bbs");
	assert_named(services, 7000, SKT_SERVICE_UDP, "afs3-fileserver");
	assert_string_equal(entry(services, 7000, SKT_SERVICE_TCP)->description, "");
	assert_true(skt_service_is_named(
		entry(services, 7000, SKT_SERVICE_TCP), "AFS3-fileserver", 15));
	assert_port(services, "afs3-fileserver", SKT_SERVICE_TCP, 7000);

	service = entry(services, 5, SKT_SERVICE_UDP);
	assert_string_equal(service->name, "mine");
	assert_string_equal(service->aliases, "me myself i rje");
	assert_string_equal(service->description, "and I # too");
	assert_int_equal(service->protocols, SKT_SERVICE_TCP | SKT_SERVICE_UDP);

	assert_named(services, 60000, SKT_SERVICE_UDP, "own");
	assert_named(services, 60000, SKT_SERVICE_TCP, NULL);
	assert_no_port(services, "own", SKT_SERVICE_TCP);
	skt_services_free(services);
}

static void test_first_line_wins(void **state)
{
	struct skt_services *services =
		parse("z 60001/tcp\na 60001/tcp\nb 60001/udp\nz 60001/udp\nq 60000/tcp\n");

	(void)state;
	assert_sound(services);
	assert_named(services, 60001, SKT_SERVICE_TCP, "z");
	assert_named(services, 60001, SKT_SERVICE_UDP, "b");
	assert_port(services, "a", SKT_SERVICE_TCP, 60001);
	assert_port(services, "z", SKT_SERVICE_UDP, 60001);
	skt_services_free(services);
}

static void test_bad_lines_are_skipped(void **state)
{
	static const char *const bad[] = {"bad", "bad 60000", "bad 60000/", "bad /tcp", "bad 0/tcp",
		"bad 65536/tcp", "bad 4294967297/tcp", "bad 99999999999999999999999/tcp",
		"bad -1/tcp", "bad +60000/tcp", "bad 0xea60/tcp", "bad 60000/ddp", "bad 60000/tcpx",
		"bad 60000/tc", "bad 60000tcp", "bad 60000 /tcp", "bad 60000/ tcp", "bad 60000,tcp",
		"bad 60000/tcp/udp", "60000/tcp bad", "bad #60000/tcp", "#bad 60000/tcp",
		"ba\x01z 60000/tcp", "b\xc3\xa4z 60000/tcp", "\x1b[31m 60000/tcp", " ", "\t\r", "#",
		"a#b 60000/tcp"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct skt_services *services;

		(void)snprintf(text, sizeof(text), "good 60002/tcp\n%s\nfine 60003/udp", bad[i]);
		services = parse(text);
		assert_sound(services);
		for (uint8_t bit = 1; bit < SKT_SERVICE_ANY; bit = (uint8_t)(bit << 1))
			assert_named(services, 60000, bit, NULL);
		assert_named(services, 60002, SKT_SERVICE_TCP, "good");
		assert_named(services, 60003, SKT_SERVICE_UDP, "fine");
		skt_services_free(services);
	}
}

static void test_long_names(void **state)
{
	char text[100], longest[64];
	struct skt_services *services;

	(void)state;
	memset(longest, 'n', 63);
	longest[63] = '\0';
	(void)snprintf(text, sizeof(text), "%s 60000/tcp\n", longest);
	services = parse(text);
	assert_named(services, 60000, SKT_SERVICE_TCP, longest);
	skt_services_free(services);
	(void)snprintf(text, sizeof(text), "n%s 60000/tcp\n", longest);
	services = parse(text);
	assert_named(services, 60000, SKT_SERVICE_TCP, NULL);
	skt_services_free(services);
}

static void test_odd_but_good_lines(void **state)
{
	struct skt_services *services = parse("\n\n  indented 60000/tcp\r\n"
					      "zeros 060001/tcp\n"
					      "upper 60002/TCP\n"
					      "tight 60003/tcp#note\n"
					      "odd 60004/tcp b\x01"
					      "d ok \xff fine odd ok\n"
					      "say 60005/udp \t# \x1b[31mred \t \n"
					      "none 60006/dccp #  ");

	(void)state;
	assert_sound(services);
	assert_named(services, 60000, SKT_SERVICE_TCP, "indented");
	assert_named(services, 60001, SKT_SERVICE_TCP, "zeros");
	assert_named(services, 60002, SKT_SERVICE_TCP, "upper");
	assert_string_equal(entry(services, 60003, SKT_SERVICE_TCP)->description, "note");
	assert_port(services, "fine", SKT_SERVICE_TCP, 60004);
	assert_port(services, "ok", SKT_SERVICE_TCP, 60004);
	assert_no_port(services,
		"b\x01"
		"d",
		SKT_SERVICE_TCP);
	assert_string_equal(entry(services, 60005, SKT_SERVICE_UDP)->description, "\x1b[31mred");
	assert_string_equal(entry(services, 60006, SKT_SERVICE_DCCP)->description, "");
	skt_services_free(services);
}

static void test_nul_in_a_line(void **state)
{
	static const char text[] =
		"a\0b 60000/tcp\nc 60001/tcp d\0e\nf 60002/tcp # g\0h\ni 60003/tcp";
	struct skt_services *services;

	(void)state;
	assert_int_equal(
		skt_services_parse(guard_copy(text, sizeof(text) - 1), sizeof(text) - 1, &services),
		0);
	assert_named(services, 60000, SKT_SERVICE_TCP, NULL);
	assert_named(services, 60001, SKT_SERVICE_TCP, NULL);
	assert_named(services, 60002, SKT_SERVICE_TCP, NULL);
	assert_named(services, 60003, SKT_SERVICE_TCP, "i");
	skt_services_free(services);
}

static void test_many_aliases(void **state)
{
	char *text = malloc(1 << 20);
	size_t used = (size_t)sprintf(text, "much 60000/tcp");
	struct skt_services *services;

	(void)state;
	for (int i = 0; i < 50000; i++)
		used += (size_t)sprintf(text + used, " alias%d", i);
	assert_int_equal(skt_services_parse(text, used, &services), 0);
	assert_port(services, "alias0", SKT_SERVICE_TCP, 60000);
	assert_port(services, "alias31", SKT_SERVICE_TCP, 60000);
	assert_no_port(services, "alias49999", SKT_SERVICE_TCP);
	assert_true(strlen(entry(services, 60000, SKT_SERVICE_TCP)->aliases) < 2048);
	skt_services_free(services);
	free(text);
}

static char directory[64];

static const char *file_path(void)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/services", directory);
	return path;
}

static int setup_directory(void **state)
{
	(void)snprintf(directory, sizeof(directory), "/tmp/sockkit-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return unit_setup(state);
}

static int teardown_directory(void **state)
{
	(void)unlink(file_path());
	(void)rmdir(directory);
	return unit_teardown(state);
}

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(file_path(), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Opens PATH, where nothing is to be had from: the built-in table must answer. */
static void assert_built_in(const char *path)
{
	struct skt_services *services = NULL;

	assert_int_equal(skt_services_open(path, &services), 0);
	assert_sound(services);
	assert_named(services, 22, SKT_SERVICE_TCP, "ssh");
	assert_named(services, 143, SKT_SERVICE_TCP, "imap");
	assert_named(services, 60000, SKT_SERVICE_TCP, NULL);
	skt_services_free(services);
}

static void test_no_file(void **state)
{
	(void)state;
	assert_built_in(file_path());
	assert_built_in("");
	assert_built_in(directory);
	assert_built_in("/dev/zero");
	assert_built_in("/dev/null");
	assert_built_in("/dev/full");
	assert_int_equal(mkfifo(file_path(), 0600), 0);
	assert_built_in(file_path());
	assert_int_equal(unlink(file_path()), 0);
	assert_int_equal(symlink("services", file_path()), 0);
	assert_built_in(file_path());
	assert_int_equal(unlink(file_path()), 0);
	write_file("", 0);
	assert_built_in(file_path());
	/* Opens, but read(2) fails with EIO: no mapping at address 0. */
	assert_built_in("/proc/self/mem");
}

/* What is there and cannot be read is not what is not there. */
static void test_unread(void **state)
{
	static const struct {
		const char *path;
		int wanted;
	} cases[] = {
		{"/nonexistent/services", 0}, {"/dev/null", 0}, {"/dev/null/services", -ENOTDIR}};
	struct skt_services *services = NULL;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		assert_int_equal(skt_services_open(cases[i].path, &services), 0);
		assert_int_equal(skt_services_unread(services), cases[i].wanted);
		skt_services_free(services);
	}
	assert_int_equal(symlink("services", file_path()), 0);
	assert_int_equal(skt_services_open(file_path(), &services), 0);
	assert_int_equal(skt_services_unread(services), -ELOOP);
	skt_services_free(services);
	assert_int_equal(unlink(file_path()), 0);
}

static void test_file(void **state)
{
	static const char text[] = "mine 60000/tcp\nalso 60001/udp more # text";
	struct skt_services *services;

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(skt_services_open(file_path(), &services), 0);
	assert_named(services, 60000, SKT_SERVICE_TCP, "mine");
	assert_named(services, 60001, SKT_SERVICE_UDP, "also");
	assert_named(services, 22, SKT_SERVICE_TCP, "ssh");
	assert_string_equal(entry(services, 60001, SKT_SERVICE_UDP)->description, "text");
	skt_services_free(services);
}

/* Longer than what is read: whole lines count, the one that is cut does not. */
static void test_huge_file(void **state)
{
	enum { SIZE = 6 * 1024 * 1024, LINE = sizeof("123456 65536/tcp") };
	char *text = malloc(SIZE + 1);
	struct skt_services *services;
	const struct skt_service *service;

	(void)state;
	memset(text, ' ', SIZE);
	for (size_t i = 0; i < SIZE / LINE; i++) {
		(void)snprintf(text + i * LINE, LINE, "%-6zx %5zu/tcp", i % 65536, i % 65535 + 1);
		text[i * LINE + LINE - 1] = '\n';
	}
	write_file(text, SIZE);
	assert_int_equal(skt_services_open(file_path(), &services), 0);
	assert_sound(services);
	for (size_t i = 0; (service = skt_services_at(services, i)); i++)
		if (service->protocols & SKT_SERVICE_TCP)
			assert_int_equal(strtoul(service->name, NULL, 16) + 1, service->port);
	skt_services_free(services);
	free(text);
}

static void test_resolve(void **state)
{
	struct skt_services *services = parse("mine 60000/tcp");
	struct skt_port_list list = {0};
	struct skt_portset set = {0}, before;
	struct skt_err err = {.text = "untouched"};

	(void)state;
	skt_portset_add(&set, 7);
	assert_int_equal(
		skt_port_list_parse("22,8000-8002,https,Mine,ssh,65535", 33, &list, &err), 0);
	assert_int_equal(skt_services_resolve(services, &list, SKT_SERVICE_TCP, &set, &err), 0);
	assert_string_equal(err.text, "untouched");
	for (uint32_t port = 0; port < 65536; port++)
		assert_int_equal(skt_portset_has(&set, (uint16_t)port),
			port == 7 || port == 22 || (port >= 8000 && port <= 8002) || port == 443 ||
				port == 60000 || port == 65535);
	before = set;
	list.len = 0;
	assert_int_equal(skt_port_list_parse_any("80,0-65535,htpps", 16, &list, &err), 0);
	assert_int_equal(
		skt_services_resolve(services, &list, SKT_SERVICE_TCP, &set, &err), -EINVAL);
	assert_string_equal(err.text, "unknown service 'htpps': did you mean 'https'?");
	assert_int_equal(err.code, EINVAL);
	assert_memory_equal(&set, &before, sizeof(set));
	list.len = 2;
	assert_int_equal(skt_services_resolve(services, &list, 0, &set, &err), 0);
	assert_true(skt_portset_has(&set, 0) && skt_portset_has(&set, 65535));
	skt_vec_free(&list);
	skt_services_free(services);
}

static void assert_unresolved(const char *text, uint8_t protocols, const char *message)
{
	struct skt_services *services = parse("mine 60000/tcp");
	struct skt_port_list list = {0};
	struct skt_portset set = {0};
	struct skt_err err = {0};

	assert_int_equal(skt_port_list_parse(guard_text(text), strlen(text), &list, &err), 0);
	assert_int_equal(skt_services_resolve(services, &list, protocols, &set, NULL), -EINVAL);
	assert_int_equal(skt_services_resolve(services, &list, protocols, &set, &err), -EINVAL);
	assert_string_equal(err.text, message);
	skt_vec_free(&list);
	skt_services_free(services);
}

static void test_unresolved(void **state)
{
	char text[301], message[512];

	(void)state;
	assert_unresolved("htpp", SKT_SERVICE_TCP, "unknown service 'htpp': did you mean 'http'?");
	assert_unresolved("xyzzyplugh", SKT_SERVICE_ANY, "unknown service 'xyzzyplugh'");
	assert_unresolved(
		"22,mine", SKT_SERVICE_UDP, "service 'mine' has no port for this protocol");
	memset(text, 'x', 300);
	text[300] = '\0';
	(void)snprintf(message, sizeof(message), "unknown service '%.100s'", text);
	assert_unresolved(text, SKT_SERVICE_ANY, message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_famous_ports_without_a_file),
		unit_test(test_aliases_without_a_file),
		unit_test(test_table_is_sound),
		unit_test(test_every_port),
		unit_test(test_file_wins),
		unit_test(test_first_line_wins),
		unit_test(test_bad_lines_are_skipped),
		unit_test(test_long_names),
		unit_test(test_odd_but_good_lines),
		unit_test(test_nul_in_a_line),
		unit_test(test_many_aliases),
		cmocka_unit_test_setup_teardown(test_no_file, setup_directory, teardown_directory),
		cmocka_unit_test_setup_teardown(test_unread, setup_directory, teardown_directory),
		cmocka_unit_test_setup_teardown(test_file, setup_directory, teardown_directory),
		cmocka_unit_test_setup_teardown(
			test_huge_file, setup_directory, teardown_directory),
		unit_test(test_resolve),
		unit_test(test_unresolved),
	};

	return cmocka_run_group_tests_name("base/service", tests, NULL, NULL);
}
