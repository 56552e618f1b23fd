#include "cmd/replay.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/moment.h"
#include "record/reader.h"

static void tell_damage(const char *path, uint64_t sound, uint64_t size, void *ctx)
{
	skt_warn(ctx,
		"%s: damaged, or cut short, at byte %llu of %llu: what was recorded behind that is "
		"not shown",
		path, (unsigned long long)sound, (unsigned long long)size);
}

static bool parse_moment(const struct skt_context *ctx, const char *option,
	const struct skt_bytes *text, const struct skt_moment_span *span, uint64_t *ret)
{
	if (!text->len || !skt_moment_parse(text->data, text->len, span, ret))
		return true;
	skt_warn(ctx, "%s '%.*s': there is no such time", option, (int)text->len, text->data);
	return false;
}

static void tell_span(const struct skt_context *ctx, const struct skt_moment_span *span)
{
	char first[SKT_MOMENT_MAX], last[SKT_MOMENT_MAX];

	skt_moment_put(span->first_ns, first);
	skt_moment_put(span->last_ns, last);
	skt_warn(ctx, "nothing was recorded then: the recording is of %s to %s", first, last);
}

static int read_moment(struct skt_replay *replay, struct skt_record_reader *reader,
	const struct skt_context *ctx, const struct skt_replay_when *when)
{
	struct skt_moment_span span = {0};
	struct skt_err err = {0};
	uint64_t at, from;
	int rc;

	skt_record_reader_span(reader, &span.first_ns, &span.last_ns);
	at = span.last_ns;
	from = span.first_ns;
	if (when->between) {
		if (!parse_moment(ctx, "--between", &when->from, &span, &from) ||
			!parse_moment(ctx, "--between", &when->to, &span, &at))
			return SKT_EXIT_USAGE;
		if (from > at && when->from.len && when->to.len) {
			skt_warn(ctx, "--between: it ends before it begins");
			return SKT_EXIT_USAGE;
		}
		if (from > at || from > span.last_ns) {
			tell_span(ctx, &span);
			return SKT_EXIT_NO;
		}
		rc = skt_record_reader_between(reader, from, at, &replay->look, &err);
	} else {
		if (!parse_moment(ctx, "--at", &when->at, &span, &at))
			return SKT_EXIT_USAGE;
		rc = skt_record_reader_at(reader, at, &replay->look, &err);
	}
	if (rc == -ENODATA) {
		tell_span(ctx, &span);
		return SKT_EXIT_NO;
	}
	if (rc) {
		skt_warn(ctx, "%s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	return SKT_EXIT_YES;
}

/* ---- what it knows ---- */

static bool read_meta(const struct skt_replay *replay, struct skt_record_meta *ret)
{
	const struct skt_fact_item *item =
		skt_look_find(&replay->look, skt_fact_kind(SKT_FACT_META), 1);

	memset(ret, 0, sizeof(*ret));
	if (!item || item->len < sizeof(*ret))
		return false;
	memcpy(ret, item->bytes, sizeof(*ret));
	return true;
}

static int recall_holders(struct skt_replay *replay, const struct skt_fact_item *item)
{
	uint32_t pair[2];

	for (size_t at = 0; at + sizeof(pair) <= item->len; at += sizeof(pair)) {
		memcpy(pair, item->bytes + at, sizeof(pair));
		if (!item->number || item->number > UINT32_MAX || pair[1] >= SKT_OWNER_FD_MAX)
			continue;
		if (skt_vec_push(&replay->hits,
			    (struct skt_owner_hit){(uint32_t)item->number, pair[0], pair[1]}))
			return -ENOMEM;
	}
	return 0;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int recall_process(struct skt_replay *replay, const struct skt_fact_item *item)
{
	const char *texts[SKT_RECORD_TEXTS];
	struct skt_record_process head;

	if (item->number > UINT32_MAX || skt_record_process_read(item, &head, &texts))
		return 0;
	return skt_vec_push(&replay->processes,
		(struct skt_past_process){.process = {.pid = (uint32_t)item->number,
						  .uid = head.uid,
						  .has_uid = head.flags & SKT_RECORD_HAS_UID,
						  .deleted = head.flags & SKT_RECORD_DELETED,
						  .name = *texts[0] ? texts[0] : "?",
						  .comm = or_null(texts[1]),
						  .exe = or_null(texts[2]),
						  .command = or_null(texts[3])},
			.cgroup = or_null(texts[4])});
}

static int recall_cgroup(struct skt_replay *replay, const struct skt_fact_item *item)
{
	const char *path = skt_arena_text(&replay->texts, (const char *)item->bytes, item->len);

	if (!path)
		return -ENOMEM;
	return skt_vec_push(&replay->cgroups, (struct skt_past_cgroup){item->number, path});
}

static int recall(struct skt_replay *replay)
{
	const struct skt_fact_item *host =
		skt_look_find(&replay->look, skt_fact_kind(SKT_FACT_META), 2);
	int rc = 0;

	if (host && host->len) {
		replay->host = skt_arena_text(&replay->texts, (const char *)host->bytes, host->len);
		rc = replay->host ? 0 : -ENOMEM;
	}

	for (size_t i = 0; !rc && i < replay->look.items.len; i++) {
		const struct skt_fact_item *item = &replay->look.items.data[i];

		switch (skt_fact_of(item->kind)) {
		case SKT_FACT_HOLDERS:
			rc = recall_holders(replay, item);
			break;
		case SKT_FACT_PROCESS:
			rc = recall_process(replay, item);
			break;
		case SKT_FACT_CGROUP:
			rc = recall_cgroup(replay, item);
			break;
		case SKT_FACT_META:
		case SKT_FACT_SOCKET:
		case SKT_FACT_INTERFACE:
		case SKT_FACT_USER:
		case SKT_FACT_COUNT:
			break;
		}
	}
	return rc;
}

static void show(struct skt_replay *replay, struct skt_context *ctx)
{
	struct skt_record_meta meta;

	(void)read_meta(replay, &meta);
	replay->past = (struct skt_past){.hits = replay->hits.data,
		.hits_count = replay->hits.len,
		.processes = replay->processes.data,
		.processes_count = replay->processes.len,
		.cgroups = replay->cgroups.data,
		.cgroups_count = replay->cgroups.len,
		.hidden = meta.hidden,
		.euid = meta.euid,
		.hiding = meta.faults & SKT_RECORD_HIDEPID       ? "hidepid"
			: meta.faults & SKT_RECORD_PID_NAMESPACE ? "pid namespace"
								 : NULL};
	replay->answer = (struct skt_record_answer){.look = &replay->look};
	replay->source = skt_record_answer_source(&replay->answer);
	ctx->system.netlink = &replay->source;
	ctx->system.kernel = meta.kernel;
	/* Nothing of today is to be taken for what was. */
	ctx->system.proc_root = "/dev/null";
	ctx->replay = replay;
	if (meta.faults & SKT_RECORD_INCOMPLETE)
		skt_warn(ctx, "sockets changed while that was recorded: rows may be missing");
}

static void tell_moment(const struct skt_replay *replay, const struct skt_context *ctx)
{
	char moment[SKT_MOMENT_MAX];

	skt_moment_put(replay->look.real_ns, moment);
	skt_warn(ctx, "as recorded at %s%s%s", moment, replay->host ? " on " : "",
		replay->host ? replay->host : "");
}

int skt_replay_begin(struct skt_replay *ret, struct skt_context *ctx, const char *path,
	const struct skt_replay_when *when)
{
	struct skt_record_reader *reader;
	struct skt_err err = {0};
	int status;

	*ret = (struct skt_replay){.look = {0}};
	if (skt_record_reader_open(path, &reader, &err)) {
		skt_warn(ctx, "--replay: %s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	status = read_moment(ret, reader, ctx, when);
	skt_record_reader_damage(reader, tell_damage, ctx);
	skt_record_reader_close(reader);
	if (status != SKT_EXIT_YES)
		return status;
	if (recall(ret)) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	show(ret, ctx);
	tell_moment(ret, ctx);
	return SKT_EXIT_YES;
}

bool skt_replay_covers(const struct skt_dump_query *query, const struct skt_context *ctx)
{
	struct skt_record_meta meta;
	struct skt_str lacking = {0};
	bool any = false;

	(void)read_meta(ctx->replay, &meta);
	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (!query->protos[proto])
			continue;
		any |= meta.protos >> proto & 1;
		if (meta.protos >> proto & 1)
			continue;
		skt_str_add_text(&lacking, lacking.len ? ", " : "");
		skt_str_add_text(&lacking, skt_proto_names[proto]);
	}
	if (lacking.len)
		skt_warn(ctx, "not recorded: %.*s", (int)lacking.len, lacking.data);
	skt_str_fini(&lacking);
	return any;
}

const char *skt_replay_host(const struct skt_replay *replay)
{
	return replay->host;
}

void skt_replay_fini(struct skt_replay *replay)
{
	skt_vec_free(&replay->hits);
	skt_vec_free(&replay->processes);
	skt_vec_free(&replay->cgroups);
	skt_arena_fini(&replay->texts);
	skt_look_fini(&replay->look);
}
