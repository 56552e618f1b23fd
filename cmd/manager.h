/*
 * The service manager that has started this process, as systemd is one: the sockets that it passes
 * on, and what it wants to hear. Without one there are no such sockets, and nobody is told.
 */
#ifndef SKT_CMD_MANAGER_H
#define SKT_CMD_MANAGER_H

#include <argp.h>

#include "base/vec.h"
#include "cmd/command.h"
#include "net/activation.h"
#include "net/notify.h"

/* ---- what it passes on ---- */

struct skt_passed {
	int fd;
	enum skt_passed_kind kind;
	char name[SKT_FDNAME_MAX + 1];
};

SKT_VEC_DECLARE(skt_passed_list, struct skt_passed);

/* The value of --fdname. Reports what is wrong itself: 0, or what the parser must return. */
error_t skt_fdname_parse(const struct argp_state *state, const char *arg, const char **ret);

/*
 * The sockets that are called NAME (NULL: all), which programs do not inherit; the others are
 * closed. TAKES: bits 1 << SKT_PASSED_* of those that are of use; any other is an error. None were
 * passed on: an empty list, or -ENOENT where a NAME asks for one; so where none is called that.
 */
int skt_passed_choose(const struct skt_context *ctx, const char *name, unsigned int takes,
	struct skt_passed_list *ret, struct skt_err *err);

/*
 * OPTION, or NULL, is for sockets that are opened here: -EINVAL where PASSED has one, which is as
 * the manager has made it.
 */
int skt_passed_check(const struct skt_passed_list *passed, const char *option, struct skt_err *err);

/* None is of use. */
void skt_passed_hide(const struct skt_context *ctx);

/* ---- what it is told ---- */

struct skt_manager {
	const struct skt_context *ctx;
	struct skt_notify notify;
	uint64_t watchdog_ns; /* how often it wants to hear that all is well; 0: not */
};

/* Where it cannot be told, there is a line on stderr, and it is not. */
void skt_manager_open(struct skt_manager *manager, const struct skt_context *ctx);

/*
 * Everything is bound, rights are given up; or what was to be read anew has been read. A manager
 * that could not be told, and takes this for a start that failed, is a line on stderr.
 */
void skt_manager_ready(const struct skt_manager *manager);

/* Something is read anew: skt_manager_ready() follows. */
void skt_manager_reloading(const struct skt_manager *manager);

/* All is well. */
void skt_manager_alive(const struct skt_manager *manager);

/* In words: how it is. */
void skt_manager_status(const struct skt_manager *manager, const char *format, ...)
	SKT_PRINTF(2, 3);

/* The end begins. The manager is closed. */
void skt_manager_stopping(struct skt_manager *manager);

#endif
