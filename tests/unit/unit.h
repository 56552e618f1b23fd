/*
 * What every unit test shares: cmocka, inputs that end at an unmapped page, and a check that no
 * file descriptor leaks. Each test_ROOM.c is a program of its own.
 */
#ifndef SKT_TESTS_UNIT_H
#define SKT_TESTS_UNIT_H

/* cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef assert_uint_in_range /* cmocka 2 calls the old name, of the same, deprecated */
#undef assert_in_range
#define assert_in_range(value, least, most) \
	assert_uint_in_range((uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most))
#endif

/*
 * A copy of LEN bytes whose end is the end of a page that nothing is mapped behind: reading one
 * byte too far crashes, in release builds too. Freed by guard_free_all(), or at exit.
 */
void *guard_copy(const void *bytes, size_t len);

/* The same of a text without its NUL. */
char *guard_text(const char *text);
void guard_free_all(void);

/* The open descriptors as a text, to compare before and after. Static storage of two slots. */
const char *open_descriptors(void);

/* A group run with the descriptors compared before and after each test. */
int unit_setup(void **state);
int unit_teardown(void **state);

#undef unit_test /* cmocka's own of old, of another shape */
#define unit_test(function) cmocka_unit_test_setup_teardown(function, unit_setup, unit_teardown)

/* Ends the test as one that cannot be done here; tests/run says why at the end of the run. */
#define skip_because(why) \
	do { \
		print_message("# skip: %s\n", why); \
		skip(); \
	} while (0)

/* The path of a file below tests/fixtures, wherever the test was started. Static storage. */
const char *fixture_path(const char *name);

#endif
