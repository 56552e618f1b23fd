#include "privilege/privilege.h"

void skt_confine(const struct skt_needs *needs, struct skt_confined *ret)
{
	*ret = (struct skt_confined){0};
	/* Who is not root has no bounding set to empty, and no_new_privs does as much. */
	(void)skt_capabilities_bound(needs->capabilities);
	ret->capabilities = skt_capabilities_keep(needs->capabilities);
	ret->no_new_privs = needs->gains ? 0 : skt_capabilities_no_new();
	ret->left = skt_capabilities_now();
}
