/* The packet of Wake-on-LAN, and what is no address of a card. */
#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/udpsend/wake.h"

static void test_packet(void **state)
{
	static const char *const same[] = {
		"52:54:00:12:34:aF", "52-54-00-12-34-AF", "5254.0012.34af", "5254001234af"};
	static const uint8_t mac[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0xaf};
	uint8_t packet[UDPSEND_WAKE_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(same); i++) {
		assert_int_equal(
			udpsend_wake(guard_copy(same[i], strlen(same[i]) + 1), packet, &len), 0);
		assert_int_equal(len, 102);
		for (size_t at = 0; at < len; at += 6)
			assert_memory_equal(packet + at,
				at ? mac : (const uint8_t *)"\377\377\377\377\377\377", 6);
	}
	assert_int_equal(udpsend_wake("525400123456/01:02:03:04", packet, &len), 0);
	assert_int_equal(len, 106);
	assert_memory_equal(packet + 102, "\1\2\3\4", 4);
	assert_int_equal(udpsend_wake("525400123456/010203040506", packet, &len), 0);
	assert_int_equal(len, 108);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {"", "/", "52:54:00:12:34", "52:54:00:12:34:56:78",
		"52:54:00:12:34:5g", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "525400123456/",
		"525400123456/01", "525400123456/0102030405", "525400123456/01020304050607",
		"52:54:00:12:34:56:", "52:54:00:12:34:56:52:54:00:12:34:56", "5", "eth0"};
	uint8_t packet[UDPSEND_WAKE_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		if (!udpsend_wake(guard_copy(texts[i], strlen(texts[i]) + 1), packet, &len))
			fail_msg("%s", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_packet),
		unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("wake", tests, NULL, NULL);
}
