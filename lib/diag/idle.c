#include "diag/idle.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "diag/proc_line.h"
#include "diag/proc_table.h"

int skt_mptcp_count(const char *line, size_t len, uint64_t *ret)
{
	static const char name[] = "MPTCP";
	struct skt_proc_line fields = {.p = line, .end = line + len};
	uint64_t count;

	if (len < sizeof(name) - 1 || memcmp(line, name, sizeof(name) - 1) != 0)
		return 0;
	while (fields.p < fields.end && *fields.p != ' ')
		fields.p++;
	(void)skt_proc_line_next(&fields, UINT32_MAX); /* the size of one */
	count = skt_proc_line_next(&fields, INT_MAX);
	if (fields.bad)
		return -EBADMSG;
	*ret = count;
	return 1;
}

struct counting {
	unsigned int lines;
	uint64_t sockets;
};

static int take_line(const char *line, size_t len, void *ctx)
{
	struct counting *counting = ctx;
	uint64_t count;
	int rc = skt_mptcp_count(line, len, &count);

	if (rc > 0) {
		counting->lines++;
		counting->sockets += count;
	}
	return rc < 0 ? SKT_PROC_TABLE_BAD : 0;
}

bool skt_mptcp_is_idle(const char *proc_root)
{
	struct counting counting = {0};
	size_t bad;

	return !skt_proc_table_read(proc_root, "protocols", take_line, &counting, &bad, NULL) &&
		!bad && counting.lines && !counting.sockets;
}
