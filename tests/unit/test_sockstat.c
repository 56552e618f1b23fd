/* Whether the counters of sockets have changed: files that change, vanish, and never were. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/sockstat.h"

struct tree {
	char root[64], net[80], files[SKT_SOCKSTAT_FILES][96];
};

static struct tree tree_make(void)
{
	struct tree tree = {.root = "/tmp/sockkit-stat.XXXXXX"};

	assert_non_null(mkdtemp(tree.root));
	(void)snprintf(tree.net, sizeof(tree.net), "%s/net", tree.root);
	(void)snprintf(tree.files[0], sizeof(tree.files[0]), "%s/sockstat", tree.net);
	(void)snprintf(tree.files[1], sizeof(tree.files[1]), "%s/sockstat6", tree.net);
	assert_int_equal(mkdir(tree.net, 0755), 0);
	return tree;
}

/* In place: the descriptors stay those of the file. */
static void tree_write(const struct tree *tree, size_t file, const char *text)
{
	FILE *stream = fopen(tree->files[file], "we");

	assert_non_null(stream);
	assert_int_equal(fwrite(text, 1, strlen(text), stream), strlen(text));
	assert_int_equal(fclose(stream), 0);
}

static void tree_remove(const struct tree *tree)
{
	(void)unlink(tree->files[0]);
	(void)unlink(tree->files[1]);
	assert_int_equal(rmdir(tree->net), 0);
	assert_int_equal(rmdir(tree->root), 0);
}

static void test_change(void **state)
{
	struct tree tree = tree_make();
	struct skt_sockstat sockstat;

	(void)state;
	tree_write(&tree, 0, "TCP: inuse 4\n");
	tree_write(&tree, 1, "TCP6: inuse 2\n");
	skt_sockstat_open(&sockstat, tree.root);
	assert_true(skt_sockstat_changed(&sockstat));
	assert_false(skt_sockstat_changed(&sockstat));
	assert_false(skt_sockstat_changed(&sockstat));
	for (size_t file = 0; file < SKT_SOCKSTAT_FILES; file++) {
		tree_write(&tree, file, "TCP: inuse 5\n");
		assert_true(skt_sockstat_changed(&sockstat));
		assert_false(skt_sockstat_changed(&sockstat));
		/* Longer, shorter, and back. */
		tree_write(&tree, file, "TCP: inuse 55\n");
		assert_true(skt_sockstat_changed(&sockstat));
		tree_write(&tree, file, "TCP: inuse 5");
		assert_true(skt_sockstat_changed(&sockstat));
		assert_false(skt_sockstat_changed(&sockstat));
	}
	/* Both at once are one change. */
	tree_write(&tree, 0, "TCP: inuse 7\n");
	tree_write(&tree, 1, "TCP6: inuse 7\n");
	assert_true(skt_sockstat_changed(&sockstat));
	assert_false(skt_sockstat_changed(&sockstat));
	skt_sockstat_close(&sockstat);
	tree_remove(&tree);
}

/* What cannot be read always counts as changed: whoever waits must look. */
static void test_missing(void **state)
{
	struct tree tree = tree_make();
	struct skt_sockstat sockstat;

	(void)state;
	skt_sockstat_open(&sockstat, "/nonexistent");
	assert_true(skt_sockstat_changed(&sockstat));
	assert_true(skt_sockstat_changed(&sockstat));
	skt_sockstat_close(&sockstat);
	/* A kernel without IPv6 has one of the two. */
	tree_write(&tree, 0, "TCP: inuse 4\n");
	skt_sockstat_open(&sockstat, tree.root);
	assert_true(skt_sockstat_changed(&sockstat));
	assert_true(skt_sockstat_changed(&sockstat));
	skt_sockstat_close(&sockstat);
	/* An empty file says nothing. */
	tree_write(&tree, 1, "");
	skt_sockstat_open(&sockstat, tree.root);
	assert_true(skt_sockstat_changed(&sockstat));
	assert_true(skt_sockstat_changed(&sockstat));
	skt_sockstat_close(&sockstat);
	tree_remove(&tree);
}

/* More than is kept: the rest is not compared, and nothing is written past the end. */
static void test_long(void **state)
{
	struct tree tree = tree_make();
	struct skt_sockstat sockstat;
	char text[2 * SKT_SOCKSTAT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tree_write(&tree, 0, text);
	tree_write(&tree, 1, text);
	skt_sockstat_open(&sockstat, tree.root);
	assert_true(skt_sockstat_changed(&sockstat));
	assert_false(skt_sockstat_changed(&sockstat));
	text[SKT_SOCKSTAT_MAX - 1] = 'y';
	tree_write(&tree, 1, text);
	assert_true(skt_sockstat_changed(&sockstat));
	skt_sockstat_close(&sockstat);
	tree_remove(&tree);
}

static void test_this_kernel(void **state)
{
	struct skt_sockstat sockstat;

	(void)state;
	if (access("/proc/net/sockstat", R_OK) || access("/proc/net/sockstat6", R_OK))
		skip_because("no /proc/net/sockstat");
	skt_sockstat_open(&sockstat, "/proc");
	assert_true(skt_sockstat_changed(&sockstat));
	for (size_t i = 0; i < SKT_SOCKSTAT_FILES; i++)
		assert_true(sockstat.lens[i] > 0 && sockstat.lens[i] < SKT_SOCKSTAT_MAX);
	skt_sockstat_close(&sockstat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_change),
		unit_test(test_missing),
		unit_test(test_long),
		unit_test(test_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
