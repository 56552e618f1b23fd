#include "record/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/look.h"

/* LEN bytes at OFFSET, or as many as there are. -errno. */
static ssize_t read_at(int fd, void *buffer, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		const ssize_t n =
			pread(fd, (char *)buffer + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int check_file(const struct skt_record_file *file, const char *path, struct skt_err *err)
{
	if (memcmp(file->magic, SKT_RECORD_MAGIC, SKT_RECORD_MAGIC_LEN) != 0)
		return skt_fail_text(err, EBADMSG, "%s: this is no recording of sockkit", path);
	if (file->order != SKT_RECORD_ORDER)
		return skt_fail_text(err, EPROTONOSUPPORT,
			"%s: recorded on a machine of another byte order: replay it on such a one",
			path);
	if (file->version != SKT_RECORD_VERSION)
		return skt_fail_text(err, EPROTONOSUPPORT,
			"%s: a recording of version %u, and this sockkit reads version %d: replay "
			"it with a newer one",
			path, file->version, SKT_RECORD_VERSION);
	return 0;
}

static bool is_sound(const struct skt_record_block *block, uint64_t left)
{
	return block->magic == SKT_RECORD_BLOCK_MAGIC &&
		block->head_check == skt_record_head_check(block) && block->len <= left &&
		block->raw_len <= SKT_LOOK_BYTES_MAX &&
		(block->packed || block->raw_len == block->len);
}

static int read_heads(int fd, struct skt_record_index *index)
{
	struct skt_record_place place;

	while (index->size - index->sound >= sizeof(place.block)) {
		const ssize_t n = read_at(fd, &place.block, sizeof(place.block), index->sound);

		if (n < 0)
			return (int)n;
		place.offset = index->sound + sizeof(place.block);
		if ((size_t)n < sizeof(place.block) ||
			!is_sound(&place.block, index->size - place.offset))
			break;
		if (skt_vec_push(&index->places, place))
			return -ENOMEM;
		index->sound = place.offset + place.block.len;
	}
	return 0;
}

int skt_record_index_read(
	int fd, const char *path, struct skt_record_index *ret, struct skt_err *err)
{
	struct skt_record_file file;
	struct stat st;
	ssize_t n;
	int rc;

	if (fstat(fd, &st))
		return skt_fail(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return skt_fail_text(err, EBADMSG, "%s: this is no file", path);
	ret->size = (uint64_t)st.st_size;
	if (!ret->size)
		return 0;
	n = read_at(fd, &file, sizeof(file), 0);
	if (n < 0)
		return skt_fail(err, (int)-n, "%s", path);
	/* Whoever was killed before it had written that much has written nothing else. */
	if ((size_t)n < sizeof(file) &&
		memcmp(file.magic, SKT_RECORD_MAGIC,
			(size_t)n < SKT_RECORD_MAGIC_LEN ? (size_t)n : SKT_RECORD_MAGIC_LEN) == 0)
		return 0;
	if ((size_t)n < sizeof(file))
		memset(&file, 0, sizeof(file));
	rc = check_file(&file, path, err);
	if (rc)
		return rc;
	ret->sound = sizeof(file);
	rc = read_heads(fd, ret);
	return rc ? skt_fail(err, -rc, "%s", path) : 0;
}

void skt_record_index_fini(struct skt_record_index *index)
{
	skt_vec_free(&index->places);
	*index = (struct skt_record_index){0};
}

int skt_record_place_read(int fd, const struct skt_record_place *place, unsigned char **ret)
{
	unsigned char *bytes = malloc((size_t)place->block.len + 1);
	ssize_t n;

	if (!bytes)
		return -ENOMEM;
	n = read_at(fd, bytes, place->block.len, place->offset);
	if (n != (ssize_t)place->block.len ||
		skt_record_check(bytes, place->block.len) != place->block.check) {
		free(bytes);
		return n < 0 ? (int)n : -EBADMSG;
	}
	*ret = bytes;
	return 0;
}
