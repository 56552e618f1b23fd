/* What a host keeps ports for, as its sysctl files say, and as they cannot be read. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "proc/local_ports.h"

static const char *const dirs[] = {"/sys", "/sys/net", "/sys/net/ipv4"};
static const char *const files[] = {
	"ip_local_port_range", "ip_local_reserved_ports", "ip_unprivileged_port_start"};

struct tree {
	char root[64];
};

static struct tree tree_make(void)
{
	struct tree tree = {.root = "/tmp/sockkit-ports.XXXXXX"};
	char path[256];

	assert_non_null(mkdtemp(tree.root));
	for (size_t i = 0; i < SKT_COUNT(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", tree.root, dirs[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	return tree;
}

static void tree_write(const struct tree *tree, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/sys/net/ipv4/%s", tree->root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static void tree_remove(const struct tree *tree)
{
	char path[256];

	for (size_t i = 0; i < SKT_COUNT(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/sys/net/ipv4/%s", tree->root, files[i]);
		(void)unlink(path);
	}
	for (size_t i = SKT_COUNT(dirs); i-- > 0;) {
		(void)snprintf(path, sizeof(path), "%s%s", tree->root, dirs[i]);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(rmdir(tree->root), 0);
}

static size_t count(const struct skt_portset *set)
{
	size_t n = 0;

	for (size_t i = 0; i < SKT_COUNT(set->bits); i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	return n;
}

static void assert_default(const struct skt_local_ports *ports)
{
	assert_false(ports->ephemeral_known);
	assert_int_equal(ports->ephemeral_low, 32768);
	assert_int_equal(ports->ephemeral_high, 60999);
	assert_int_equal(count(&ports->reserved), 0);
	assert_int_equal(ports->unprivileged_start, 1024);
}

static void test_all_said(void **state)
{
	struct tree tree = tree_make();
	struct skt_local_ports ports;

	(void)state;
	tree_write(&tree, files[0], "2000\t65000\n");
	tree_write(&tree, files[1], "80,1000-1002,65535\n");
	tree_write(&tree, files[2], "81\n");
	skt_local_ports_read(tree.root, &ports);
	assert_true(ports.ephemeral_known);
	assert_false(skt_local_ports_ephemeral(&ports, 1999));
	assert_true(skt_local_ports_ephemeral(&ports, 2000));
	assert_true(skt_local_ports_ephemeral(&ports, 65000));
	assert_false(skt_local_ports_ephemeral(&ports, 65001));
	assert_int_equal(count(&ports.reserved), 5);
	assert_true(skt_portset_has(&ports.reserved, 80));
	assert_true(skt_portset_has(&ports.reserved, 1002));
	assert_true(skt_portset_has(&ports.reserved, 65535));
	assert_true(skt_local_ports_privileged(&ports, 80));
	assert_false(skt_local_ports_privileged(&ports, 81));
	tree_remove(&tree);
}

/* A network namespace may want privilege for no port, or for all of them. */
static void test_ends_of_privilege(void **state)
{
	struct tree tree = tree_make();
	struct skt_local_ports ports;

	(void)state;
	tree_write(&tree, files[2], "0\n");
	skt_local_ports_read(tree.root, &ports);
	assert_false(skt_local_ports_privileged(&ports, 0));
	tree_write(&tree, files[2], "65536\n");
	skt_local_ports_read(tree.root, &ports);
	assert_true(skt_local_ports_privileged(&ports, 65535));
	tree_remove(&tree);
}

static void test_nothing_said(void **state)
{
	struct tree tree = tree_make();
	struct skt_local_ports ports;
	char path[256];

	(void)state;
	skt_local_ports_read("/nonexistent", &ports);
	assert_default(&ports);
	skt_local_ports_read(tree.root, &ports);
	assert_default(&ports);
	for (size_t i = 0; i < SKT_COUNT(files); i++)
		tree_write(&tree, files[i], "");
	skt_local_ports_read(tree.root, &ports);
	assert_default(&ports);
	for (size_t i = 0; i < SKT_COUNT(files); i++)
		tree_write(&tree, files[i], "\n");
	skt_local_ports_read(tree.root, &ports);
	assert_default(&ports);
	/* A directory opens, and cannot be read. */
	(void)snprintf(path, sizeof(path), "%s/sys/net/ipv4/%s", tree.root, files[0]);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	skt_local_ports_read(tree.root, &ports);
	assert_default(&ports);
	assert_int_equal(rmdir(path), 0);
	tree_remove(&tree);
}

static void test_nonsense(void **state)
{
	static const char *const bad[] = {"x", "1", "1 x", "x 1", "1 65536", "-1 5", "1,2", "1-2-3",
		"99999999999999999999", "1 2 3", "\xff\xfe", ",", "70000", "5-", "65537"};
	struct tree tree = tree_make();
	struct skt_local_ports ports;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		tree_write(&tree, files[0], bad[i]);
		skt_local_ports_read(tree.root, &ports);
		assert_default(&ports);
	}
	tree_write(&tree, files[0], "");
	tree_write(&tree, files[1], "80,,81\n");
	tree_write(&tree, files[2], "65537\n");
	skt_local_ports_read(tree.root, &ports);
	assert_default(&ports);
	/* A name is no port, nor port 0. */
	tree_write(&tree, files[1], "80,oops\n");
	skt_local_ports_read(tree.root, &ports);
	assert_int_equal(count(&ports.reserved), 1);
	tree_remove(&tree);
}

/* The longest text that the kernel writes: every other port. */
static void test_as_many_as_there_can_be(void **state)
{
	struct tree tree = tree_make();
	struct skt_local_ports ports;
	struct skt_str text = {0};

	(void)state;
	for (unsigned int port = 1; port < 65536; port += 2)
		skt_str_add_format(&text, "%s%u", text.len ? "," : "", port);
	skt_str_add(&text, "\n", 2);
	assert_false(text.failed);
	tree_write(&tree, files[1], text.data);
	skt_local_ports_read(tree.root, &ports);
	assert_int_equal(count(&ports.reserved), 32768);
	assert_true(skt_portset_has(&ports.reserved, 65535));
	assert_false(skt_portset_has(&ports.reserved, 65534));
	skt_str_fini(&text);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_all_said),
		unit_test(test_ends_of_privilege),
		unit_test(test_nothing_said),
		unit_test(test_nonsense),
		unit_test(test_as_many_as_there_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
