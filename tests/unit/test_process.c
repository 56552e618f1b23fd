/* What processes are called: the pure readers of links, arguments and stat lines, then whole
 * directories. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "proc/context.h"
#include "proc/process.h"
#include "proc/threads.h"

static void links_of_sockets(void **state)
{
	static const struct {
		const char *link;
		uint64_t inode;
	} good[] = {
		{"socket:[1]", 1},
		{"socket:[0]", 0},
		{"socket:[007]", 7},
		{"socket:[4294967295]", UINT32_MAX},
		{"socket:[18446744073709551615]", UINT64_MAX},
	};
	static const char *const bad[] = {"", "s", "socket:", "socket:[", "socket:[]", "socket:[1",
		"socket:[1]x", "socket:[-1]", "socket:[+1]", "socket:[ 1]", "socket:[1 ]",
		"socket:[1a]", "socket:[18446744073709551616]", "socket:[99999999999999999999999]",
		"socket:1", "Socket:[1]", "pipe:[1]", "/socket:[1]", "anon_inode:[eventfd]"};
	uint64_t inode;
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(good); i++) {
		inode = 42;
		assert_true(skt_process_socket_link(
			guard_text(good[i].link), strlen(good[i].link), &inode));
		assert_true(inode == good[i].inode);
	}
	for (i = 0; i < SKT_COUNT(bad); i++) {
		inode = 42;
		if (skt_process_socket_link(guard_text(bad[i]), strlen(bad[i]), &inode))
			fail_msg("%s was taken for a socket", bad[i]);
		assert_int_equal(inode, 42);
	}
}

static void assert_text(struct skt_process_text got, const char *wanted)
{
	if (got.len != strlen(wanted) || (got.len && memcmp(got.text, wanted, got.len) != 0))
		fail_msg("got '%.*s', wanted '%s'", (int)got.len, got.text, wanted);
}

static void names_of_programs(void **state)
{
	static const struct {
		const char *link, *name;
	} cases[] = {
		{"/usr/sbin/nginx", "nginx"},
		{"/usr/sbin/nginx (deleted)", "nginx"},
		{"/opt/a (deleted)/b", "b"},
		{"/x (deleted) (deleted)", "x (deleted)"},
		{"/memfd:run (deleted)", "memfd:run"},
		{"/a/)\n\033[31m\xff", ")\n\033[31m\xff"},
		{"name", "name"},
		{"/dir/", ""},
		{"/", ""},
		{" (deleted)", ""},
		{"", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++)
		assert_text(skt_process_exe_name(guard_text(cases[i].link), strlen(cases[i].link)),
			cases[i].name);
}

static void programs_that_are_gone(void **state)
{
	static const struct {
		const char *link;
		bool deleted;
	} cases[] = {
		{"/usr/sbin/nginx", false},
		{"/usr/sbin/nginx (deleted)", true},
		{"/x (deleted)/y", false},
		{" (deleted)", true},
		{"(deleted)", false},
		{"/memfd:run (deleted)", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		assert_int_equal(
			skt_process_exe_deleted(guard_text(cases[i].link), strlen(cases[i].link)),
			cases[i].deleted);
}

static void names_of_first_arguments(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *name;
	} cases[] = {
		{"", 0, ""},
		{"\0", 1, ""},
		{"\0/bin/x", 7, ""},
		{"a", 1, "a"},
		{"/usr/bin/perl\0-w\0/etc/y\0", 25, "perl"},
		{"-bash\0", 6, "bash"},
		{"-", 1, "-"},
		{"/a/b/-sh\0", 9, "sh"},
		{"sshd: /usr/sbin/sshd -D [listener]\0", 35, "sshd"},
		{"nginx: master process /usr/sbin/nginx\0", 38, "nginx"},
		{"/srv/a:b/c\0", 11, "c"},
		{": x\0", 4, ""},
		{"/opt/my app/run\0", 16, "run"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++)
		assert_text(skt_process_argv_name(
				    guard_copy(cases[i].bytes, cases[i].len), cases[i].len),
			cases[i].name);
}

static void names_in_stat_lines(void **state)
{
	static const struct {
		const char *line, *name;
	} cases[] = {
		{"1 (init) S 0 1", "init"},
		{"7 (a) b) S 1", "a) b"},
		{"7 ()) S 1", ")"},
		{"7 ((x) S 1", "(x"},
		{"7 (two\nlines) R", "two\nlines"},
		{"7 () S", ""},
		{"7 ) S (", ""},
		{"7 (cut", ""},
		{"", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++)
		assert_text(skt_process_stat_name(guard_text(cases[i].line), strlen(cases[i].line)),
			cases[i].name);
}

static void joined_arguments(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *joined;
	} cases[] = {
		{"", 0, ""},
		{"\0\0\0", 3, ""},
		{"a\0b\0", 4, "a b"},
		{"a\0b", 3, "a b"},
		{"a\0\0b\0\0\0", 7, "a  b"},
		{"\0a\0", 3, " a"},
		{"\xff\033[2J\0\n", 7, "\xff\033[2J \n"},
		{"a b \0", 5, "a b "},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++) {
		char *bytes = guard_copy(cases[i].bytes, cases[i].len);
		size_t len = skt_process_join(bytes, cases[i].len);

		assert_text((struct skt_process_text){bytes, len}, cases[i].joined);
	}
}

/* Directories of processes, as a test wants them. */

static char root[64];

static void process_path(char *path, size_t size, unsigned int pid, const char *name)
{
	(void)snprintf(path, size, "%s/%u/%s", root, pid, name);
}

static void make_process(unsigned int pid)
{
	char path[128];

	process_path(path, sizeof(path), pid, "");
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(unsigned int pid, const char *name, const char *bytes, size_t len)
{
	char path[128];
	FILE *file;

	process_path(path, sizeof(path), pid, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void make_text(unsigned int pid, const char *name, const char *text)
{
	make_file(pid, name, text, strlen(text));
}

static void make_exe(unsigned int pid, const char *target)
{
	char path[128];

	process_path(path, sizeof(path), pid, "exe");
	assert_int_equal(symlink(target, path), 0);
}

static void make_process_directory(unsigned int pid, const char *name)
{
	char path[128];

	process_path(path, sizeof(path), pid, name);
	if (mkdir(path, 0700) < 0)
		assert_int_equal(errno, EEXIST);
}

static int make_root(void **state)
{
	(void)snprintf(root, sizeof(root), "/tmp/sockkit-process-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return unit_setup(state);
}

static int remove_root(void **state)
{
	static const char *const names[] = {"exe", "comm", "stat", "cmdline", "attr/current",
		"attr", "task/7/comm", "task/12/comm", "task/7", "task/8", "task/12", "task", ""};
	char path[128];
	unsigned int pid;
	size_t i;

	for (pid = 1; pid < 10; pid++)
		for (i = 0; i < SKT_COUNT(names); i++) {
			process_path(path, sizeof(path), pid, names[i]);
			(void)remove(path);
		}
	if (rmdir(root) < 0)
		return -1;
	return unit_teardown(state);
}

static void assert_process(unsigned int pid, const char *name, const char *comm)
{
	struct skt_arena arena = {0};
	struct skt_process process;

	assert_int_equal(skt_process_read(root, pid, &arena, &process), 0);
	assert_int_equal(process.pid, pid);
	assert_string_equal(process.name, name);
	if (comm)
		assert_string_equal(process.comm, comm);
	else
		assert_null(process.comm);
	assert_null(process.command);
	skt_arena_fini(&arena);
}

static void exe_before_arguments_before_comm(void **state)
{
	(void)state;
	make_process(1);
	make_text(1, "comm", "MainThread\n");
	assert_process(1, "MainThread", "MainThread");
	make_file(1, "cmdline", "/opt/bin/node\0server.js\0", 24);
	assert_process(1, "node", "MainThread");
	make_exe(1, "/usr/bin/node-20 (deleted)");
	assert_process(1, "node-20", "MainThread");
}

static void names_that_mean_harm(void **state)
{
	(void)state;
	make_process(1);
	make_text(1, "comm", "a) b\n(c\n");
	assert_process(1, "a) b\n(c", "a) b\n(c");
	make_process(2);
	make_text(2, "comm", "\n\n");
	make_text(2, "cmdline", "\033]0;x\a\xc3(");
	assert_process(2, "\033]0;x\a\xc3(", "\n");
	make_process(3);
	make_text(3, "stat", "3 (:-) ) S 1 3 3");
	assert_process(3, ":-) ", ":-) ");
}

static void processes_that_tell_nothing(void **state)
{
	struct skt_arena arena = {0};
	struct skt_process process;

	(void)state;
	make_process(1);
	assert_process(1, "?", NULL);
	assert_int_equal(skt_process_read(root, 1, &arena, &process), 0);
	assert_true(process.has_uid);
	assert_int_equal(process.uid, geteuid());
	/* One that is gone. */
	assert_process(9, "?", NULL);
	assert_int_equal(skt_process_read(root, 9, &arena, &process), 0);
	assert_false(process.has_uid);
	skt_arena_fini(&arena);
}

/* As SELinux, AppArmor and Smack write them: with a NUL, a newline, or nothing behind. */
static void contexts(void **state)
{
	static const char selinux[] = "system_u:system_r:httpd_t:s0";
	struct skt_arena arena = {0};

	(void)state;
	make_process(1);
	assert_null(skt_context_of_process(root, 1, &arena));
	make_process_directory(1, "attr");
	make_text(1, "attr/current", "");
	assert_null(skt_context_of_process(root, 1, &arena));
	make_text(1, "attr/current", "\n");
	assert_null(skt_context_of_process(root, 1, &arena));
	make_file(1, "attr/current", selinux, sizeof(selinux));
	assert_string_equal(skt_context_of_process(root, 1, &arena), selinux);
	make_text(1, "attr/current", "/usr/sbin/cupsd (enforce)\n");
	assert_string_equal(skt_context_of_process(root, 1, &arena), "/usr/sbin/cupsd (enforce)");
	make_text(1, "attr/current", "a\033[2J");
	assert_string_equal(skt_context_of_process(root, 1, &arena), "a\033[2J");
	assert_null(skt_context_of_process(root, 9, &arena));
	assert_null(skt_context_of_socket(root, 1, 3, &arena));
	skt_arena_fini(&arena);
}

static void threads(void **state)
{
	const struct skt_thread *found = NULL;
	struct skt_arena arena = {0};

	(void)state;
	make_process(1);
	assert_int_equal(skt_threads_read(root, 1, &arena, &found), 0);
	make_process_directory(1, "task");
	assert_int_equal(skt_threads_read(root, 1, &arena, &found), 0);
	make_process_directory(1, "task/12");
	make_process_directory(1, "task/7");
	make_process_directory(1, "task/8"); /* it ended meanwhile */
	make_text(1, "task/12/comm", "io\nthread\n");
	make_text(1, "task/7/comm", "main\n");
	assert_int_equal(skt_threads_read(root, 1, &arena, &found), 2);
	assert_int_equal(found[0].tid, 7);
	assert_string_equal(found[0].name, "main");
	assert_int_equal(found[1].tid, 12);
	assert_string_equal(found[1].name, "io\nthread");
	skt_arena_fini(&arena);
}

static void command_lines(void **state)
{
	struct skt_arena arena = {0};
	char *large = malloc(100000);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 100000);
	make_process(1);
	assert_null(skt_process_command(root, 1, &arena));
	make_text(1, "cmdline", "");
	assert_null(skt_process_command(root, 1, &arena));
	make_file(1, "cmdline", "a\0-b c\0\xfe\0", 9);
	assert_string_equal(skt_process_command(root, 1, &arena), "a -b c \xfe");
	make_file(1, "cmdline", large, 100000);
	assert_int_equal(strlen(skt_process_command(root, 1, &arena)), SKT_PROCESS_COMMAND_MAX);
	assert_null(skt_process_command(root, 9, &arena));
	skt_arena_fini(&arena);
	free(large);
}

static void this_process(void **state)
{
	struct skt_arena arena = {0};
	struct skt_process process;

	(void)state;
	assert_int_equal(skt_process_read("/proc", (uint32_t)getpid(), &arena, &process), 0);
	assert_string_equal(process.name, "test_process");
	assert_string_equal(process.comm, "test_process");
	assert_int_equal(process.uid, geteuid());
	assert_non_null(strstr(skt_process_command("/proc", process.pid, &arena), "test_process"));
	skt_arena_fini(&arena);
}

#define rooted_test(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(links_of_sockets),
		unit_test(names_of_programs),
		unit_test(programs_that_are_gone),
		unit_test(names_of_first_arguments),
		unit_test(names_in_stat_lines),
		unit_test(joined_arguments),
		rooted_test(exe_before_arguments_before_comm),
		rooted_test(names_that_mean_harm),
		rooted_test(processes_that_tell_nothing),
		rooted_test(contexts),
		rooted_test(threads),
		rooted_test(command_lines),
		unit_test(this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
