/* All network namespaces: those with names, those with processes, and those that are only kept. */
#ifndef SKT_PROC_NETNS_GATHER_H
#define SKT_PROC_NETNS_GATHER_H

#include "proc/netns_search.h"

/* Fills the empty set, the own namespace first, then by their labels. -ENOMEM. */
int skt_netns_gather(struct skt_netns_search *search);

#endif
