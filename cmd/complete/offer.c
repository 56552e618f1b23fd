#include "cmd/complete/offer.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "out/sink.h"
#include "out/text.h"

/* A shell shows no more than it has room for, and reads each. */
enum { OFFERS_MAX = 1000, ABOUT_MAX = 60 };

static int compare(const void *a, const void *b)
{
	const struct complete_offer *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void say_more(
	struct complete_offers *offers, struct complete_offer *offer, const char *about)
{
	struct skt_str text = {0};

	if (!about || !*about)
		return;
	if (offer->about && (strlen(offer->about) >= ABOUT_MAX || strstr(offer->about, about)))
		return;
	if (offer->about) {
		skt_str_add_text(&text, offer->about);
		skt_str_add_text(&text, ", ");
	}
	skt_str_add_text(&text, about);
	offer->about = text.failed ? NULL : skt_arena_text(&offers->arena, text.data, text.len);
	skt_str_fini(&text);
}

void complete_offer(struct complete_offers *offers, const char *text, const char *about)
{
	const size_t typed = strlen(offers->typed);
	struct complete_offer *offer, **known;

	if (strncmp(text, offers->typed, typed) != 0 || !*text || offers->list.len >= OFFERS_MAX)
		return;
	/* It would be an option. */
	if (text[0] == '-' && !offers->dashes && offers->typed == offers->word)
		return;
	offer = skt_arena_alloc(&offers->arena, sizeof(*offer));
	if (!offer)
		goto failed;
	offer->len = strlen(text);
	offer->text = skt_arena_text(&offers->arena, text, offer->len);
	known = offer->text ? tsearch(offer, &offers->known, compare) : NULL;
	if (!known)
		goto failed;
	say_more(offers, *known, about);
	if (*known == offer && skt_vec_push(&offers->list, offer))
		goto failed;
	return;
failed:
	offers->failed = true;
}

/* The three of them as one. */
static void offer_joined(struct complete_offers *offers, const char *before, const char *text,
	const char *behind, const char *about)
{
	struct skt_str all = {0};

	skt_str_add_text(&all, before);
	skt_str_add_text(&all, text);
	skt_str_add(&all, behind, strlen(behind) + 1);
	if (!all.failed)
		complete_offer(offers, all.data, about);
	offers->failed |= all.failed;
	skt_str_fini(&all);
}

void complete_offer_more(
	struct complete_offers *offers, const char *text, const char *behind, const char *about)
{
	offer_joined(offers, "", text, behind, about);
}

void complete_offer_option(
	struct complete_offers *offers, const char *name, const char *behind, const char *about)
{
	offer_joined(offers, "--", name, behind, about);
}

void complete_offer_item(struct complete_offers *offers)
{
	const char *comma = strrchr(offers->typed, ',');

	if (comma)
		offers->typed = comma + 1;
	offers->action = "list";
}

bool complete_offer_used(const struct complete_offers *offers, const char *list, const char *text)
{
	while (list < offers->typed) {
		size_t len = strcspn(list, ",");
		const size_t sign = len && strchr("+-!", list[0]) ? 1 : 0;

		if (list + len >= offers->typed)
			return false;
		if (strlen(text) == len - sign && memcmp(list + sign, text, len - sign) == 0)
			return true;
		list += len + 1;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	const struct complete_offer *const *x = a, *const *y = b;

	return strverscmp((*x)->text, (*y)->text);
}

void complete_offers_sort(struct complete_offers *offers, size_t first)
{
	if (first < offers->list.len)
		qsort(offers->list.data + first, offers->list.len - first,
			sizeof(*offers->list.data), by_text);
}

static void write_field(struct skt_str *out, const char *text)
{
	skt_str_add(out, text, strlen(text) + 1);
}

/* Harmless, and no longer than a line has room for beside a word. */
static void write_about(struct skt_str *out, const char *about)
{
	const size_t begin = out->len;
	size_t len;

	if (about && skt_text_add_escaped(out, about, strlen(about)) > ABOUT_MAX && !out->failed) {
		len = skt_text_cut(out->data + begin, out->len - begin, ABOUT_MAX - 1);
		out->len = begin + len;
		skt_str_add_text(out, "…");
	}
	skt_str_add_char(out, '\0');
}

bool complete_offers_write(struct complete_offers *offers, int out)
{
	const size_t front = (size_t)(offers->typed - offers->word);
	struct skt_str text = {0};
	struct skt_sink sink;
	bool written;

	write_field(&text, offers->action ? offers->action : "words");
	skt_str_add(&text, offers->word, front);
	skt_str_add_char(&text, '\0');
	for (size_t i = 0; i < offers->list.len; i++) {
		const struct complete_offer *offer = offers->list.data[i];

		skt_str_add(&text, offers->word, front);
		write_field(&text, offer->text);
		write_about(&text, offer->about);
	}
	skt_sink_init(&sink, out);
	skt_str_add(&sink.pending, text.data, text.len);
	written = !text.failed && !offers->failed && !skt_sink_flush(&sink);
	skt_sink_fini(&sink);
	skt_str_fini(&text);
	return written;
}

static void leave(void *offer)
{
	(void)offer; /* the arena's */
}

void complete_offers_fini(struct complete_offers *offers)
{
	tdestroy(offers->known, leave);
	skt_vec_free(&offers->list);
	skt_arena_fini(&offers->arena);
}
