/* Rows that wait for names: their order, their bounds, their end. */
#include "unit.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/naming.h"

struct row {
	struct skt_naming_row base;
	int number;
};

struct written {
	int count, fail_at;
	int numbers[2 * SKT_NAMING_ROWS];
	bool named[2 * SKT_NAMING_ROWS];
};

/* What the threads of lookups wait for: those of 10.0.0.2 only, one in each test. */
static sem_t gate;

static bool lookup(const struct skt_addr *addr, char ret[SKT_HOST_NAME_MAX])
{
	if (addr->bytes[3] == 2)
		while (sem_wait(&gate))
			continue;
	(void)snprintf(ret, SKT_HOST_NAME_MAX, "host%u", addr->bytes[3]);
	return addr->bytes[3] != 3;
}

static int write_row(void *arg, const struct skt_naming_row *base, const char *host)
{
	struct written *written = arg;
	const struct row *row = SKT_CONTAINER(base, const struct row, base);
	char expected[16];

	if (host) {
		(void)snprintf(expected, sizeof(expected), "host%u", base->addr.bytes[3]);
		assert_string_equal(host, expected);
	}
	written->numbers[written->count] = row->number;
	written->named[written->count++] = host != NULL;
	return written->count == written->fail_at ? -EPIPE : 0;
}

/* Of 10.0.0.LAST; 0: without an address. */
static int add(struct skt_naming *naming, int number, uint8_t last, size_t size)
{
	struct row *row = calloc(1, sizeof(*row));

	assert_non_null(row);
	row->base.size = size;
	row->number = number;
	if (last)
		row->base.addr = (struct skt_addr){.family = AF_INET, .bytes = {10, 0, 0, last}};
	return skt_naming_add(naming, &row->base);
}

static void begin(struct skt_naming *naming, struct written *written)
{
	*naming = (struct skt_naming){.write = write_row, .arg = written};
	assert_int_equal(skt_naming_open(naming, lookup), 0);
}

static void wait_until_named(struct skt_naming *naming, uint8_t last)
{
	const struct skt_addr addr = {.family = AF_INET, .bytes = {10, 0, 0, last}};

	while (!skt_naming_host(naming, &addr))
		assert_int_equal(skt_naming_step(naming, skt_clock_ns() + SKT_NS_PER_SEC / 10), 0);
}

static void order_is_kept(void **state)
{
	static struct written written;
	struct skt_naming naming;

	(void)state;
	written = (struct written){0};
	begin(&naming, &written);
	assert_int_equal(add(&naming, 1, 2, 1), 0);
	assert_int_equal(add(&naming, 2, 1, 1), 0);
	assert_int_equal(add(&naming, 3, 0, 1), 0);
	wait_until_named(&naming, 1);
	/* The second has its name, and waits for the first. */
	assert_int_equal(written.count, 0);
	assert_true(skt_naming_holds(&naming));
	(void)sem_post(&gate);
	while (skt_naming_holds(&naming))
		assert_int_equal(skt_naming_step(&naming, skt_clock_ns() + SKT_NS_PER_SEC / 10), 0);
	assert_int_equal(written.count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(written.numbers[i], i + 1);
	assert_true(written.named[0] && written.named[1] && !written.named[2]);
	/* What is known by then does not wait. */
	assert_int_equal(add(&naming, 4, 2, 1), 0);
	assert_int_equal(written.count, 4);
	skt_naming_close(&naming);
}

static void what_is_held_is_bounded(void **state)
{
	static struct written written;
	struct skt_naming naming;
	int number = 0;

	(void)state;
	written = (struct written){0};
	begin(&naming, &written);
	while (number < SKT_NAMING_ROWS)
		assert_int_equal(add(&naming, number++, 2, 1), 0);
	assert_int_equal(written.count, 0);
	assert_int_equal(add(&naming, number++, 2, 1), 0);
	assert_int_equal(written.count, 1);
	assert_false(written.named[0]);
	/* One that is too large by itself drives all before it out, and itself. */
	assert_int_equal(add(&naming, number++, 2, SKT_NAMING_BYTES + 1), 0);
	assert_int_equal(written.count, number);
	for (int i = 0; i < number; i++)
		assert_int_equal(written.numbers[i], i);
	(void)sem_post(&gate);
	skt_naming_close(&naming);
}

static void the_end_waits_or_does_not(void **state)
{
	static struct written written;
	struct skt_naming naming;
	volatile sig_atomic_t stop = 1;

	(void)state;
	written = (struct written){0};
	begin(&naming, &written);
	assert_int_equal(add(&naming, 1, 2, 1), 0);
	assert_int_equal(skt_naming_finish(&naming, &stop), 0);
	assert_int_equal(written.count, 1);
	assert_false(written.named[0]);
	stop = 0;
	(void)sem_post(&gate);
	assert_int_equal(add(&naming, 2, 2, 1), 0);
	assert_int_equal(add(&naming, 3, 3, 1), 0);
	assert_int_equal(skt_naming_finish(&naming, &stop), 0);
	assert_int_equal(written.count, 3);
	assert_true(written.named[1] && !written.named[2]);
	skt_naming_close(&naming);
}

static void failures_end_it_and_nothing_leaks(void **state)
{
	static struct written written;
	struct skt_naming naming;
	volatile sig_atomic_t stop = 1;

	(void)state;
	written = (struct written){.fail_at = 1};
	begin(&naming, &written);
	assert_int_equal(add(&naming, 1, 2, 1), 0);
	assert_int_equal(add(&naming, 2, 0, 1), 0);
	assert_int_equal(skt_naming_finish(&naming, &stop), -EPIPE);
	assert_int_equal(written.count, 1);
	assert_true(skt_naming_holds(&naming));
	(void)sem_post(&gate);
	skt_naming_close(&naming);
	skt_naming_close(&naming);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(order_is_kept),
		unit_test(what_is_held_is_bounded),
		unit_test(the_end_waits_or_does_not),
		unit_test(failures_end_it_and_nothing_leaks),
	};

	if (sem_init(&gate, 0, 0))
		return 1;
	return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
