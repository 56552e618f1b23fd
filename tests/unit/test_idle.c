/* The kernel's count of MPTCP sockets. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "diag/idle.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		int is;
		uint64_t count;
	} cases[] = {
		{"MPTCPv6   2064      0     113   no       0   yes  kernel      y  y", 1, 0},
		{"MPTCP     1936     12    1016   no       0   yes  kernel      y  y", 1, 12},
		{"MPTCP     1936     -1    1016   no       0   yes  kernel      y  y", -EBADMSG, 0},
		{"MPTCP     1936", -EBADMSG, 0},
		{"MPTCP", -EBADMSG, 0},
		{"TCP       2304      1     113   no     192   yes  kernel      y  y", 0, 0},
		{"", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const size_t len = strlen(cases[i].line);
		uint64_t count = 0;

		assert_int_equal(
			skt_mptcp_count(guard_copy(cases[i].line, len), len, &count), cases[i].is);
		assert_int_equal(count, cases[i].count);
	}
}

static void test_not_told(void **state)
{
	(void)state;
	assert_false(skt_mptcp_is_idle("/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_lines), unit_test(test_not_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
