/* Giving rights up, once what needs them is done. */
#include "cmd/listen/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "privilege/capabilities.h"

/* A name, or the number of a user that may have none. */
static int find_user(const char *user, char *buffer, size_t size, struct passwd *entry,
	struct passwd **ret, struct skt_err *err)
{
	uint64_t number;
	int r = getpwnam_r(user, entry, buffer, size, ret);

	if (r == 0 && !*ret && skt_num_parse(user, 0, UINT32_MAX - 1, &number) == 0) {
		r = getpwuid_r((uid_t)number, entry, buffer, size, ret);
		if (r == 0 && !*ret) {
			*entry = (struct passwd){.pw_uid = (uid_t)number, .pw_gid = (gid_t)number};
			*ret = entry;
		}
	}
	if (r)
		return skt_fail(err, r, "look up user '%.64s'", user);
	return *ret ? 0 : skt_fail_text(err, ENOENT, "there is no user '%.64s'", user);
}

static int enter(const char *root, struct skt_err *err)
{
	if (!root || (chroot(root) == 0 && chdir("/") == 0))
		return 0;
	return skt_fail(err, errno, "--chroot %.160s", root);
}

int listen_become(const char *user, const char *root, bool bound, struct skt_err *err)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];
	int r = find_user(user, buffer, sizeof(buffer), &entry, &found, err);

	if (r)
		return r;
	/* Already so, also where nobody may change groups: a user namespace, a container. */
	if (getuid() == found->pw_uid && geteuid() == found->pw_uid && found->pw_uid != 0)
		return enter(root, err);
	/* While it can be done: the change of user takes the capability that it needs. */
	if (bound && found->pw_uid != 0)
		(void)skt_capabilities_bound(0);
	/* Groups are read from outside. */
	if (found->pw_name ? initgroups(found->pw_name, found->pw_gid) : setgroups(0, NULL))
		return skt_fail(err, errno, "take the groups of '%.64s'", user);
	r = enter(root, err);
	if (r)
		return r;
	if (setresgid(found->pw_gid, found->pw_gid, found->pw_gid) ||
		setresuid(found->pw_uid, found->pw_uid, found->pw_uid))
		return skt_fail(err, errno, "become '%.64s'", user);
	return 0;
}
