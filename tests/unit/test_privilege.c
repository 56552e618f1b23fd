/* What each policy leaves, seen from inside of a process that lives by it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/policy.h"

/* Runs LIVE in a process of its own, which nothing of it leaves. LIVE returns what is wrong. */
static void live_by(const struct skt_needs *needs, const char *what,
	const char *(*live)(const struct skt_needs *needs))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct skt_confined confined;
		const char *wrong;

		skt_confine(needs, &confined);
		wrong = live(needs);
		if (wrong)
			(void)fprintf(stderr, "%s: %s\n", what, wrong);
		_exit(wrong != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %x", what, (unsigned int)status);
}

/* Every row of the table. */
static void each_policy(const char *(*live)(const struct skt_needs *needs))
{
	for (int i = 0; i < SKT_POLICIES; i++) {
		const struct skt_needs needs = skt_policy_needs((enum skt_policy)i);

		live_by(&needs, skt_policy_name((enum skt_policy)i), live);
	}
}

/* A set as /proc/self/status has it. */
static uint64_t set_of_status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t set = UINT64_MAX;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			set = strtoull(line + strlen(name), NULL, 16);
	if (file)
		(void)fclose(file);
	return set;
}

static const char *has_no_more(const struct skt_needs *needs)
{
	static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};

	for (size_t i = 0; i < SKT_COUNT(sets); i++)
		if (set_of_status(sets[i]) & ~needs->capabilities)
			return sets[i];
	/* Who has no CAP_SETPCAP cannot empty it. */
	if (geteuid() == 0 && set_of_status("CapBnd:") & ~needs->capabilities)
		return "CapBnd:";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != !needs->gains)
		return "NoNewPrivs";
	return NULL;
}

static void test_capabilities(void **state)
{
	(void)state;
	each_policy(has_no_more);
}

/* What is named can be reached by root as before; nothing else can. */
static void test_named_paths(void **state)
{
	struct skt_needs needs = {0};

	(void)state;
	skt_needs_add(&needs, SKT_NEED_READ, NULL);
	assert_int_equal(needs.capabilities, 0);
	skt_needs_add(&needs, SKT_NEED_READ, "/etc/allowed");
	assert_int_equal(needs.capabilities, SKT_CAPABILITY(CAP_DAC_READ_SEARCH));
	skt_needs_add(&needs, SKT_NEED_WRITE, "/var/log/records");
	assert_true(needs.capabilities & SKT_CAPABILITY(CAP_DAC_OVERRIDE));
	assert_int_equal(needs.path_count, 2);
	assert_false(needs.all_files);
	for (size_t i = 0; i < SKT_NEED_PATHS_MAX; i++)
		skt_needs_add(&needs, SKT_NEED_READ, "/etc/allowed");
	/* Too many to be told apart. */
	assert_true(needs.all_files);
	live_by(&needs, "named paths", has_no_more);
}

/* Losing is for good, and once more is no error. */
static const char *cannot_return(const struct skt_needs *needs)
{
	struct skt_confined confined;

	skt_confine(&(struct skt_needs){.capabilities = SKT_CAPABILITIES_ALL}, &confined);
	if (confined.capabilities || confined.left)
		return "capabilities came back";
	/* EINVAL: a namespace that has no such user. */
	if (geteuid() == 0 && (setuid(65534) == 0 || (errno != EPERM && errno != EINVAL)))
		return "the user could be changed";
	return has_no_more(needs);
}

static void test_for_good(void **state)
{
	(void)state;
	live_by(&(struct skt_needs){0}, "nothing", cannot_return);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_capabilities),
		unit_test(test_named_paths),
		unit_test(test_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
