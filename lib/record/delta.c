#include "record/delta.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "record/varint.h"

enum { WORD = 4 };

/* A fact and what it is told as the difference from; NULL: from nothing. */
struct pair {
	const struct skt_fact_item *old;
	const struct skt_fact_item *now;
};

SKT_VEC_DECLARE(pairs, struct pair);
SKT_VEC_DECLARE(places, size_t);

/* Whether facts of KIND are numbers, told word by word, or texts. */
static bool is_words(uint32_t kind)
{
	const enum skt_fact fact = skt_fact_of(kind);

	return fact == SKT_FACT_SOCKET || fact == SKT_FACT_HOLDERS;
}

/* Word INDEX of ITEM, with zeros behind its end. */
static uint32_t word_of(const struct skt_fact_item *item, size_t index)
{
	const size_t at = index * WORD;
	uint32_t word = 0;

	if (item && at < item->len)
		memcpy(&word, item->bytes + at, SKT_MIN(item->len - at, (size_t)WORD));
	return word;
}

static size_t words_in(uint32_t len)
{
	return ((size_t)len + WORD - 1) / WORD;
}

static uint32_t fold(uint32_t difference)
{
	return difference << 1 ^ (difference >> 31 ? UINT32_MAX : 0);
}

static uint32_t unfold(uint32_t folded)
{
	return folded >> 1 ^ (folded & 1 ? UINT32_MAX : 0);
}

/* ---- writing ---- */

struct writer {
	struct places gone, changed; /* in BEFORE */
	struct pairs changes, news;
};

static int sort_out(
	struct writer *writer, const struct skt_look *before, const struct skt_look *now, bool part)
{
	size_t i = 0, j = 0;
	int rc = 0;

	while (!rc && (i < before->items.len || j < now->items.len)) {
		const struct skt_fact_item *old = before->items.data + i;
		const struct skt_fact_item *item = now->items.data + j;
		const int order = i == before->items.len ? 1
			: j == now->items.len            ? -1
							 : skt_fact_compare(old, item);

		if (order < 0 && !part)
			rc = skt_vec_push(&writer->gone, i);
		if (order > 0)
			rc = skt_vec_push(&writer->news, (struct pair){NULL, item});
		if (!order &&
			(old->len != item->len || memcmp(old->bytes, item->bytes, old->len) != 0 ||
				part)) {
			rc = skt_vec_push(&writer->changed, i);
			if (!rc)
				rc = skt_vec_push(&writer->changes, (struct pair){old, item});
		}
		i += order <= 0;
		j += order >= 0;
	}
	/* What is new looks like what came before it. */
	for (size_t n = 1; n < writer->news.len; n++)
		if (writer->news.data[n].now->kind == writer->news.data[n - 1].now->kind)
			writer->news.data[n].old = writer->news.data[n - 1].now;
	return rc;
}

static void add_places(struct skt_str *out, const struct places *places)
{
	for (size_t i = 0; i < places->len; i++)
		skt_varint_add(out, places->data[i] - (i ? places->data[i - 1] : 0));
}

/* The words of COUNT facts of one kind. */
static void add_words(struct skt_str *out, const struct pair *pairs, size_t count)
{
	size_t longest = 0;

	for (size_t i = 0; i < count; i++)
		longest = SKT_MAX(longest, words_in(pairs[i].now->len));
	for (size_t word = 0; word < longest; word++) {
		for (unsigned int shift = 0; shift < 32; shift += 8) {
			for (size_t i = 0; i < count; i++) {
				if (word >= words_in(pairs[i].now->len))
					continue;
				skt_str_add_char(out,
					(char)(fold(word_of(pairs[i].now, word) -
						       word_of(pairs[i].old, word)) >>
						shift));
			}
		}
	}
}

static size_t run_of(const struct pairs *pairs, size_t from)
{
	size_t end = from + 1;

	while (end < pairs->len && pairs->data[end].now->kind == pairs->data[from].now->kind)
		end++;
	return end;
}

static void add_contents(struct skt_str *out, const struct pairs *pairs)
{
	for (size_t i = 0, end; i < pairs->len; i = end) {
		end = run_of(pairs, i);
		if (is_words(pairs->data[i].now->kind)) {
			add_words(out, pairs->data + i, end - i);
			continue;
		}
		for (size_t n = i; n < end; n++)
			skt_str_add(out, (const char *)pairs->data[n].now->bytes,
				pairs->data[n].now->len);
	}
}

static void add_news(struct skt_str *out, const struct pairs *news)
{
	uint32_t kind = 0;
	uint64_t number = 0;

	for (size_t i = 0; i < news->len; i++) {
		const struct skt_fact_item *item = news->data[i].now;

		skt_varint_add(out, item->kind - kind);
		skt_varint_add(out, item->kind == kind ? item->number - number : item->number);
		kind = item->kind;
		number = item->number;
	}
	for (size_t i = 0; i < news->len; i++)
		skt_varint_add(out, news->data[i].now->len);
}

int skt_delta_write(
	const struct skt_look *before, const struct skt_look *now, bool part, struct skt_str *out)
{
	struct writer writer = {.gone = {0}};
	int rc = sort_out(&writer, before, now, part);

	if (!rc) {
		skt_varint_add(out, writer.gone.len);
		skt_varint_add(out, writer.changes.len);
		skt_varint_add(out, writer.news.len);
		add_places(out, &writer.gone);
		add_places(out, &writer.changed);
		for (size_t i = 0; i < writer.changes.len; i++)
			skt_varint_add(out,
				skt_zigzag((int64_t)writer.changes.data[i].now->len -
					writer.changes.data[i].old->len));
		add_news(out, &writer.news);
		add_contents(out, &writer.changes);
		add_contents(out, &writer.news);
		rc = out->failed ? -ENOMEM : 0;
	}
	skt_vec_free(&writer.gone);
	skt_vec_free(&writer.changed);
	skt_vec_free(&writer.changes);
	skt_vec_free(&writer.news);
	return rc;
}

/* ---- reading ---- */

/* A fact to be filled: one of RET's, and what it differs from. */
struct filled {
	unsigned char *bytes;
	uint32_t kind, len;
	const struct skt_fact_item *old; /* or NULL: then the one before it in the list */
};

SKT_VEC_DECLARE(filled_list, struct filled);

struct reader {
	const struct skt_look *before;
	struct skt_look *ret;
	struct skt_varint_input in;
	size_t gone_count, changed_count, news_count;
	uint64_t promised; /* bytes of the facts that are to come */
	struct places gone, changed;
	struct filled_list changes, news;
};

static int read_places(struct reader *reader, size_t count, struct places *ret)
{
	uint64_t place = 0;

	for (size_t i = 0; i < count; i++) {
		const uint64_t step = skt_varint_next(&reader->in);

		if (reader->in.bad || (i && !step) || step >= reader->before->items.len ||
			(place += step) >= reader->before->items.len)
			return -EBADMSG;
		if (skt_vec_push(ret, (size_t)place))
			return -ENOMEM;
	}
	return 0;
}

/* Room for a fact in RET, noted in LIST. What cannot be for its size is malformed. */
static int expect(struct reader *reader, struct filled_list *list, uint32_t kind, uint64_t number,
	uint64_t len, const struct skt_fact_item *old)
{
	unsigned char *bytes;

	/* Every byte of it is one of those that are left. */
	reader->promised += len;
	if (len > SKT_FACT_BYTES_MAX || reader->promised > reader->in.left ||
		skt_fact_of(kind) == 0 || skt_fact_of(kind) >= SKT_FACT_COUNT)
		return -EBADMSG;
	bytes = skt_look_room(reader->ret, kind, number, (size_t)len);
	if (!bytes)
		return -ENOMEM;
	return skt_vec_push(list,
		(struct filled){.bytes = bytes, .kind = kind, .len = (uint32_t)len, .old = old});
}

static int read_changes(struct reader *reader)
{
	for (size_t i = 0; i < reader->changed_count; i++) {
		const struct skt_fact_item *old =
			&reader->before->items.data[reader->changed.data[i]];
		const int64_t more = skt_unzigzag(skt_varint_next(&reader->in));
		int rc;

		if (reader->in.bad || more > SKT_FACT_BYTES_MAX || more < -(int64_t)old->len)
			return -EBADMSG;
		rc = expect(reader, &reader->changes, old->kind, old->number,
			(uint64_t)((int64_t)old->len + more), old);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_news(struct reader *reader)
{
	SKT_VEC(struct skt_fact_item) heads = {0};
	uint64_t kind = 0, number = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < reader->news_count; i++) {
		const uint64_t step = skt_varint_next(&reader->in);
		const uint64_t value = skt_varint_next(&reader->in);

		if (reader->in.bad || step > UINT32_MAX - kind) {
			rc = -EBADMSG;
			break;
		}
		kind += step;
		number = step || !i ? value : number + value;
		rc = skt_vec_push(
			&heads, (struct skt_fact_item){.kind = (uint32_t)kind, .number = number});
	}
	for (size_t i = 0; !rc && i < reader->news_count; i++) {
		const uint64_t len = skt_varint_next(&reader->in);

		rc = reader->in.bad ? -EBADMSG
				    : expect(reader, &reader->news, heads.data[i].kind,
					      heads.data[i].number, len, NULL);
	}
	skt_vec_free(&heads);
	return rc;
}

/* Undoes the differences of COUNT facts of one kind, whose folded words they hold. */
static void add_up(struct filled *filled, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct skt_fact_item neighbour = {
			.len = i ? filled[i - 1].len : 0, .bytes = i ? filled[i - 1].bytes : NULL};
		const struct skt_fact_item *old = filled[i].old ? filled[i].old : &neighbour;

		for (size_t word = 0; word < words_in(filled[i].len); word++) {
			const struct skt_fact_item self = {
				.len = filled[i].len, .bytes = filled[i].bytes};
			const uint32_t value = unfold(word_of(&self, word)) + word_of(old, word);
			const size_t at = word * WORD;

			memcpy(filled[i].bytes + at, &value,
				SKT_MIN(filled[i].len - at, (size_t)WORD));
		}
	}
}

/*
 * Word by word, of COUNT facts of one kind. What a last word has beyond the end of its fact is
 * told, and passed over: facts of numbers are whole words (look.h), so that nothing is lost by it.
 */
static int read_words(struct reader *reader, struct filled *filled, size_t count)
{
	struct skt_varint_input *in = &reader->in;
	size_t longest = 0;

	for (size_t i = 0; i < count; i++)
		longest = SKT_MAX(longest, words_in(filled[i].len));
	for (size_t word = 0; word < longest; word++) {
		for (size_t byte = 0; byte < WORD; byte++) {
			for (size_t i = 0; i < count; i++) {
				if (word >= words_in(filled[i].len))
					continue;
				if (!in->left)
					return -EBADMSG;
				if (word * WORD + byte < filled[i].len)
					filled[i].bytes[word * WORD + byte] = *in->p;
				in->p++;
				in->left--;
			}
		}
	}
	add_up(filled, count);
	return 0;
}

static int read_text(struct reader *reader, const struct filled *filled)
{
	if (reader->in.left < filled->len)
		return -EBADMSG;
	if (filled->len)
		memcpy(filled->bytes, reader->in.p, filled->len);
	reader->in.p += filled->len;
	reader->in.left -= filled->len;
	return 0;
}

static int read_contents(struct reader *reader, struct filled_list *list)
{
	int rc = 0;

	for (size_t i = 0, end; !rc && i < list->len; i = end) {
		end = i + 1;
		while (end < list->len && list->data[end].kind == list->data[i].kind)
			end++;
		if (is_words(list->data[i].kind)) {
			rc = read_words(reader, list->data + i, end - i);
			continue;
		}
		for (size_t n = i; !rc && n < end; n++)
			rc = read_text(reader, &list->data[n]);
	}
	return rc;
}

/* What is neither gone nor changed stays as it was. */
static int keep_rest(struct reader *reader)
{
	size_t gone = 0, changed = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < reader->before->items.len; i++) {
		const struct skt_fact_item *item = &reader->before->items.data[i];

		if (gone < reader->gone.len && reader->gone.data[gone] == i)
			gone++;
		else if (changed < reader->changed.len && reader->changed.data[changed] == i)
			changed++;
		else
			rc = skt_look_add(
				reader->ret, item->kind, item->number, item->bytes, item->len);
	}
	return rc;
}

static int read_counts(struct reader *reader)
{
	const uint64_t gone = skt_varint_next(&reader->in);
	const uint64_t changed = skt_varint_next(&reader->in);
	const uint64_t news = skt_varint_next(&reader->in);

	/* Each takes a byte at least. */
	if (reader->in.bad || gone > reader->in.left || changed > reader->in.left ||
		news > reader->in.left)
		return -EBADMSG;
	reader->gone_count = (size_t)gone;
	reader->changed_count = (size_t)changed;
	reader->news_count = (size_t)news;
	return 0;
}

int skt_delta_read(const struct skt_look *before, const void *bytes, size_t len, bool part,
	struct skt_look *ret)
{
	struct reader reader = {.before = before, .ret = ret, .in = {.p = bytes, .left = len}};
	int rc = read_counts(&reader);

	if (!rc)
		rc = read_places(&reader, reader.gone_count, &reader.gone);
	if (!rc)
		rc = read_places(&reader, reader.changed_count, &reader.changed);
	if (!rc)
		rc = read_changes(&reader);
	if (!rc)
		rc = read_news(&reader);
	if (!rc)
		rc = read_contents(&reader, &reader.changes);
	if (!rc)
		rc = read_contents(&reader, &reader.news);
	if (!rc && reader.in.left)
		rc = -EBADMSG;
	if (!rc && !part)
		rc = keep_rest(&reader);
	if (!rc)
		skt_look_sort(ret, NULL);
	skt_vec_free(&reader.gone);
	skt_vec_free(&reader.changed);
	skt_vec_free(&reader.changes);
	skt_vec_free(&reader.news);
	return rc;
}
