#include "cmd/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/parse.h"

enum { STATUS_MAX = 256 };

error_t skt_fdname_parse(const struct argp_state *state, const char *arg, const char **ret)
{
	if (!skt_fdname_is_valid(arg))
		return skt_usage_error(state,
			"--fdname '%s': expected a name as of FileDescriptorName=, without ':'",
			arg);
	*ret = arg;
	return 0;
}

static void read_passed(const struct skt_context *ctx, struct skt_activation *ret)
{
	const struct skt_manager_words *words = &ctx->manager;

	skt_activation_read(ret, words->listen_fds, words->listen_pid, words->listen_fdnames);
	skt_activation_hide(ret);
}

/* What is wrong with one that is not of use, and where it would be. */
static int refuse(const struct skt_passed *passed, unsigned int takes, struct skt_err *err)
{
	static const char *const kinds[] = {
		[SKT_PASSED_LISTENER] = "listens for streams",
		[SKT_PASSED_CONNECTION] = "is a connection",
		[SKT_PASSED_DATAGRAMS] = "is for datagrams",
		[SKT_PASSED_OTHER] = "neither listens nor is for datagrams",
	};
	bool datagrams = takes >> SKT_PASSED_DATAGRAMS & 1;
	const char *remedy = passed->kind == SKT_PASSED_OTHER ? "choose others with --fdname"
		: datagrams ? "that is for sockkit listen; here it takes ListenDatagram="
			    : "that is for sockkit udprecv; here it takes ListenStream=";

	return skt_fail_text(err, EINVAL, "LISTEN_FDS: descriptor %d ('%.64s') %s: %s", passed->fd,
		passed->name, kinds[passed->kind], remedy);
}

static int look_at(struct skt_passed *passed, unsigned int takes, struct skt_err *err)
{
	int kind = skt_passed_kind(passed->fd);

	if (kind < 0)
		return skt_fail(err, -kind, "LISTEN_FDS: descriptor %d ('%.64s')", passed->fd,
			passed->name);
	/* One that was reset since knows its peer no more; it has the name that systemd gives. */
	if (kind == SKT_PASSED_OTHER && strcmp(passed->name, "connection") == 0)
		kind = SKT_PASSED_CONNECTION;
	passed->kind = (enum skt_passed_kind)kind;
	return takes >> kind & 1 ? 0 : refuse(passed, takes, err);
}

static int refuse_name(
	const struct skt_activation *activation, const char *name, struct skt_err *err)
{
	const char *names = activation->names;

	if (!activation->count)
		return skt_fail_text(err, ENOENT,
			"--fdname '%.64s': no socket was passed on: LISTEN_FDS and LISTEN_PID are not of this process",
			name);
	return skt_fail_text(err, ENOENT,
		"--fdname '%.64s': no socket that was passed on is called so, but: %.128s", name,
		names ? names : "unknown");
}

int skt_passed_choose(const struct skt_context *ctx, const char *name, unsigned int takes,
	struct skt_passed_list *ret, struct skt_err *err)
{
	struct skt_activation activation;
	int r = 0;

	read_passed(ctx, &activation);
	for (size_t i = 0; r == 0 && i < activation.count; i++) {
		struct skt_passed passed = {.fd = SKT_ACTIVATION_FIRST + (int)i};
		size_t len;
		const char *called = skt_activation_name(&activation, i, &len);

		(void)snprintf(passed.name, sizeof(passed.name), "%.*s",
			(int)SKT_MIN(len, (size_t)SKT_FDNAME_MAX), called);
		if (name && strcmp(name, passed.name) != 0) {
			(void)close(passed.fd);
			continue;
		}
		r = look_at(&passed, takes, err);
		if (r == 0 && skt_vec_push(ret, passed))
			r = skt_fail(err, ENOMEM, "LISTEN_FDS");
	}
	return r == 0 && name && !ret->len ? refuse_name(&activation, name, err) : r;
}

int skt_passed_check(const struct skt_passed_list *passed, const char *option, struct skt_err *err)
{
	if (!passed->len || !option)
		return 0;
	return skt_fail_text(err, EINVAL,
		"%s has no effect on a socket that is passed on: that is for its .socket unit to say",
		option);
}

void skt_passed_hide(const struct skt_context *ctx)
{
	struct skt_activation activation;

	read_passed(ctx, &activation);
}

/* ---- what it is told ---- */

void skt_manager_open(struct skt_manager *manager, const struct skt_context *ctx)
{
	const struct skt_manager_words *words = &ctx->manager;
	struct skt_err err;

	manager->ctx = ctx;
	if (skt_notify_open(&manager->notify, words->notify_socket, &err))
		skt_warn(ctx, "the service manager is not told: %s", err.text);
	manager->watchdog_ns = manager->notify.fd < 0
		? 0
		: skt_watchdog_ns(words->watchdog_usec, words->watchdog_pid);
}

void skt_manager_ready(const struct skt_manager *manager)
{
	int r = skt_notify_tell(&manager->notify, "READY=1");

	if (r)
		skt_warn(
			manager->ctx, "the service manager is not told: READY=1: %s", strerror(-r));
}

void skt_manager_reloading(const struct skt_manager *manager)
{
	char state[64];

	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		skt_clock_ns() / SKT_NS_PER_US);
	(void)skt_notify_tell(&manager->notify, state);
}

void skt_manager_alive(const struct skt_manager *manager)
{
	skt_notify_hint(&manager->notify, "WATCHDOG=1");
}

void skt_manager_status(const struct skt_manager *manager, const char *format, ...)
{
	char state[STATUS_MAX] = "STATUS=";
	const size_t head = strlen(state);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(state + head, sizeof(state) - head, format, args);
	va_end(args);
	skt_notify_hint(&manager->notify, state);
}

void skt_manager_stopping(struct skt_manager *manager)
{
	(void)skt_notify_tell(&manager->notify, "STOPPING=1");
	skt_notify_close(&manager->notify);
}
