#include "cmd/listen/speaker.h"

#include <errno.h>

#include "base/macros.h"

int speaker_listen(struct speaker *speaker, bool wanted)
{
	if (speaker->stream->wants_read == wanted)
		return 0;
	speaker->stream->wants_read = wanted;
	return skt_stream_update(speaker->stream);
}

static bool is_blocked(const struct speaker *speaker)
{
	for (size_t i = 0; i < SKT_COUNT(speaker->to); i++)
		if (speaker->to[i] && speaker->to[i]->blocked)
			return true;
	return false;
}

static void hold_back(struct speaker *speaker)
{
	struct speakers *all = speaker->all;

	if (speaker->link)
		return;
	speaker->next = all->held;
	speaker->link = &all->held;
	if (all->held)
		all->held->link = &speaker->next;
	all->held = speaker;
	(void)speaker_listen(speaker, false);
}

void speaker_forget(struct speaker *speaker)
{
	if (!speaker->link)
		return;
	*speaker->link = speaker->next;
	if (speaker->next)
		speaker->next->link = speaker->link;
	speaker->link = NULL;
}

void speakers_go_on(struct speakers *all)
{
	struct speaker *next;

	for (struct speaker *at = all->held; at; at = next) {
		next = at->next;
		if (is_blocked(at))
			continue;
		speaker_forget(at);
		(void)speaker_listen(at, true);
	}
}

ssize_t speaker_hear(struct speaker *speaker)
{
	if (is_blocked(speaker)) {
		hold_back(speaker);
		return -EAGAIN;
	}
	return speaker->stream->ops->read(speaker->stream, speaker->all->heard,
		speaker->stream->kind == SKT_STREAM_RECORDS ? speaker->all->record
							    : speaker->all->piece);
}
