#include "privilege/needs.h"

void skt_needs_add(struct skt_needs *needs, enum skt_need need, const char *path)
{
	if (!path)
		return;
	needs->capabilities |=
		SKT_CAPABILITY(need == SKT_NEED_READ ? CAP_DAC_READ_SEARCH : CAP_DAC_OVERRIDE);
	if (needs->path_count == SKT_NEED_PATHS_MAX)
		needs->all_files = true;
	else
		needs->paths[needs->path_count++] = (struct skt_need_path){path, need};
}
