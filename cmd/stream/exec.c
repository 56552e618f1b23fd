#include "cmd/stream/exec.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/addr.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/vec.h"
#include "out/text.h"

/* gcc's analyzer takes growing an array of texts for losing them. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

SKT_VEC_DECLARE(words, char *);

static void words_free(struct words *words)
{
	for (size_t i = 0; i < words->len; i++)
		free(words->data[i]);
	skt_vec_free(words);
}

void skt_exec_free(char **list)
{
	for (char **word = list; word && *word; word++)
		free(*word);
	free((void *)list);
}

/* Takes TEXT over. */
static int push(struct words *words, char *text)
{
	if (!text || skt_vec_reserve(words, 1)) {
		free(text);
		return -ENOMEM;
	}
	words->data[words->len++] = text;
	return 0;
}

/* The list, ended by NULL. WORDS is empty then. */
static int hand_over(struct words *words, char ***ret)
{
	if (skt_vec_push(words, NULL)) {
		words_free(words);
		return -ENOMEM;
	}
	*ret = words->data;
	return 0;
}

/* Reads one word at *TEXT, which is no blank, and moves *TEXT behind it. */
static int read_word(const char **text, struct skt_str *word)
{
	const char *p = *text;
	char quote = '\0';

	for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
		if (quote && *p == quote) {
			quote = '\0';
		} else if (!quote && (*p == '"' || *p == '\'')) {
			quote = *p;
		} else if (*p == '\\' && quote != '\'' && p[1]) {
			skt_str_add_char(word, *++p);
		} else {
			skt_str_add_char(word, *p);
		}
	}
	*text = p;
	return quote ? -EINVAL : 0;
}

int skt_exec_words(const char *command, char ***ret, struct skt_err *err)
{
	struct words words = {0};
	const char *p = command + strspn(command, " \t\n");
	int r = 0;

	while (*p && r == 0) {
		struct skt_str word = {0};

		r = read_word(&p, &word);
		if (r)
			(void)skt_fail_text(
				err, EINVAL, "'%.128s': a quote is not closed", command);
		else
			r = word.failed
				? -ENOMEM
				: push(&words, strndup(word.data ? word.data : "", word.len));
		skt_str_fini(&word);
		p += strspn(p, " \t\n");
	}
	if (r == 0 && words.len == 0)
		r = skt_fail_text(err, EINVAL, "'%.128s': the command is empty", command);
	if (r == 0)
		r = hand_over(&words, ret);
	if (r == -ENOMEM)
		r = skt_fail(err, ENOMEM, "'%.128s'", command);
	if (r)
		words_free(&words);
	return r;
}

int skt_exec_shell(const char *command, char ***ret, struct skt_err *err)
{
	char **argv = calloc(4, sizeof(*argv));

	if (argv) {
		argv[0] = strdup("/bin/sh");
		argv[1] = argv[0] ? strdup("-c") : NULL;
		argv[2] = argv[1] ? strdup(command) : NULL;
		if (argv[2]) {
			*ret = argv;
			return 0;
		}
	}
	skt_exec_free(argv);
	return skt_fail(err, ENOMEM, "'%.128s'", command);
}

int skt_exec_check(const char *command, struct skt_err *err)
{
	char **argv;
	int r = skt_exec_words(command, &argv, err);

	if (r == 0)
		skt_exec_free(argv);
	return r;
}

/* ---- the environment ---- */

static int set(struct words *words, const char *name, const char *value)
{
	size_t len = strlen(name);
	char *text;

	for (size_t i = 0; i < words->len; i++)
		if (strncmp(words->data[i], name, len) == 0 && words->data[i][len] == '=') {
			free(words->data[i]);
			words->data[i] = words->data[--words->len];
			break;
		}
	if (!value)
		return 0;
	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	return push(words, text);
}

/* One end of a socket as texts; "" for what it does not have. */
struct end_texts {
	const char *proto;
	char addr[4 * sizeof(((struct sockaddr_un *)0)->sun_path) + 2];
	char port[16];
};

/* A path of LEN bytes, or a name without a file; it may hold anything. */
static void unix_text(const struct sockaddr_un *un, size_t len, struct end_texts *ret)
{
	bool abstract = un->sun_path[0] == '\0';
	struct skt_str text = {0};

	if (abstract)
		skt_str_add_char(&text, '@');
	(void)skt_text_add_escaped(
		&text, un->sun_path + abstract, abstract ? len - 1 : strnlen(un->sun_path, len));
	(void)snprintf(
		ret->addr, sizeof(ret->addr), "%.*s", (int)text.len, text.data ? text.data : "");
	skt_str_fini(&text);
}

static void end_texts(const struct sockaddr_storage *sa, socklen_t len, struct end_texts *ret)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)sa;
	const struct sockaddr_vm *vm = (const struct sockaddr_vm *)sa;
	size_t room = len > offsetof(struct sockaddr_un, sun_path)
		? len - offsetof(struct sockaddr_un, sun_path)
		: 0;
	char text[SKT_ADDR_TEXT_MAX];
	struct skt_addr addr;
	uint16_t port;

	*ret = (struct end_texts){.proto = "UNIX"};
	if (sa->ss_family == AF_UNIX && room) {
		unix_text(un, room, ret);
	} else if (sa->ss_family == AF_VSOCK) {
		ret->proto = "VSOCK";
		(void)snprintf(ret->addr, sizeof(ret->addr), "%u", vm->svm_cid);
		(void)snprintf(ret->port, sizeof(ret->port), "%u", vm->svm_port);
	} else if (skt_addr_from_sockaddr((const struct sockaddr *)sa, &addr, &port) == 0) {
		/* The client of a socket for both families. */
		if (skt_addr_is_v4_mapped(&addr)) {
			memmove(addr.bytes, addr.bytes + 12, 4);
			addr.family = AF_INET;
		}
		ret->proto = "TCP";
		(void)snprintf(ret->addr, sizeof(ret->addr), "%s", skt_addr_text(&addr, text));
		(void)snprintf(ret->port, sizeof(ret->port), "%u", port);
	}
}

static int describe(
	struct words *words, const struct end_texts *local, const struct end_texts *remote)
{
	bool tcp = strcmp(local->proto, "TCP") == 0;
	const struct {
		const char *name, *value;
	} variables[] = {
		{"SOCKKIT_PROTO", local->proto},
		{"SOCKKIT_REMOTE_ADDR", remote->addr},
		{"SOCKKIT_REMOTE_PORT", remote->port},
		{"SOCKKIT_LOCAL_ADDR", local->addr},
		{"SOCKKIT_LOCAL_PORT", local->port},
		{"PROTO", local->proto},
		{"TCPREMOTEIP", tcp ? remote->addr : NULL},
		{"TCPREMOTEPORT", tcp ? remote->port : NULL},
		{"TCPLOCALIP", tcp ? local->addr : NULL},
		{"TCPLOCALPORT", tcp ? local->port : NULL},
		/* Nobody has asked for these: what is there tells of another connection. */
		{"TCPREMOTEHOST", NULL},
		{"TCPREMOTEINFO", NULL},
		{"TCPLOCALHOST", NULL},
		/* A secret of ours. */
		{"SOCKKIT_PROXY_AUTH", NULL},
		/* Sockets that were passed on to us (sd_listen_fds(3)). */
		{"LISTEN_FDS", NULL},
		{"LISTEN_PID", NULL},
		{"LISTEN_FDNAMES", NULL},
		{"LISTEN_PIDFDID", NULL},
		/* It is our manager that hears of us (sd_notify(3)). */
		{"NOTIFY_SOCKET", NULL},
		{"WATCHDOG_USEC", NULL},
		{"WATCHDOG_PID", NULL},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < SKT_COUNT(variables); i++)
		r = set(words, variables[i].name, variables[i].value);
	return r;
}

static int describe_tls(struct words *words, const struct skt_exec_tls *tls)
{
	const struct skt_exec_tls none = {0};
	const struct skt_exec_tls *of = tls ? tls : &none;
	const struct {
		const char *name, *value;
	} variables[] = {
		{"SOCKKIT_TLS_VERSION", of->version},
		{"SOCKKIT_TLS_CIPHER", of->cipher},
		{"SOCKKIT_TLS_ALPN", of->alpn},
		{"SOCKKIT_TLS_SERVERNAME", of->server_name},
		{"SOCKKIT_TLS_SUBJECT", of->subject},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < SKT_COUNT(variables); i++)
		r = set(words, variables[i].name, variables[i].value);
	return r;
}

int skt_exec_environment(int fd, const struct skt_exec_known *known, char *const *base, char ***ret)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct end_texts local = {0}, remote = {0};
	struct words words = {0};
	char text[SKT_ADDR_TEXT_MAX];
	int r = 0;

	if (known && known->told)
		len = skt_addr_to_sockaddr(&known->local, known->local_port, &sa);
	else
		(void)getsockname(fd, (struct sockaddr *)&sa, &len);
	end_texts(&sa, len, &local);
	len = sizeof(sa);
	memset(&sa, 0, sizeof(sa));
	if (known && known->peer.family != AF_UNSPEC) {
		len = skt_addr_to_sockaddr(&known->peer, known->peer_port, &sa);
		(void)snprintf(local.port, sizeof(local.port), "%u", known->local_port);
		if (known->local.family != AF_UNSPEC)
			(void)snprintf(local.addr, sizeof(local.addr), "%s",
				skt_addr_text(&known->local, text));
	} else if (!known || !known->told) {
		(void)getpeername(fd, (struct sockaddr *)&sa, &len);
	}
	end_texts(&sa, len, &remote);
	if (known && known->datagram && known->peer.family != AF_UNSPEC)
		local.proto = remote.proto = "UDP";
	for (char *const *variable = base; r == 0 && *variable; variable++)
		r = push(&words, strdup(*variable));
	if (r == 0)
		r = describe(&words, &local, &remote);
	if (r == 0)
		r = describe_tls(&words, known ? known->tls : NULL);
	if (r) {
		words_free(&words);
		return r;
	}
	return hand_over(&words, ret);
}
