/* Paths of control groups and the files of /proc that hold them: whoever owns a group names it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proc/cgroup_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct skt_cgroup_names names;
	const char *path = NULL, *colon;
	size_t len;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	memset(&names, 0xff, sizeof(names));
	skt_cgroup_path_names(text, size, &names);
	if (!memchr(names.unit, '\0', sizeof(names.unit)) ||
		!memchr(names.container, '\0', sizeof(names.container)))
		abort();
	/* A unit is one component of the path. */
	if (strchr(names.unit, '/') ||
		(names.unit[0] && !memmem(text, size, names.unit, strlen(names.unit))))
		abort();
	colon = strchr(names.container, ':');
	if (names.container[0] && (!colon || !colon[1] || colon == names.container))
		abort();
	len = skt_cgroup_file_path(text, size, &path);
	if (len && (path < text || len > size || path > text + size - len || *path != '/'))
		abort();
	if (len && memchr(path, '\n', len))
		abort();
	free(text);
	return 0;
}
