/*
 * Ends the processes that listen on ports, and no others: those who hold the listening socket, not
 * those who are connected to it. Who that is, targets.h finds; end.h does it.
 */
#include "cmd/ports/kill.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cmd/ports/again.h"
#include "cmd/ports/end.h"
#include "cmd/ports/unseen.h"
#include "cmd/ports/wanted.h"

static const char *const action_names[] = {[TARGET_SIGNALLED] = "signalled",
	[TARGET_WOULD_END] = "would-end",
	[TARGET_ENDED] = "ended",
	[TARGET_KILLED] = "killed",
	[TARGET_RUNNING] = "running",
	[TARGET_GONE] = "gone",
	[TARGET_REFUSED] = "refused",
	[TARGET_DENIED] = "denied"};

static const uint8_t action_tones[] = {[TARGET_ENDED] = SKT_TONE_GOOD,
	[TARGET_KILLED] = SKT_TONE_NOTICE,
	[TARGET_RUNNING] = SKT_TONE_BAD,
	[TARGET_REFUSED] = SKT_TONE_BAD,
	[TARGET_DENIED] = SKT_TONE_BAD};

#define ROW(field, text, ...) \
	SKT_COLUMN(struct ports_kill_row, field, .help = (text), .flags = SKT_COLUMN_BOTH, \
		__VA_ARGS__)

const struct skt_column ports_kill_columns[] = {
	ROW(pid, "process id"),
	ROW(process, "program"),
	ROW(user, "user that it runs as"),
	ROW(ports, "where it listens, as port/protocol"),
	SKT_COLUMN_NAME(struct ports_kill_row, "action", action, action_names,
		.tones = action_tones, .help = "what was done", .flags = SKT_COLUMN_BOTH),
	ROW(signal, "the last signal that it was sent"),
	ROW(reason, "why it was spared, or could not be ended"),
	SKT_COLUMN_AS(struct ports_kill_row, "command", command, .help = "command line"),
	SKT_COLUMN_END,
};

struct killing {
	struct ports_targets targets;
	struct skt_output *output;
	bool again; /* somebody has started anew what was ended, told */
};

/* A prefork server may have made more of its kind while the first ones were ended. */
enum { ROUNDS = 5 };

/* Finds and ends who listens now, but nobody twice. *ret_count: how many these were. */
static int run_round(struct killing *killing, size_t *ret_count)
{
	const size_t first = killing->targets.list.len;
	int rc = ports_targets_find(&killing->targets);

	if (!rc)
		rc = ports_end(&killing->targets, first);
	*ret_count = killing->targets.list.len - first;
	/* Rows also of what went wrong half way: something was done. */
	for (size_t i = first; i < killing->targets.list.len; i++)
		if (skt_output_row(killing->output, &killing->targets.list.data[i].row))
			rc = rc ? rc : -EIO;
	ports_targets_close(&killing->targets, first);
	return rc;
}

/* What is said of those whom nobody was seen to hold: an exit status. */
static int report_unseen(const struct killing *killing)
{
	SKT_VEC(uint64_t) inodes = {0};
	int status = SKT_EXIT_YES;

	for (size_t i = 0; i < killing->targets.unseen.len; i++)
		if (skt_vec_push(&inodes, killing->targets.unseen.data[i].inode))
			break;
	if (inodes.len)
		status = ports_unseen(killing->targets.options, killing->targets.ctx,
			&killing->targets.wanted, inodes.data, inodes.len);
	skt_vec_free(&inodes);
	return status;
}

static int status_of(const struct killing *killing)
{
	int status = killing->again ? SKT_EXIT_NO : SKT_EXIT_YES;

	if (killing->targets.trouble)
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < killing->targets.list.len; i++)
		switch ((enum ports_target_action)killing->targets.list.data[i].row.action) {
		case TARGET_WOULD_END:
		case TARGET_ENDED:
		case TARGET_KILLED:
		case TARGET_GONE:
			break;
		case TARGET_SIGNALLED:
		case TARGET_RUNNING:
		case TARGET_REFUSED:
		case TARGET_DENIED:
			status = SKT_EXIT_NO;
		}
	return status;
}

static int look_again(struct killing *killing)
{
	SKT_VEC(uint64_t) known = {0};
	int rc = 0;

	if (!killing->targets.supervised || killing->targets.options->dry_run ||
		skt_interrupted(killing->targets.ctx))
		return 0;
	for (size_t i = 0; !rc && i < killing->targets.listeners.len; i++)
		rc = skt_vec_push(&known, killing->targets.listeners.data[i].inode);
	if (!rc)
		rc = ports_again(killing->targets.options, killing->targets.ctx,
			&killing->targets.wanted, known.data, known.len);
	skt_vec_free(&known);
	killing->again = rc > 0;
	return SKT_MIN(rc, 0);
}

/* Nobody listens by the protocols that were asked for; by the other one, maybe. */
static int report_none(struct killing *killing)
{
	const bool other_is_udp = !killing->targets.options->inet.udp;
	struct ports_options other = *killing->targets.options;
	const struct ports_options *asked = killing->targets.options;
	const struct ports_listener *at;

	other.inet.udp = other_is_udp;
	other.inet.tcp = !other_is_udp;
	killing->targets.options = &other;
	if (asked->inet.tcp != asked->inet.udp && ports_targets_listen(&killing->targets))
		killing->targets.trouble = true;
	killing->targets.options = asked;
	at = killing->targets.listeners.data;
	if (killing->targets.listeners.len)
		skt_warn(killing->targets.ctx,
			"nothing listens there by %s, but port %u/%s is %s: use -%c",
			other_is_udp ? "TCP" : "UDP", at->port, skt_proto_names[at->proto],
			other_is_udp ? "bound" : "listened on", other_is_udp ? 'u' : 't');
	else
		skt_warn(killing->targets.ctx, "nothing listens there");
	return killing->targets.trouble ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
}

static int kill_listeners(struct killing *killing)
{
	size_t count = 1;
	int rc = ports_targets_listen(&killing->targets), status, unseen;

	if (rc)
		return SKT_EXIT_TROUBLE;
	if (!killing->targets.listeners.len)
		return report_none(killing);
	for (int i = 0; !rc && count && i < ROUNDS && !skt_interrupted(killing->targets.ctx); i++) {
		rc = run_round(killing, &count);
		if (killing->targets.options->dry_run)
			break;
	}
	if (!rc)
		rc = look_again(killing);
	unseen = report_unseen(killing);
	status = rc ? SKT_EXIT_TROUBLE : status_of(killing);
	return SKT_MAX(status, unseen);
}

int ports_kill(const struct ports_options *o, const struct skt_context *ctx)
{
	struct killing killing = {.targets = {.options = o, .ctx = ctx}};
	struct skt_services *services = NULL;
	struct skt_sink sink;
	int status = ports_resolve(o, ctx, &services, &killing.targets.wanted);

	skt_services_free(services);
	if (status == SKT_EXIT_YES) {
		status = SKT_EXIT_TROUBLE;
		if (!skt_rows_begin(
			    &o->rows, ctx, sizeof(struct ports_kill_row), &sink, &killing.output))
			status = skt_rows_end(ctx, &sink, killing.output, kill_listeners(&killing));
	}
	ports_targets_fini(&killing.targets);
	return status;
}
