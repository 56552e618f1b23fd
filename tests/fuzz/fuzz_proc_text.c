/* Lines of /proc that are read one by one: the first byte says which. */
#include "diag/idle.h"
#include "proc/fdinfo.h"
#include "proc/process.h"
#include "proc/root.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t number = 0;
	char *text;

	if (!size--)
		return 0;
	text = fuzz_text(data + 1, size);
	switch (data[0] % 6) {
	case 0:
		if (skt_fdinfo_is_ring(text, size) && skt_fdinfo_is_namespace(text, size))
			abort();
		break;
	case 1:
		if (skt_fdinfo_registered(text, size, &number) &&
			!memmem(text, size, "socket:[", 8))
			abort();
		break;
	case 2:
		if (skt_fdinfo_in_flight(text, size, &number) && memcmp(text, "scm_fds:", 8) != 0)
			abort();
		break;
	case 3:
		if (skt_mptcp_count(text, size, &number) > 0 && !memmem(text, size, "MPTCP", 5))
			abort();
		break;
	case 4:
		(void)skt_proc_status_is_own(text, size);
		break;
	case 5:
		if (skt_proc_mount_hides(text, "/proc") && !strstr(text, "hidepid="))
			abort();
		break;
	}
	free(text);
	return 0;
}
