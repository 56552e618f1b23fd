#include "proc/netns_set.h"

#include <string.h>

bool skt_netns_same(const struct skt_netns *netns, struct skt_netns_identity who)
{
	return who.inode && netns->inode == who.inode && netns->device == who.device;
}

const char *skt_netns_keep(struct skt_netns_set *set, const char *text)
{
	return skt_arena_text(&set->texts, text, strlen(text));
}

struct skt_netns *skt_netns_known(struct skt_netns_set *set, struct skt_netns_identity who)
{
	for (size_t i = 0; i < set->list.len; i++)
		if (skt_netns_same(&set->list.data[i], who))
			return &set->list.data[i];
	return NULL;
}

void skt_netns_set_fini(struct skt_netns_set *set)
{
	for (size_t i = 0; i < set->list.len; i++)
		skt_netns_fini(&set->list.data[i]);
	skt_vec_free(&set->list);
	skt_arena_fini(&set->texts);
	set->hidden = 0;
}
