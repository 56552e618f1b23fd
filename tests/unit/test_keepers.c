/* Lines of mountinfo as what keeps network namespaces. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "proc/netns_keepers.h"

static void test_mounts(void **state)
{
	static const struct {
		const char *line, *point; /* NULL: no such mount */
		uint64_t inode;
	} cases[] = {
		{"98 42 0:4 net:[4026532281] /run/netns/red rw shared:9 - nsfs nsfs rw",
			"/run/netns/red", 4026532281},
		{"98 42 0:4 net:[4026532281] /run/a\\040b\\134c rw - nsfs nsfs rw", "/run/a b\\c",
			4026532281},
		{"98 42 0:4 net:[1] /x rw - nsfs nsfs rw", "/x", 1},
		{"98 42 0:4 mnt:[4026532281] /x rw - nsfs nsfs rw", NULL, 0},
		{"98 42 0:4 net:[] /x rw - nsfs nsfs rw", NULL, 0},
		{"98 42 0:4 net:[99999999999999] /x rw - nsfs nsfs rw", NULL, 0},
		{"98 42 0:4 net:[4026532281 /x rw - nsfs nsfs rw", NULL, 0},
		{"98 42 0:4 net:[4026532281] /x rw - tmpfs nsfs rw", NULL, 0},
		{"98 42 0:4 / /x rw - ext4 /dev/sda rw", NULL, 0},
		{"98 - nsfs nsfs rw", NULL, 0},
		{" - nsfs ", NULL, 0},
		{"", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		char *line = guard_copy(cases[i].line, strlen(cases[i].line) + 1);
		uint64_t inode = 0;
		const char *point = skt_netns_mount_parse(line, &inode);

		assert_int_equal(!point, !cases[i].point);
		if (!point)
			continue;
		assert_string_equal(point, cases[i].point);
		assert_int_equal(inode, cases[i].inode);
	}
}

static void test_paths(void **state)
{
	static const char *const paths[] = {"/proc/1/fd/", "/proc/1/fd/x", "/proc/x/fd/1",
		"/proc/1/fd/1/", "/proc/99999999999/fd/1", "/tmp/1/fd/1", ""};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(paths); i++)
		assert_int_equal(skt_netns_of_socket("/proc", paths[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_mounts), unit_test(test_paths)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
