/* When `connect --reconnect` and `--wait` try again. */
#include "unit.h"

#include "base/clock.h"
#include "cmd/connect/redial.h"

#define MS SKT_NS_PER_MS

enum { FIRST_MS = 50, LAST_MS = 5000, PATIENCE_S = 60 };

static const uint64_t start = UINT64_C(1000) * SKT_NS_PER_SEC;

static struct connect_redial new_redial(void)
{
	return (struct connect_redial){.patience_ns = PATIENCE_S * SKT_NS_PER_SEC,
		.first_ns = FIRST_MS * MS,
		.last_ns = LAST_MS * MS,
		.until_ns = SKT_NEVER};
}

/* A connection that began at START_NS and lost so much. */
static struct skt_session session_of(uint64_t start_ns, uint64_t received, uint64_t lost)
{
	struct skt_session session = {.start_ns = start_ns, .lost = lost};

	session.joint.back.flow.taken = received;
	return session;
}

static void pauses_double_and_end(void **state)
{
	struct connect_redial redial = new_redial();
	struct skt_session session = session_of(start, 0, 0);
	uint64_t now = start, when, pause = 0, tries = 0;

	(void)state;
	connect_redial_lost(&redial, &session, now, SKT_NEVER);
	assert_int_equal(redial.until_ns, start + PATIENCE_S * SKT_NS_PER_SEC);
	while (connect_redial_next(&redial, now, &when)) {
		assert_true(when >= now && when < redial.until_ns);
		assert_true(when - now <= pause);
		/* No more than a quarter is cut off, but near the end. */
		if (redial.until_ns - now > 2 * pause)
			assert_true(when - now >= pause - pause / 4);
		pause = pause ? pause * 2 : FIRST_MS * MS;
		if (pause > LAST_MS * MS)
			pause = LAST_MS * MS;
		now = when;
		assert_true(++tries < 100);
	}
	assert_true(tries > 15 && redial.until_ns - now <= 40 * MS);
}

static void only_connections_that_lasted_give_new_time(void **state)
{
	struct connect_redial redial = new_redial();
	struct skt_session first = session_of(start, 0, 0);
	struct skt_session brief = session_of(start + 10 * MS, 0, 0);
	struct skt_session useful = session_of(start + 20 * MS, 1, 0);
	struct skt_session lasting = session_of(start, 0, 0);
	uint64_t when, until = start + PATIENCE_S * SKT_NS_PER_SEC;

	(void)state;
	connect_redial_lost(&redial, &first, start, SKT_NEVER);
	assert_true(connect_redial_next(&redial, start, &when));
	assert_int_equal(when, start);
	connect_redial_lost(&redial, &brief, start + 11 * MS, SKT_NEVER);
	assert_int_equal(redial.until_ns, until);
	assert_true(connect_redial_next(&redial, start + 11 * MS, &when));
	assert_true(when > start + 11 * MS);
	connect_redial_lost(&redial, &useful, start + 30 * MS, SKT_NEVER);
	assert_int_equal(redial.until_ns, until + 30 * MS);
	connect_redial_lost(&redial, &lasting, start + 6000 * MS, start + 7000 * MS);
	assert_int_equal(redial.until_ns, start + 7000 * MS);
}

static void nothing_is_repeated_without_being_asked(void **state)
{
	struct connect_redial redial = new_redial();
	uint64_t when = 1;

	(void)state;
	assert_false(connect_redial_next(&redial, start, &when));
	connect_redial_begin(&redial, start + 15 * MS, 0);
	assert_false(connect_redial_next(&redial, start, &when));
	assert_int_equal(when, 1);
	connect_redial_begin(&redial, SKT_NEVER - 1, 50 * MS);
	assert_true(connect_redial_next(&redial, start, &when));
	assert_true(when > start && when <= start + 50 * MS);
}

static void losses_add_up(void **state)
{
	struct connect_redial redial = new_redial();
	struct skt_session session = session_of(start, 1, 3);
	struct skt_event_log log = {.silent = true};

	(void)state;
	assert_false(connect_redial_report(&redial, 5, &log));
	connect_redial_lost(&redial, &session, start, SKT_NEVER);
	session.lost = 4;
	session.unsure = true;
	connect_redial_lost(&redial, &session, start, SKT_NEVER);
	session.unsure = false;
	connect_redial_lost(&redial, &session, start, SKT_NEVER);
	assert_int_equal(redial.lost, 11);
	assert_int_equal(redial.losses, 3);
	assert_true(redial.unsure);
	assert_true(connect_redial_report(&redial, 0, &log));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(pauses_double_and_end),
		unit_test(only_connections_that_lasted_give_new_time),
		unit_test(nothing_is_repeated_without_being_asked),
		unit_test(losses_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
