/* The arguments of connect: endpoints in one word or two, and lists of ports for --probe. */
#include "cmd/connect/targets.h"

#include <errno.h>
#include <string.h>

void connect_targets_fini(struct connect_targets *targets)
{
	for (size_t i = 0; i < targets->len; i++)
		skt_vec_free(&targets->data[i].ports);
	skt_vec_free(targets);
}

/* Digits, commas and dashes: no name of a host, so it can only be more ports. */
static bool is_numbers(const char *word)
{
	return word[0] && word[strspn(word, "0123456789,-")] == '\0';
}

static int add_host(
	struct connect_targets *targets, const char *host, const char *ports, struct skt_err *err)
{
	struct connect_target target = {0};
	int r;

	/* The port is any, only to have the host read; then the list says which. */
	r = skt_endpoint_parse_pair(host, "1", SKT_ENDPOINT_REMOTE, &target.endpoint, err);
	if (r == 0)
		r = skt_port_list_parse(ports, strlen(ports), &target.ports, err);
	if (r == 0)
		r = skt_vec_push(targets, target);
	if (r)
		skt_vec_free(&target.ports);
	return r;
}

static bool is_inet(const char *word)
{
	return strncmp(word, "unix:", 5) != 0 && strncmp(word, "vsock:", 6) != 0;
}

/* HOST:PORTS. COLON is the one in front of PORTS. */
static int add_joined(
	struct connect_targets *targets, const char *word, const char *colon, struct skt_err *err)
{
	char host[SKT_ENDPOINT_TEXT_MAX];
	size_t len = (size_t)(colon - word);

	if (len >= sizeof(host))
		return skt_fail_text(err, ENAMETOOLONG, "'%.80s': the host is too long", word);
	memcpy(host, word, len);
	host[len] = '\0';
	return add_host(targets, host, colon + 1, err);
}

/* An endpoint in one word: 0, 1 where it is none (ERR says why), or -errno. */
static int add_word(struct connect_targets *targets, const char *word, struct skt_err *err)
{
	const char *colon = is_inet(word) ? strrchr(word, ':') : NULL;
	bool list = colon && strpbrk(colon, ",-") && !strchr(colon, ']');
	struct connect_target target = {0};

	/* 8000-8010 could be the name of a service, but nobody means that. */
	if (list && is_numbers(colon + 1))
		return add_joined(targets, word, colon, err);
	if (skt_endpoint_parse(word, SKT_ENDPOINT_REMOTE, &target.endpoint, err) == 0)
		return skt_vec_push(targets, target);
	return list ? add_joined(targets, word, colon, err) : 1;
}

static int parse_many(
	char *const *words, size_t count, struct connect_targets *targets, struct skt_err *err)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < count) {
		r = add_word(targets, words[i], err);
		if (r == 0)
			i++;
		if (r <= 0)
			continue;
		if (i + 1 == count || !is_inet(words[i]))
			return -EINVAL;
		r = add_host(targets, words[i], words[i + 1], err);
		for (i += 2; r == 0 && i < count && is_numbers(words[i]); i++)
			r = skt_port_list_parse(words[i], strlen(words[i]),
				&targets->data[targets->len - 1].ports, err);
	}
	return r;
}

static int parse_one(
	char *const *words, size_t count, struct connect_targets *targets, struct skt_err *err)
{
	struct connect_target target = {0};
	int r;

	if (count > 2 ||
		(count == 2 &&
			skt_endpoint_parse(words[0], SKT_ENDPOINT_REMOTE, &target.endpoint, err) ==
				0))
		return skt_fail_text(err, EINVAL,
			"'%.80s': one ENDPOINT only; several are for --probe", words[count - 1]);
	if (count == 2)
		r = skt_endpoint_parse_pair(
			words[0], words[1], SKT_ENDPOINT_REMOTE, &target.endpoint, err);
	else
		r = skt_endpoint_parse(words[0], SKT_ENDPOINT_REMOTE, &target.endpoint, err);
	return r ? r : skt_vec_push(targets, target);
}

int connect_targets_parse(char *const *words, size_t count, bool many, struct connect_targets *ret,
	struct skt_err *err)
{
	if (count == 0)
		return skt_fail_text(err, EINVAL, "where to? ENDPOINT is missing");
	return many ? parse_many(words, count, ret, err) : parse_one(words, count, ret, err);
}
