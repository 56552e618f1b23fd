#include "record/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "record/delta.h"
#include "record/file.h"
#include "record/pack.h"

struct skt_record_writer {
	int fd;
	char *path;
	uint64_t size;
	struct skt_pack *pack; /* NULL: nothing packs here */
	struct skt_look last;
	bool chained;           /* LAST is in the file, and the stream goes on behind it */
	unsigned int since_key; /* looks */
	struct skt_str raw, packed;
};

/* Adds LEN BYTES to the file, all or nothing. */
static int append(
	struct skt_record_writer *writer, const struct skt_str *bytes, struct skt_err *err)
{
	size_t done = 0;

	while (done < bytes->len) {
		const ssize_t n = pwrite(writer->fd, bytes->data + done, bytes->len - done,
			(off_t)(writer->size + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			const int error = n ? errno : ENOSPC;

			(void)!ftruncate(writer->fd, (off_t)writer->size);
			return skt_fail(err, error, "%s", writer->path);
		}
		done += (size_t)n;
	}
	writer->size += bytes->len;
	return 0;
}

static int begin_file(struct skt_record_writer *writer, struct skt_err *err)
{
	struct skt_record_file file = {.version = SKT_RECORD_VERSION, .order = SKT_RECORD_ORDER};
	struct skt_str bytes = {0};
	int rc;

	memcpy(file.magic, SKT_RECORD_MAGIC, SKT_RECORD_MAGIC_LEN);
	skt_str_add(&bytes, (const char *)&file, sizeof(file));
	rc = bytes.failed ? skt_fail(err, ENOMEM, "%s", writer->path) : append(writer, &bytes, err);
	skt_str_fini(&bytes);
	return rc;
}

/* Takes what is in the file, and cuts off what a crash has left unfinished. */
static int go_on(struct skt_record_writer *writer, struct skt_err *err)
{
	struct skt_record_index index = {0};
	int rc = skt_record_index_read(writer->fd, writer->path, &index, err);

	writer->size = index.sound;
	if (!rc && index.sound < index.size && ftruncate(writer->fd, (off_t)index.sound))
		rc = skt_fail(err, errno, "%s", writer->path);
	skt_record_index_fini(&index);
	return !rc && !writer->size ? begin_file(writer, err) : rc;
}

int skt_record_writer_open(const char *path, struct skt_record_writer **ret, struct skt_err *err)
{
	struct skt_record_writer *writer = calloc(1, sizeof(*writer));
	int rc = 0;

	if (!writer)
		return skt_fail(err, ENOMEM, "%s", path);
	writer->path = strdup(path);
	writer->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (writer->fd < 0)
		rc = skt_fail(err, errno, "%s", path);
	else if (!writer->path)
		rc = skt_fail(err, ENOMEM, "%s", path);
	else if (flock(writer->fd, LOCK_EX | LOCK_NB))
		rc = skt_fail_text(err, errno == EWOULDBLOCK ? EBUSY : errno,
			"%s: somebody else records to it", path);
	if (!rc)
		rc = go_on(writer, err);
	if (!rc && !skt_pack_lacks() && skt_pack_new(false, &writer->pack))
		rc = skt_fail(err, ENOMEM, "%s", path);
	if (rc)
		skt_record_writer_close(writer);
	else
		*ret = writer;
	return rc;
}

/* The block of what is in writer->raw. */
static int write_block(struct skt_record_writer *writer, enum skt_record_type type,
	const struct skt_look *look, struct skt_err *err)
{
	struct skt_record_block block = {.magic = SKT_RECORD_BLOCK_MAGIC,
		.type = (uint8_t)type,
		.packed = writer->pack != NULL,
		.raw_len = (uint32_t)writer->raw.len,
		.real_ns = look->real_ns,
		.mono_ns = look->mono_ns};
	struct skt_str *out = &writer->packed;
	int rc = 0;

	if (writer->raw.failed || writer->raw.len > SKT_LOOK_BYTES_MAX)
		return skt_fail(err, writer->raw.failed ? ENOMEM : EFBIG, "%s", writer->path);
	out->len = 0;
	skt_str_add_fill(out, '\0', sizeof(block));
	if (type == SKT_RECORD_KEY && writer->pack)
		skt_pack_restart(writer->pack);
	if (writer->pack)
		rc = skt_pack_add(writer->pack, writer->raw.data, writer->raw.len, out);
	else
		skt_str_add(out, writer->raw.data, writer->raw.len);
	if (rc || out->failed)
		return skt_fail(err, rc ? -rc : ENOMEM, "%s", writer->path);
	block.len = (uint32_t)(out->len - sizeof(block));
	block.check = skt_record_check(out->data + sizeof(block), block.len);
	block.head_check = skt_record_head_check(&block);
	memcpy(out->data, &block, sizeof(block));
	return append(writer, out, err);
}

int skt_record_writer_look(
	struct skt_record_writer *writer, struct skt_look *look, struct skt_err *err)
{
	static const struct skt_look none;
	const bool key = !writer->chained || writer->since_key + 1 >= SKT_RECORD_KEY_EVERY;
	int rc;

	writer->raw.len = 0;
	writer->raw.failed = false;
	rc = skt_delta_write(key ? &none : &writer->last, look, false, &writer->raw);
	rc = rc ? skt_fail(err, -rc, "%s", writer->path)
		: write_block(writer, key ? SKT_RECORD_KEY : SKT_RECORD_LOOK, look, err);
	skt_look_fini(&writer->last);
	writer->last = *look;
	*look = (struct skt_look){0};
	/* Else the stream has what the file has not: it begins anew. */
	writer->chained = !rc;
	writer->since_key = key ? 0 : writer->since_key + 1;
	return rc;
}

int skt_record_writer_events(
	struct skt_record_writer *writer, const struct skt_look *events, struct skt_err *err)
{
	int rc;

	if (!writer->chained)
		return 0;
	writer->raw.len = 0;
	writer->raw.failed = false;
	rc = skt_delta_write(&writer->last, events, true, &writer->raw);
	rc = rc ? skt_fail(err, -rc, "%s", writer->path)
		: write_block(writer, SKT_RECORD_EVENTS, events, err);
	writer->chained = !rc;
	return rc;
}

const struct skt_look *skt_record_writer_last(const struct skt_record_writer *writer)
{
	return &writer->last;
}

uint64_t skt_record_writer_size(const struct skt_record_writer *writer)
{
	return writer->size;
}

void skt_record_writer_close(struct skt_record_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0)
		(void)close(writer->fd);
	free(writer->path);
	skt_pack_free(writer->pack);
	skt_look_fini(&writer->last);
	skt_str_fini(&writer->raw);
	skt_str_fini(&writer->packed);
	free(writer);
}
