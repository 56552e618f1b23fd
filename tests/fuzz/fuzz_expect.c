/*
 * What a scan is expected to find, and what --expect says of hosts: any text is refused with words,
 * or means the same for every port when it is asked again.
 */
#include "cmd/scan/expect_hosts.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct scan_expectations list = {0}, ports = {0};
	struct scan_expected_hosts hosts = {0};
	struct skt_err err = {0};
	int rc = scan_expect_parse(text, size, &list, &err);

	if ((rc != 0) != (err.text[0] != '\0'))
		abort();
	for (size_t i = 0; rc == 0 && i < list.len; i++)
		if (!list.data[i].states || list.data[i].states >> SKT_SCAN_STATES ||
			(!list.data[i].all && !list.data[i].list.len))
			abort();
	err = (struct skt_err){0};
	rc = scan_expect_split(text, &ports, &hosts, &err);
	if ((rc != 0) != (err.text[0] != '\0'))
		abort();
	for (size_t i = 0; rc == 0 && i < hosts.len; i++)
		if (!hosts.data[i].states || hosts.data[i].states >> SCAN_UP_STATES ||
			(!hosts.data[i].all &&
				(hosts.data[i].text < text ||
					hosts.data[i].text + hosts.data[i].len > text + size)))
			abort();
	scan_expect_fini(&list);
	scan_expect_fini(&ports);
	skt_vec_free(&hosts);
	free(text);
	return 0;
}
