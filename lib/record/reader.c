#include "record/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "record/delta.h"
#include "record/file.h"
#include "record/pack.h"

/* A file of the recording. */
struct part {
	char *path;
	int fd;
	struct skt_record_index index;
	uint64_t sound; /* how much of it was found to be so */
};

struct skt_record_reader {
	SKT_VEC(struct part) parts;
	struct skt_pack *pack;
};

/* ---- opening ---- */

static int add_part(struct skt_record_reader *reader, const char *path, struct skt_err *err)
{
	struct part part = {.path = strdup(path)};
	int rc;

	if (!part.path || skt_vec_push(&reader->parts, part)) {
		free(part.path);
		return skt_fail(err, ENOMEM, "%s", path);
	}
	struct part *added = &reader->parts.data[reader->parts.len - 1];

	added->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (added->fd < 0)
		return skt_fail(err, errno, "%s", path);
	rc = skt_record_index_read(added->fd, path, &added->index, err);
	added->sound = added->index.sound;
	return rc;
}

static int is_recording(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name), skip = sizeof(SKT_RECORD_SUFFIX) - 1;

	return len > skip && strcmp(entry->d_name + len - skip, SKT_RECORD_SUFFIX) == 0;
}

static int add_directory(struct skt_record_reader *reader, const char *path, struct skt_err *err)
{
	struct dirent **entries;
	const int count = scandir(path, &entries, is_recording, alphasort);
	int rc = 0;

	if (count < 0)
		return skt_fail(err, errno, "%s", path);
	for (int i = 0; i < count; i++) {
		char name[PATH_MAX];

		if (!rc &&
			snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name) >=
				(int)sizeof(name))
			rc = skt_fail(err, ENAMETOOLONG, "%s", path);
		if (!rc)
			rc = add_part(reader, name, err);
		/* It was the oldest one, and is no longer kept. */
		if (rc == -ENOENT)
			rc = 0;
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* What there is to unpack, and whether there is anything. */
static int check_blocks(struct skt_record_reader *reader, const char *path, struct skt_err *err)
{
	bool any = false, packed = false;

	for (size_t i = 0; i < reader->parts.len; i++) {
		const struct skt_record_index *index = &reader->parts.data[i].index;

		for (size_t n = 0; n < index->places.len; n++) {
			any |= index->places.data[n].block.type == SKT_RECORD_KEY;
			packed |= index->places.data[n].block.packed;
		}
	}
	if (!any)
		return skt_fail_text(err, ENODATA, "%s: nothing is recorded in it", path);
	if (packed && skt_pack_lacks())
		return skt_fail_text(
			err, EOPNOTSUPP, "%s: it is compressed, and %s", path, skt_pack_lacks());
	if (packed && skt_pack_new(true, &reader->pack))
		return skt_fail(err, ENOMEM, "%s", path);
	return 0;
}

int skt_record_reader_open(const char *path, struct skt_record_reader **ret, struct skt_err *err)
{
	struct skt_record_reader *reader = calloc(1, sizeof(*reader));
	struct stat st;
	int rc;

	if (!reader)
		return skt_fail(err, ENOMEM, "%s", path);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		rc = add_directory(reader, path, err);
	else
		rc = add_part(reader, path, err);
	if (!rc)
		rc = check_blocks(reader, path, err);
	if (rc)
		skt_record_reader_close(reader);
	else
		*ret = reader;
	return rc;
}

void skt_record_reader_close(struct skt_record_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->parts.len; i++) {
		struct part *part = &reader->parts.data[i];

		if (part->fd >= 0)
			(void)close(part->fd);
		free(part->path);
		skt_record_index_fini(&part->index);
	}
	skt_vec_free(&reader->parts);
	skt_pack_free(reader->pack);
	free(reader);
}

static bool is_look(const struct skt_record_place *place)
{
	return place->block.type == SKT_RECORD_KEY || place->block.type == SKT_RECORD_LOOK;
}

void skt_record_reader_span(
	const struct skt_record_reader *reader, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	bool any = false;

	for (size_t i = 0; i < reader->parts.len; i++) {
		const struct skt_record_index *index = &reader->parts.data[i].index;

		for (size_t n = 0; n < index->places.len; n++) {
			if (!is_look(&index->places.data[n]))
				continue;
			if (!any)
				*ret_first_ns = index->places.data[n].block.real_ns;
			*ret_last_ns = index->places.data[n].block.real_ns;
			any = true;
		}
	}
}

void skt_record_reader_damage(const struct skt_record_reader *reader,
	void (*tell)(const char *path, uint64_t sound, uint64_t size, void *ctx), void *ctx)
{
	for (size_t i = 0; i < reader->parts.len; i++) {
		const struct part *part = &reader->parts.data[i];

		if (part->sound < part->index.size)
			tell(part->path, part->sound, part->index.size, ctx);
	}
}

/* ---- reading ---- */

/* A walk through the blocks of one part, from a KEY on. */
struct walk {
	struct skt_record_reader *reader;
	struct part *part;
	size_t next;          /* block */
	struct skt_look look; /* after the last KEY or LOOK */
	struct skt_look news; /* what that, or EVENTS, told: a part */
	uint8_t type;         /* of that */
	struct skt_str raw;
};

static int unpack(struct walk *walk, const struct skt_record_place *place)
{
	unsigned char *bytes = NULL;
	int rc = skt_record_place_read(walk->part->fd, place, &bytes);

	walk->raw.len = 0;
	if (!rc && place->block.packed && place->block.type == SKT_RECORD_KEY)
		skt_pack_restart(walk->reader->pack);
	if (!rc && place->block.packed)
		rc = skt_pack_take(walk->reader->pack, bytes, place->block.len,
			place->block.raw_len, &walk->raw);
	else if (!rc)
		skt_str_add(&walk->raw, (const char *)bytes, place->block.len);
	free(bytes);
	return rc ? rc : walk->raw.failed ? -ENOMEM : 0;
}

static int read_look(struct walk *walk, const struct skt_record_block *block)
{
	static const struct skt_look none;
	const bool key = block->type == SKT_RECORD_KEY;
	struct skt_look look = {.real_ns = block->real_ns, .mono_ns = block->mono_ns};
	int rc = skt_delta_read(
		key ? &none : &walk->look, walk->raw.data, walk->raw.len, false, &look);

	if (rc) {
		skt_look_fini(&look);
		return rc;
	}
	skt_look_fini(&walk->look);
	walk->look = look;
	return 0;
}

/* Takes the next block: 1; 0: there is none. WANTS_NEWS: also of looks, what they tell. */
static int step(struct walk *walk, bool wants_news)
{
	static const struct skt_look none;
	const struct skt_record_place *place;
	bool key;
	int rc;

	skt_look_fini(&walk->news);
	if (walk->next >= walk->part->index.places.len)
		return 0;
	place = &walk->part->index.places.data[walk->next];
	walk->type = place->block.type;
	key = walk->type == SKT_RECORD_KEY;
	walk->next++;
	if (!is_look(place) && walk->type != SKT_RECORD_EVENTS)
		return place->block.packed ? -EBADMSG : 1;
	rc = unpack(walk, place);
	if (!rc && (walk->type == SKT_RECORD_EVENTS || wants_news)) {
		walk->news.real_ns = place->block.real_ns;
		walk->news.mono_ns = place->block.mono_ns;
		rc = skt_delta_read(key ? &none : &walk->look, walk->raw.data, walk->raw.len, true,
			&walk->news);
	}
	if (!rc && is_look(place))
		rc = read_look(walk, &place->block);
	if (rc == -EBADMSG)
		walk->part->sound =
			SKT_MIN(walk->part->sound, place->offset - sizeof(struct skt_record_block));
	return rc ? rc : 1;
}

static void walk_fini(struct walk *walk)
{
	skt_look_fini(&walk->look);
	skt_look_fini(&walk->news);
	skt_str_fini(&walk->raw);
}

static int fail(const struct walk *walk, int rc, struct skt_err *err)
{
	if (rc == -EBADMSG)
		return skt_fail_text(err, EBADMSG, "%s: that moment is damaged", walk->part->path);
	return skt_fail(err, -rc, "%s", walk->part->path);
}

/* How long after the look before it the end that ITEM tells of was, ms. */
static uint32_t end_ms(const struct skt_fact_item *item)
{
	uint32_t ms = 0;

	if (item->len >= sizeof(ms))
		memcpy(&ms, item->bytes + item->len - sizeof(ms), sizeof(ms));
	return ms;
}

/* Takes out of the walk's look what its events say had ended by REAL_NS. */
static void drop_ended(struct walk *walk, uint64_t real_ns)
{
	const uint64_t elapsed = real_ns - walk->look.real_ns;
	struct skt_fact_item *items = walk->look.items.data;
	size_t kept = 0, n = 0;

	for (size_t i = 0; i < walk->look.items.len; i++) {
		while (n < walk->news.items.len &&
			skt_fact_compare(&walk->news.items.data[n], &items[i]) < 0)
			n++;
		if (n < walk->news.items.len &&
			!skt_fact_compare(&walk->news.items.data[n], &items[i]) &&
			end_ms(&walk->news.items.data[n]) * SKT_NS_PER_MS <= elapsed)
			continue;
		items[kept++] = items[i];
	}
	walk->look.items.len = kept;
}

/* The last look not after REAL_NS. */
static struct part *find(
	const struct skt_record_reader *reader, uint64_t real_ns, size_t *ret_place)
{
	for (size_t i = reader->parts.len; i-- > 0;) {
		const struct skt_record_index *index = &reader->parts.data[i].index;

		for (size_t n = index->places.len; n-- > 0;) {
			if (!is_look(&index->places.data[n]) ||
				index->places.data[n].block.real_ns > real_ns)
				continue;
			*ret_place = n;
			return &reader->parts.data[i];
		}
	}
	return NULL;
}

static int before_first(const struct skt_record_reader *reader, struct skt_err *err)
{
	return skt_fail_text(err, ENODATA, "%s: it begins later",
		reader->parts.len ? reader->parts.data[0].path : "");
}

/* Begins WALK at the KEY at or before PLACE. -EBADMSG: there is none. */
static int begin(
	struct walk *walk, struct skt_record_reader *reader, struct part *part, size_t place)
{
	*walk = (struct walk){.reader = reader, .part = part, .next = place};
	while (part->index.places.data[walk->next].block.type != SKT_RECORD_KEY)
		if (walk->next-- == 0)
			return -EBADMSG;
	return 0;
}

int skt_record_reader_at(struct skt_record_reader *reader, uint64_t real_ns, struct skt_look *ret,
	struct skt_err *err)
{
	size_t place = 0;
	struct part *part = find(reader, real_ns, &place);
	struct walk walk;
	int rc;

	if (!part)
		return before_first(reader, err);
	rc = begin(&walk, reader, part, place);
	while (!rc && walk.next <= place) {
		rc = step(&walk, false);
		rc = SKT_MIN(rc, 0);
	}
	while (!rc && walk.next < part->index.places.len &&
		part->index.places.data[walk.next].block.type == SKT_RECORD_EVENTS) {
		/* Damage behind what was asked for takes nothing from it. */
		if (step(&walk, false) < 0)
			break;
		drop_ended(&walk, real_ns);
	}
	if (rc)
		rc = fail(&walk, rc, err);
	else {
		*ret = walk.look;
		walk.look = (struct skt_look){0};
	}
	walk_fini(&walk);
	return rc;
}

/* ---- over a time ---- */

/* All that was seen; sorted now and then, lest it grows with every look. */
struct union_look {
	struct skt_look look;
	size_t settled; /* facts when it was sorted last */
};

/* A socket in its last states is nobody's: it was whose it was before. */
static void keep_owner(const struct skt_fact_item *older, struct skt_fact_item *newer)
{
	const size_t at = offsetof(struct inet_diag_msg, idiag_uid);
	uint32_t inode;

	if ((newer->kind & ~UINT32_C(0xffff)) != skt_fact_table(AF_INET, 0) ||
		older->len < sizeof(struct inet_diag_msg) ||
		newer->len < sizeof(struct inet_diag_msg))
		return;
	memcpy(&inode, newer->bytes + offsetof(struct inet_diag_msg, idiag_inode), sizeof(inode));
	/* Both are told one behind the other. */
	if (!inode)
		memcpy(newer->bytes + at, older->bytes + at, 2 * sizeof(inode));
}

/* Sorts, and copies what stays, where much does not. */
static int settle(struct union_look *all)
{
	struct skt_look copy = {.real_ns = all->look.real_ns, .mono_ns = all->look.mono_ns};
	int rc = 0;

	skt_look_sort(&all->look, keep_owner);
	for (size_t i = 0; !rc && i < all->look.items.len; i++) {
		const struct skt_fact_item *item = &all->look.items.data[i];

		rc = skt_look_add(&copy, item->kind, item->number, item->bytes, item->len);
	}
	if (rc) {
		skt_look_fini(&copy);
		return rc;
	}
	skt_look_fini(&all->look);
	all->look = copy;
	all->settled = copy.items.len;
	return 0;
}

static int unite(struct union_look *all, const struct skt_look *news, bool events)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < news->items.len; i++) {
		const struct skt_fact_item *item = &news->items.data[i];
		const size_t behind = events ? SKT_MIN(item->len, sizeof(uint32_t)) : 0;

		rc = skt_look_add(
			&all->look, item->kind, item->number, item->bytes, item->len - behind);
	}
	if (!rc && all->look.items.len > 2 * all->settled + 65536)
		rc = settle(all);
	return rc;
}

/* The blocks of one part from PLACE on, up to TO_NS. */
static int unite_part(struct union_look *all, struct skt_record_reader *reader, struct part *part,
	size_t place, uint64_t to_ns, struct walk *walk)
{
	bool begun = false;
	int rc = begin(walk, reader, part, place);

	while (!rc && walk->next < part->index.places.len) {
		const struct skt_record_block *block = &part->index.places.data[walk->next].block;
		const bool wanted = walk->next >= place;

		if (wanted && begun && block->type != SKT_RECORD_EVENTS && block->real_ns > to_ns)
			break;
		rc = step(walk, wanted && begun);
		if (rc == -EBADMSG && begun)
			return 0; /* as far as it is sound */
		if (rc <= 0)
			break;
		rc = 0;
		if (!wanted)
			continue;
		rc = unite(all, begun ? &walk->news : &walk->look,
			begun && walk->type == SKT_RECORD_EVENTS);
		begun = true;
		if (walk->type != SKT_RECORD_EVENTS) {
			all->look.real_ns = walk->look.real_ns;
			all->look.mono_ns = walk->look.mono_ns;
		}
	}
	return SKT_MIN(rc, 0);
}

int skt_record_reader_between(struct skt_record_reader *reader, uint64_t from_ns, uint64_t to_ns,
	struct skt_look *ret, struct skt_err *err)
{
	struct union_look all = {.settled = 0};
	uint64_t first = 0, last = 0;
	struct walk walk = {0};
	struct part *part;
	size_t place = 0;
	int rc = 0;

	skt_record_reader_span(reader, &first, &last);
	part = find(reader, SKT_MAX(from_ns, first), &place);
	if (!part || to_ns < first)
		return before_first(reader, err);
	walk.part = part; /* until one is walked, it is what fails */
	for (; !rc && part < reader->parts.data + reader->parts.len; part++, place = 0) {
		if (!part->index.places.len ||
			(place == 0 && part->index.places.data[0].block.real_ns > to_ns))
			continue;
		walk_fini(&walk);
		rc = unite_part(&all, reader, part, place, to_ns, &walk);
	}
	if (!rc)
		rc = settle(&all);
	if (rc)
		rc = fail(&walk, rc, err);
	else {
		*ret = all.look;
		all.look = (struct skt_look){0};
	}
	walk_fini(&walk);
	skt_look_fini(&all.look);
	return rc;
}
