#include "record/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/reader.h"
#include "record/writer.h"

/* Files in a directory with a bound: at most this many, of about the same size. */
enum { FILES = 8, BYTES_MIN = 4096 };

struct skt_record_store {
	struct skt_record_writer *writer; /* NULL: a file is to be begun */
	char *path;
	bool many; /* PATH is a directory */
	struct skt_record_keep keep;
	uint64_t begun_ns;   /* CLOCK_REALTIME: when the file was */
	unsigned int number; /* of the next one that is begun in the same second */
};

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* ---- a directory ---- */

static int is_recording(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name), skip = sizeof(SKT_RECORD_SUFFIX) - 1;

	return len > skip && strcmp(entry->d_name + len - skip, SKT_RECORD_SUFFIX) == 0;
}

/* Removes the oldest files until the bound is kept with one more file: all but the last. */
static void prune(const struct skt_record_store *store)
{
	const uint64_t now_ns = skt_clock_real_ns();
	const int dir = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	const int count = dir < 0 ? -1 : scandir(store->path, &entries, is_recording, alphasort);
	uint64_t bytes = 0;

	/* From the newest on; the one that is written has its room. */
	for (int i = count; i-- > 0;) {
		struct stat st;
		bool old = false;

		if (!fstatat(dir, entries[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
			S_ISREG(st.st_mode)) {
			bytes += (uint64_t)st.st_size;
			old = store->keep.bytes &&
				bytes > store->keep.bytes - store->keep.bytes / FILES;
			old |= store->keep.ns && i + 1 < count && now_ns > store->keep.ns &&
				(uint64_t)st.st_mtime < (now_ns - store->keep.ns) / SKT_NS_PER_SEC;
		}
		if (old)
			(void)unlinkat(dir, entries[i]->d_name, 0);
		free(entries[i]);
	}
	free(entries);
	if (dir >= 0)
		(void)close(dir);
}

static int begin_file(struct skt_record_store *store, struct skt_err *err)
{
	const time_t now = (time_t)(skt_clock_real_ns() / SKT_NS_PER_SEC);
	char path[PATH_MAX], stamp[32] = "";
	struct tm tm;
	int rc = -EBUSY;

	if (store->begun_ns / SKT_NS_PER_SEC != (uint64_t)now)
		store->number = 0;
	if (store->keep.bytes || store->keep.ns)
		prune(store);
	if (gmtime_r(&now, &tm))
		(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	while (rc == -EBUSY && store->number < 1000) {
		if (snprintf(path, sizeof(path), "%s/sockets-%s-%03u%s", store->path, stamp,
			    store->number++, SKT_RECORD_SUFFIX) >= (int)sizeof(path))
			return skt_fail(err, ENAMETOOLONG, "%s", store->path);
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
			rc = skt_record_writer_open(path, &store->writer, err);
	}
	store->begun_ns = skt_clock_real_ns();
	return rc;
}

static bool is_full(const struct skt_record_store *store)
{
	const uint64_t bytes = store->keep.bytes / FILES, ns = store->keep.ns / FILES;

	return (bytes && skt_record_writer_size(store->writer) >= bytes) ||
		(ns && skt_clock_real_ns() - store->begun_ns >= ns);
}

/* ---- both ---- */

int skt_record_store_open(const char *path, const struct skt_record_keep *keep,
	struct skt_record_store **ret, struct skt_err *err)
{
	struct skt_record_store *store = calloc(1, sizeof(*store));
	const size_t len = strlen(path);
	int rc = 0;

	if (!store)
		return skt_fail(err, ENOMEM, "%s", path);
	store->path = strdup(path);
	store->keep = *keep;
	store->many =
		keep->bytes || keep->ns || (len && path[len - 1] == '/') || is_directory(path);
	if (!store->path)
		rc = skt_fail(err, ENOMEM, "%s", path);
	else if (store->many && mkdir(path, 0700) && (errno != EEXIST || !is_directory(path)))
		rc = skt_fail(err, errno == EEXIST ? ENOTDIR : errno, "%s", path);
	if (!rc)
		rc = store->many ? begin_file(store, err)
				 : skt_record_writer_open(path, &store->writer, err);
	if (rc)
		skt_record_store_close(store);
	else
		*ret = store;
	return rc;
}

int skt_record_store_look(
	struct skt_record_store *store, struct skt_look *look, struct skt_err *err)
{
	int rc = 0;

	if (store->many && store->writer && is_full(store)) {
		skt_record_writer_close(store->writer);
		store->writer = NULL;
	}
	if (!store->writer)
		rc = begin_file(store, err);
	if (rc) {
		skt_look_fini(look);
		return rc;
	}
	return skt_record_writer_look(store->writer, look, err);
}

int skt_record_store_events(
	struct skt_record_store *store, const struct skt_look *events, struct skt_err *err)
{
	return store->writer ? skt_record_writer_events(store->writer, events, err) : 0;
}

const struct skt_look *skt_record_store_last(const struct skt_record_store *store)
{
	static const struct skt_look none;

	return store->writer ? skt_record_writer_last(store->writer) : &none;
}

void skt_record_store_close(struct skt_record_store *store)
{
	if (!store)
		return;
	skt_record_writer_close(store->writer);
	free(store->path);
	free(store);
}
