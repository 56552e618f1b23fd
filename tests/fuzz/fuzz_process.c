/* The readers of what processes can choose freely: links, arguments, names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name must lie within the text that it is part of. */
static void check(struct skt_process_text name, const char *text, size_t len)
{
	if (name.len && (name.text < text || name.len > len || name.text > text + len - name.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size ? size : 1);
	struct skt_process_text name;
	uint64_t inode;
	size_t len;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	if (skt_process_socket_link(text, size, &inode) && size < sizeof("socket:[1]") - 1)
		abort();
	name = skt_process_exe_name(text, size);
	check(name, text, size);
	if (name.len && memchr(name.text, '/', name.len))
		abort();
	name = skt_process_argv_name(text, size);
	check(name, text, size);
	if (name.len && (memchr(name.text, '/', name.len) || memchr(name.text, '\0', name.len)))
		abort();
	check(skt_process_stat_name(text, size), text, size);
	len = skt_process_join(text, size);
	if (len > size || (len && memchr(text, '\0', len)))
		abort();
	free(text);
	return 0;
}
