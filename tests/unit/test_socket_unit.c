/* Which socket unit names a port: lines of unit files, and directories of them. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/ports/socket_unit.h"

static void test_lines(void **state)
{
	static const struct {
		const char *text;
		bool tcp, udp;
	} cases[] = {
		{"[Socket]\nListenStream=22\n", true, false},
		{"ListenStream=22", true, false},
		{"ListenStream = 22 \r\n", true, false},
		{"ListenStream=0.0.0.0:22\n", true, false},
		{"ListenStream=[::1]:22\n", true, false},
		{"ListenStream=\nListenStream=222\nListenStream=22", true, false},
		{"ListenDatagram=22\n", false, true},
		{"ListenStream=22\nListenDatagram=22", true, true},
		{"ListenStream=2222\n", false, false},
		{"ListenStream=/run/22\n", false, false},
		{"ListenStream=@22\n", false, false},
		{"#ListenStream=22\n", false, false},
		{"; ListenStream=22\n", false, false},
		{"XListenStream=22\nListenStreams=22", false, false},
		{"ListenStream", false, false},
		{"ListenStream=", false, false},
		{"ListenStream=22x", false, false},
		{"ListenStream=99999999999999999922", false, false},
		{"=22", false, false},
		{"", false, false},
		{"\n\n\n", false, false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const char *text = guard_text(cases[i].text);
		const size_t len = strlen(cases[i].text);

		if (skt_socket_unit_listens(text, len, SKT_PROTO_TCP, 22) != cases[i].tcp ||
			skt_socket_unit_listens(text, len, SKT_PROTO_UDP, 22) != cases[i].udp)
			fail_msg("'%s'", cases[i].text);
	}
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static void test_directories(void **state)
{
	static const char *const files[] = {"a.socket", "b.socket.d/port.conf", "c.service",
		"b.socket.d/note.txt", "masked.socket"};
	char root[] = "/tmp/sockkit-units.XXXXXX", paths[SKT_COUNT(files)][128], dir[64];
	char name[SKT_SOCKET_UNIT_MAX] = "unset";
	const char *dirs[] = {"/nonexistent", root, NULL};

	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(dir, sizeof(dir), "%s/b.socket.d", root);
	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < SKT_COUNT(files); i++)
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", root, files[i]);
	put(paths[0], "[Socket]\nListenStream=80\n");
	put(paths[1], "[Socket]\nListenStream=\nListenStream=2222\n");
	put(paths[2], "ListenStream=81\n");
	put(paths[3], "ListenStream=82\n");
	assert_int_equal(symlink("/dev/null", paths[4]), 0);
	assert_true(skt_socket_unit_find(dirs, SKT_PROTO_TCP, 80, &name));
	assert_string_equal(name, "a.socket");
	assert_true(skt_socket_unit_find(dirs, SKT_PROTO_TCP, 2222, &name));
	assert_string_equal(name, "b.socket");
	assert_false(skt_socket_unit_find(dirs, SKT_PROTO_UDP, 80, &name));
	assert_false(skt_socket_unit_find(dirs, SKT_PROTO_TCP, 81, &name));
	assert_false(skt_socket_unit_find(dirs, SKT_PROTO_TCP, 82, &name));
	assert_false(skt_socket_unit_find(dirs, SKT_PROTO_TCP, 83, &name));
	for (size_t i = 0; i < SKT_COUNT(files); i++)
		assert_int_equal(unlink(paths[i]), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_lines),
		unit_test(test_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
