#include "cmd/listen/proxy_users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many bytes are looked through for each client that says who it is. */
enum { USERS_MAX = 10000 };

static int add_line(struct proxy_users *users, const char *line, size_t len, struct skt_err *err)
{
	struct proxy_user user = {0};
	struct skt_proxy read = {0};
	int r;

	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (len == 0 || *line == '#')
		return 0;
	if (users->list.len == USERS_MAX)
		return skt_fail_text(err, E2BIG, "more than %d users", USERS_MAX);
	/* A name alone would be a user whom anybody is. */
	if (!memchr(line, ':', len))
		return skt_fail_text(err, EINVAL, "expected USER:PASSWORD");
	r = skt_proxy_read_user(line, len, &read, err);
	if (r)
		return r;
	memcpy(user.name, read.user, strlen(read.user));
	memcpy(user.password, read.password, strlen(read.password));
	r = skt_vec_push(&users->list, user);
	explicit_bzero(&read, sizeof(read));
	explicit_bzero(&user, sizeof(user));
	return r ? skt_fail(err, ENOMEM, "a user") : 0;
}

int proxy_users_load(struct proxy_users *users, const char *path, struct skt_err *err)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	if (!file)
		return skt_fail(err, errno, "--proxy-users %.160s", path);
	while (r == 0 && (len = getline(&line, &size, file)) >= 0) {
		number++;
		r = add_line(users, line, (size_t)len, err);
		if (r)
			skt_err_prefix(err, "--proxy-users %.128s, line %u", path, number);
	}
	if (r == 0 && ferror(file))
		r = skt_fail(err, errno, "--proxy-users %.160s", path);
	if (r == 0 && !users->list.len)
		r = skt_fail_text(err, ENODATA, "--proxy-users %.160s: nobody is in it", path);
	if (line)
		explicit_bzero(line, size);
	free(line);
	(void)fclose(file);
	return r;
}

/* Whether two arrays of SIZE bytes are the same, in a time that does not tell where they differ. */
static bool is_same(const char *a, const char *b, size_t size)
{
	unsigned int differs = 0;

	for (size_t i = 0; i < size; i++)
		differs |= (unsigned int)(a[i] ^ b[i]);
	return !differs;
}

bool proxy_users_know(void *arg, const char *user, const char *password)
{
	const struct proxy_users *users = arg;
	struct proxy_user asked = {0};
	bool known = false;

	memcpy(asked.name, user, strlen(user));
	memcpy(asked.password, password, strlen(password));
	for (size_t i = 0; i < users->list.len; i++) {
		const struct proxy_user *one = &users->list.data[i];

		bool name = is_same(one->name, asked.name, sizeof(asked.name));
		bool password_too = is_same(one->password, asked.password, sizeof(asked.password));

		known |= name && password_too;
	}
	explicit_bzero(&asked, sizeof(asked));
	return known;
}

void proxy_users_free(struct proxy_users *users)
{
	for (size_t i = 0; i < users->list.len; i++)
		explicit_bzero(&users->list.data[i], sizeof(users->list.data[i]));
	skt_vec_free(&users->list);
}
