#include "privilege/privilege.h"

#include <errno.h>

#include "privilege/landlock.h"
#include "privilege/seccomp.h"

/*
 * Builds that watch themselves do what nobody else is to do: coverage is written to files, leaks
 * are looked for by tracing, reports are written by other programs.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SKT_INSTRUMENTED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKT_INSTRUMENTED 1
#endif

#ifdef SKT_INSTRUMENTED
const bool skt_privilege_is_whole = false;
#else
const bool skt_privilege_is_whole = true;
#endif

void skt_confine(const struct skt_needs *needs, struct skt_confined *ret)
{
	const bool whole = skt_privilege_is_whole && !needs->opening;

	*ret = (struct skt_confined){.landlock = -EOPNOTSUPP, .seccomp = -EOPNOTSUPP};
	/* It takes its time, and no_new_privs does nearly as much. */
	if (needs->serves)
		(void)skt_capabilities_bound(needs->capabilities);
	ret->no_new_privs = needs->gains ? -EOPNOTSUPP : skt_capabilities_no_new();
	/* While root can still open what is named. */
	if (whole)
		ret->landlock = skt_landlock_enter(needs);
	ret->capabilities = skt_capabilities_keep(needs->capabilities);
	if (whole)
		ret->seccomp = skt_seccomp_enter(needs);
	ret->left = skt_capabilities_now();
}
