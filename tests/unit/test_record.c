/* Recordings: looks and how they differ, files sound and not, moments. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/moment.h"
#include "diag/tcp_info.h"
#include "record/delta.h"
#include "record/format.h"
#include "record/pack.h"
#include "record/reader.h"
#include "record/steady.h"
#include "record/store.h"
#include "record/writer.h"

static const uint32_t tcp = 2U << 24 | AF_INET << 16 | IPPROTO_TCP;
static const uint32_t process = 4U << 24;

/* A directory of the test's own, removed at its end. Static storage. */
static const char *directory(void)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/test_record.XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

static const char *in(const char *dir, const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_all(const char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* COUNT sockets of which each SEED makes others, and a process. */
static struct skt_look made(unsigned int seed, unsigned int count)
{
	struct skt_look look = {.real_ns = seed * SKT_NS_PER_SEC, .mono_ns = seed};
	unsigned short random[3] = {0x330e, (unsigned short)seed};

	for (unsigned int i = 0; i < count; i++) {
		uint32_t words[20];
		const size_t len = (1 + (size_t)nrand48(random) % 20) * 4;

		for (size_t n = 0; n < 20; n++)
			words[n] = (uint32_t)nrand48(random);
		assert_int_equal(skt_look_add(&look, tcp + (i & 1), (uint64_t)nrand48(random) % 50,
					 words, len),
			0);
	}
	assert_int_equal(
		skt_look_add(&look, process, seed, "text", (size_t)nrand48(random) % 5), 0);
	skt_look_sort(&look, NULL);
	return look;
}

static void assert_same(const struct skt_look *a, const struct skt_look *b)
{
	assert_int_equal(a->items.len, b->items.len);
	for (size_t i = 0; i < a->items.len; i++) {
		assert_int_equal(skt_fact_compare(&a->items.data[i], &b->items.data[i]), 0);
		assert_int_equal(a->items.data[i].len, b->items.data[i].len);
		assert_memory_equal(
			a->items.data[i].bytes, b->items.data[i].bytes, a->items.data[i].len);
	}
}

static void test_a_look_comes_back_from_its_difference(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 40; seed++) {
		struct skt_look before = made(seed, seed % 30), now = made(seed + 1, seed % 7 * 8);
		struct skt_look back = {0};
		struct skt_str bytes = {0};

		assert_int_equal(skt_delta_write(&before, &now, false, &bytes), 0);
		assert_int_equal(skt_delta_read(&before, guard_copy(bytes.data, bytes.len),
					 bytes.len, false, &back),
			0);
		assert_same(&now, &back);
		skt_look_fini(&back);
		bytes.len = 0;
		/* A part has what it is made of, whatever is beside it. */
		assert_int_equal(skt_delta_write(&before, &now, true, &bytes), 0);
		assert_int_equal(skt_delta_read(&before, bytes.data, bytes.len, true, &back), 0);
		assert_same(&now, &back);
		skt_look_fini(&back);
		skt_look_fini(&before);
		skt_look_fini(&now);
		skt_str_fini(&bytes);
	}
	guard_free_all();
}

static void test_what_is_no_difference_is_refused(void **state)
{
	struct skt_look before = made(1, 20), now = made(2, 20), back = {0};
	struct skt_str bytes = {0};

	(void)state;
	assert_int_equal(skt_delta_write(&before, &now, false, &bytes), 0);
	/* Cut short anywhere it is none. */
	for (size_t len = 0; len < bytes.len; len++) {
		assert_int_equal(
			skt_delta_read(&before, guard_copy(bytes.data, len), len, false, &back),
			-EBADMSG);
		skt_look_fini(&back);
	}
	guard_free_all();
	/* Changed anywhere it may be another one, and is sorted. */
	for (size_t i = 0; i < bytes.len; i++) {
		char *copy = guard_copy(bytes.data, bytes.len);

		copy[i] = (char)(copy[i] ^ (1 << i % 8));
		if (!skt_delta_read(&before, copy, bytes.len, false, &back))
			for (size_t n = 1; n < back.items.len; n++)
				assert_true(skt_fact_compare(&back.items.data[n - 1],
						    &back.items.data[n]) < 0);
		skt_look_fini(&back);
	}
	guard_free_all();
	skt_look_fini(&before);
	skt_look_fini(&now);
	skt_str_fini(&bytes);
}

/* ---- files ---- */

/* Writes looks of seeds FROM to TO, and the same ones' sockets as ended behind each. */
static void record(const char *path, unsigned int from, unsigned int to)
{
	struct skt_record_writer *writer;
	struct skt_err err = {0};

	assert_int_equal(skt_record_writer_open(path, &writer, &err), 0);
	for (unsigned int seed = from; seed <= to; seed++) {
		struct skt_look look = made(seed, 30);

		assert_int_equal(skt_record_writer_look(writer, &look, &err), 0);
	}
	skt_record_writer_close(writer);
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void assert_look_at(struct skt_record_reader *reader, uint64_t real_ns, unsigned int seed)
{
	struct skt_look look = {0}, expected = made(seed, 30);
	struct skt_err err = {0};

	assert_int_equal(skt_record_reader_at(reader, real_ns, &look, &err), 0);
	assert_int_equal(look.real_ns, seed * SKT_NS_PER_SEC);
	assert_same(&look, &expected);
	skt_look_fini(&look);
	skt_look_fini(&expected);
}

static void note_damage(const char *path, uint64_t sound, uint64_t size, void *ctx)
{
	uint64_t *told = ctx;

	(void)path;
	assert_true(sound < size);
	*told = sound;
}

static void test_each_moment_is_read_back(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	struct skt_record_reader *reader;
	struct skt_look look = {0};
	struct skt_err err = {0};
	struct stat st;

	(void)state;
	record(path, 1, 5);
	record(path, 6, 9); /* another run goes on behind */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(skt_record_reader_open(path, &reader, &err), 0);
	for (unsigned int seed = 1; seed <= 9; seed++) {
		assert_look_at(reader, seed * SKT_NS_PER_SEC, seed);
		assert_look_at(reader, seed * SKT_NS_PER_SEC + SKT_NS_PER_SEC / 2, seed);
	}
	assert_int_equal(skt_record_reader_at(reader, SKT_NS_PER_SEC - 1, &look, &err), -ENODATA);
	skt_record_reader_close(reader);
	remove_all(dir);
}

static void test_a_file_cut_anywhere_is_read_up_to_there(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	off_t ends[4] = {sizeof(struct skt_record_file)};

	(void)state;
	for (unsigned int seed = 1; seed <= 3; seed++) {
		(void)unlink(path);
		record(path, 1, seed);
		ends[seed] = size_of(path);
	}
	for (off_t len = ends[3]; len-- > 0;) {
		struct skt_record_reader *reader;
		struct skt_err err = {0};
		uint64_t sound = 0;
		unsigned int whole = 0;

		assert_int_equal(truncate(path, len), 0);
		while (whole < 3 && ends[whole + 1] <= len)
			whole++;
		if (!whole) {
			assert_int_equal(skt_record_reader_open(path, &reader, &err), -ENODATA);
			continue;
		}
		assert_int_equal(skt_record_reader_open(path, &reader, &err), 0);
		assert_look_at(reader, SKT_NEVER, whole);
		skt_record_reader_damage(reader, note_damage, &sound);
		assert_int_equal(sound, len == ends[whole] ? 0 : ends[whole]);
		skt_record_reader_close(reader);
	}
	/* Whoever records on cuts off what is not whole. */
	record(path, 1, 2);
	assert_int_equal(size_of(path), ends[2]);
	assert_int_equal(truncate(path, ends[2] - 1), 0);
	record(path, 3, 3);
	{
		struct skt_record_reader *reader;
		struct skt_err err = {0};

		assert_int_equal(skt_record_reader_open(path, &reader, &err), 0);
		assert_look_at(reader, 2 * SKT_NS_PER_SEC, 1);
		assert_look_at(reader, 3 * SKT_NS_PER_SEC, 3);
		skt_record_reader_close(reader);
	}
	remove_all(dir);
}

static void test_damage_anywhere_is_found(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	struct skt_look expected[4];
	int fd;

	(void)state;
	for (unsigned int seed = 1; seed <= 3; seed++)
		expected[seed] = made(seed, 30);
	record(path, 1, 3);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (off_t at = 0; at < size_of(path); at++) {
		struct skt_record_reader *reader;
		struct skt_look look = {0};
		struct skt_err err = {0};
		char byte, changed;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		changed = (char)(byte ^ 4);
		assert_int_equal(pwrite(fd, &changed, 1, at), 1);
		/* Either it is told, or what is read is what was written. */
		if (!skt_record_reader_open(path, &reader, &err)) {
			for (unsigned int seed = 1; seed <= 3; seed++) {
				if (skt_record_reader_at(
					    reader, seed * SKT_NS_PER_SEC, &look, &err))
					assert_non_null(strchr(err.text, ':'));
				else
					assert_same(
						&look, &expected[look.real_ns / SKT_NS_PER_SEC]);
				skt_look_fini(&look);
			}
			skt_record_reader_close(reader);
		} else {
			assert_true(err.text[0]);
		}
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	(void)close(fd);
	for (unsigned int seed = 1; seed <= 3; seed++)
		skt_look_fini(&expected[seed]);
	remove_all(dir);
}

static void test_what_is_no_recording_is_called_so(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	struct skt_record_file file = {.order = SKT_RECORD_ORDER};
	struct skt_record_reader *reader;
	struct skt_record_writer *writer;
	struct skt_err err = {0};
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	memcpy(file.magic, SKT_RECORD_MAGIC, SKT_RECORD_MAGIC_LEN);
	assert_int_equal(skt_record_reader_open(path, &reader, &err), -ENODATA);
	assert_int_equal(write(fd, "GIF89a and more than a few bytes", 32), 32);
	assert_int_equal(skt_record_reader_open(path, &reader, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "no recording"));
	/* Nobody's file is written over. */
	assert_int_equal(skt_record_writer_open(path, &writer, &err), -EBADMSG);
	assert_int_equal(size_of(path), 32);
	file.version = SKT_RECORD_VERSION + 1;
	assert_int_equal(pwrite(fd, &file, sizeof(file), 0), sizeof(file));
	assert_int_equal(skt_record_reader_open(path, &reader, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "version 2"));
	file.order = 0x0201;
	assert_int_equal(pwrite(fd, &file, sizeof(file), 0), sizeof(file));
	assert_int_equal(skt_record_reader_open(path, &reader, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "byte order"));
	(void)close(fd);
	assert_int_equal(skt_record_reader_open("/dev/null", &reader, &err), -EBADMSG);
	assert_int_equal(skt_record_reader_open(in(dir, "none"), &reader, &err), -ENOENT);
	(void)unlink(path);
	assert_int_equal(skt_record_reader_open(dir, &reader, &err), -ENODATA);
	remove_all(dir);
}

static void test_two_do_not_record_to_one_file(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	struct skt_record_writer *first, *second;
	struct skt_err err = {0};

	(void)state;
	assert_int_equal(skt_record_writer_open(path, &first, &err), 0);
	assert_int_equal(skt_record_writer_open(path, &second, &err), -EBUSY);
	skt_record_writer_close(first);
	remove_all(dir);
}

/* A disk that is full: a file that may not grow. */
static void test_what_found_no_room_is_not_half_there(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	struct skt_record_writer *writer;
	struct skt_record_reader *reader;
	struct skt_look look = made(1, 30), small = {.real_ns = 2 * SKT_NS_PER_SEC};
	struct skt_err err = {0};
	struct rlimit files, full;
	uint64_t size;

	(void)state;
	assert_int_equal(skt_record_writer_open(path, &writer, &err), 0);
	assert_int_equal(skt_record_writer_look(writer, &look, &err), 0);
	size = skt_record_writer_size(writer);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
	full = (struct rlimit){.rlim_cur = size + 20, .rlim_max = files.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	look = made(2, 30);
	assert_int_equal(skt_record_writer_look(writer, &look, &err), -EFBIG);
	assert_int_equal(size_of(path), size);
	/* Of a look that is not there nothing can be told. */
	assert_int_equal(skt_record_writer_events(writer, &small, &err), 0);
	assert_int_equal(size_of(path), size);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
	look = made(3, 30);
	assert_int_equal(skt_record_writer_look(writer, &look, &err), 0);
	skt_record_writer_close(writer);
	assert_int_equal(skt_record_reader_open(path, &reader, &err), 0);
	assert_look_at(reader, 2 * SKT_NS_PER_SEC, 1);
	assert_look_at(reader, 3 * SKT_NS_PER_SEC, 3);
	skt_record_reader_close(reader);
	remove_all(dir);
}

/* ---- what ended in between ---- */

static struct inet_diag_msg answer(uint32_t cookie, uint8_t state, uint32_t inode)
{
	return (struct inet_diag_msg){.idiag_family = AF_INET,
		.idiag_state = state,
		.id.idiag_cookie = {cookie, 0},
		.idiag_uid = inode ? 7 : 0,
		.idiag_inode = inode};
}

static void add_answer(
	struct skt_look *look, struct inet_diag_msg message, const uint32_t *after_ms)
{
	struct {
		struct inet_diag_msg message;
		uint32_t after_ms;
	} bytes = {.message = message, .after_ms = after_ms ? *after_ms : 0};

	assert_int_equal(skt_look_add(look, tcp, message.id.idiag_cookie[0], &bytes,
				 sizeof(message) + (after_ms ? sizeof(*after_ms) : 0)),
		0);
}

static struct inet_diag_msg message_of(const struct skt_look *look, uint64_t cookie)
{
	const struct skt_fact_item *item = skt_look_find(look, tcp, cookie);
	struct inet_diag_msg message;

	assert_non_null(item);
	assert_int_equal(item->len, sizeof(message));
	memcpy(&message, item->bytes, sizeof(message));
	return message;
}

static void test_what_ended_is_gone_from_then_on(void **state)
{
	const char *dir = directory(), *path = in(dir, "r");
	const uint32_t early = 200, late = 800;
	struct skt_record_writer *writer;
	struct skt_record_reader *reader;
	struct skt_look look = {.real_ns = 10 * SKT_NS_PER_SEC}, ended = {.real_ns = 0};
	struct skt_err err = {0};

	(void)state;
	for (uint32_t cookie = 1; cookie <= 3; cookie++)
		add_answer(&look, answer(cookie, 1, 100 + cookie), NULL);
	add_answer(&ended, answer(1, 7, 0), &early);
	add_answer(&ended, answer(2, 7, 0), &late);
	add_answer(&ended, answer(9, 7, 0), &early); /* was never seen */
	assert_int_equal(skt_record_writer_open(path, &writer, &err), 0);
	assert_int_equal(skt_record_writer_look(writer, &look, &err), 0);
	assert_int_equal(skt_record_writer_events(writer, &ended, &err), 0);
	look.real_ns = 11 * SKT_NS_PER_SEC;
	add_answer(&look, answer(3, 6, 0), NULL);
	assert_int_equal(skt_record_writer_look(writer, &look, &err), 0);
	skt_record_writer_close(writer);

	assert_int_equal(skt_record_reader_open(path, &reader, &err), 0);
	assert_int_equal(skt_record_reader_at(reader, 10 * SKT_NS_PER_SEC, &look, &err), 0);
	assert_int_equal(look.items.len, 3);
	skt_look_fini(&look);
	assert_int_equal(skt_record_reader_at(
				 reader, 10 * SKT_NS_PER_SEC + 500 * SKT_NS_PER_MS, &look, &err),
		0);
	assert_int_equal(look.items.len, 2);
	assert_null(skt_look_find(&look, tcp, 1));
	skt_look_fini(&look);
	/* All that there was, as it was last, and still somebody's. */
	assert_int_equal(skt_record_reader_between(reader, 0, SKT_NEVER, &look, &err), 0);
	assert_int_equal(look.items.len, 4);
	assert_int_equal(message_of(&look, 1).idiag_state, 7);
	assert_int_equal(message_of(&look, 1).idiag_inode, 101);
	assert_int_equal(message_of(&look, 3).idiag_state, 6);
	assert_int_equal(message_of(&look, 3).idiag_inode, 103);
	assert_int_equal(message_of(&look, 3).idiag_uid, 7);
	assert_int_equal(message_of(&look, 9).idiag_inode, 0);
	assert_int_equal(look.real_ns, 11 * SKT_NS_PER_SEC);
	skt_look_fini(&look);
	skt_look_fini(&ended);
	skt_record_reader_close(reader);
	remove_all(dir);
}

/* ---- what a socket is kept as ---- */

static size_t put_attribute(unsigned char *at, unsigned int type, const void *value, size_t len)
{
	const struct nlattr attr = {
		.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = (uint16_t)type};
	const size_t padded = (len + 3) & ~(size_t)3;

	memset(at, 0, sizeof(attr) + padded);
	memcpy(at, &attr, sizeof(attr));
	memcpy(at + sizeof(attr), value, len);
	return sizeof(attr) + padded;
}

static void test_a_socket_that_does_nothing_stays_the_same(void **state)
{
	struct inet_diag_msg message = answer(1, 1, 5);
	struct skt_tcp_info info = {.last_data_sent = 1000,
		.last_data_recv = 900,
		.last_ack_recv = 800,
		.rtt = 123456,
		.bytes_acked = 123457};
	unsigned char bytes[1024], first[1040], second[1040];
	struct skt_fact_item old = {.kind = tcp, .number = 1, .bytes = first};
	size_t len, at;

	(void)state;
	message.idiag_timer = 2;
	message.idiag_expires = 60000;
	for (unsigned int look = 0; look < 2; look++) {
		memcpy(bytes, &message, sizeof(message));
		len = sizeof(message);
		len += put_attribute(bytes + len, INET_DIAG_MD5SIG, "a secret key", 12);
		len += put_attribute(bytes + len, INET_DIAG_SHUTDOWN, "\1", 1);
		len += put_attribute(bytes + len, INET_DIAG_INFO, &info, sizeof(info));
		if (!look) {
			old.len = (uint32_t)skt_steady_keep(
				tcp, guard_copy(bytes, len), len, false, NULL, 500000, first);
			assert_true(old.len > 0);
		}
		/* A second later, give or take what looks differ by. */
		message.idiag_expires = 58990;
		info.last_data_sent = 2013;
		info.last_data_recv = 1888;
		info.last_ack_recv = 1800;
	}
	assert_int_equal(
		skt_steady_keep(tcp, guard_copy(bytes, len), len, false, &old, 501000, second),
		old.len);
	assert_memory_equal(first, second, old.len);
	assert_null(memmem(first, old.len, "secret", 6));
	/* What is malformed is not kept. */
	bytes[sizeof(message)] = 255;
	bytes[sizeof(message) + 1] = 255;
	assert_int_equal(
		skt_steady_keep(tcp, guard_copy(bytes, len), len, false, NULL, 0, second), 0);
	/* It is told as of the moment that is shown. */
	skt_steady_tell(tcp, first, old.len, 510000);
	memcpy(&message, first, sizeof(message));
	assert_in_range(message.idiag_expires, 50000 - 255, 50000);
	at = sizeof(message) + sizeof(struct nlattr);
	memcpy(&info, first + at, sizeof(info));
	assert_in_range(info.last_data_sent, 11000, 11000 + 255);
	assert_int_equal(info.bytes_acked, 123457);
	assert_in_range(info.rtt, 123456 - 123456 / 32, 123456);
	guard_free_all();
}

/* ---- a directory ---- */

static unsigned int files_in(const char *dir)
{
	const struct dirent *entry;
	DIR *stream = opendir(dir);
	unsigned int count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	(void)closedir(stream);
	return count;
}

static void test_a_directory_keeps_to_its_bound(void **state)
{
	const char *dir = directory();
	const struct skt_record_keep keep = {.bytes = 64 * 1024};
	struct skt_record_store *store;
	struct skt_record_reader *reader;
	struct skt_err err = {0};
	uint64_t first = 0, last = 0;

	(void)state;
	assert_int_equal(skt_record_store_open(dir, &keep, &store, &err), 0);
	for (unsigned int seed = 1; seed <= 200; seed++) {
		struct skt_look look = made(seed, 50);

		assert_int_equal(skt_record_store_look(store, &look, &err), 0);
	}
	skt_record_store_close(store);
	assert_in_range(files_in(dir), 2, 8);
	assert_int_equal(skt_record_reader_open(dir, &reader, &err), 0);
	skt_record_reader_span(reader, &first, &last);
	assert_int_equal(last, 200 * SKT_NS_PER_SEC);
	assert_in_range(first, 2 * SKT_NS_PER_SEC, 199 * SKT_NS_PER_SEC);
	skt_record_reader_close(reader);
	remove_all(dir);
}

/* ---- moments ---- */

static uint64_t moment(const char *text)
{
	/* 2026-11-29 14:05:30.5 UTC, and ten minutes before. */
	const struct skt_moment_span span = {
		.first_ns = UINT64_C(1795961130500000000) - 600 * SKT_NS_PER_SEC,
		.last_ns = UINT64_C(1795961130500000000)};
	uint64_t ns = 0;

	return skt_moment_parse(text, strlen(text), &span, &ns) ? 0 : ns;
}

static void test_moments_are_read(void **state)
{
	const uint64_t second = UINT64_C(1795961130) * SKT_NS_PER_SEC;
	const uint64_t instant = SKT_NS_PER_SEC - 1;
	static const char *const bad[] = {"", "14", "14:60", "24:00", "2026-11-29",
		"2026-02-30 1:00", "2026-13-01 10:00", "noon", "@", "@5m", "-", "-x", "14:05:30.",
		"14:05Zulu", "2026-11-29 14:05:30 PST"};
	char text[SKT_MOMENT_MAX];

	(void)state;
	assert_int_equal(setenv("TZ", "UTC-1", 1), 0);
	tzset();
	assert_int_equal(moment("2026-11-29T14:05:30Z"), second + instant);
	assert_int_equal(moment("2026-11-29 15:05:30"), second + instant);
	assert_int_equal(moment("2026-11-29 15:05:30.25"), second + SKT_NS_PER_SEC / 4);
	assert_int_equal(moment("14:05:30Z"), second + instant);
	assert_int_equal(moment("15:05"), second - 30 * SKT_NS_PER_SEC + instant);
	/* What has not come yet today was yesterday. */
	assert_int_equal(moment("14:06Z"), second - (86400 - 30) * SKT_NS_PER_SEC + instant);
	assert_int_equal(moment("@1795961130"), second + instant);
	assert_int_equal(moment("@1795961130.5"), second + SKT_NS_PER_SEC / 2);
	assert_int_equal(moment("-30s"), second - 30 * SKT_NS_PER_SEC + SKT_NS_PER_SEC / 2);
	assert_int_equal(moment("+10m"), second + SKT_NS_PER_SEC / 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(moment(bad[i]), 0);
	skt_moment_put(second + 5 * SKT_NS_PER_MS, text);
	assert_string_equal(text, "2026-11-29 15:05:30.005 +0100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_a_look_comes_back_from_its_difference),
		unit_test(test_what_is_no_difference_is_refused),
		unit_test(test_each_moment_is_read_back),
		unit_test(test_a_file_cut_anywhere_is_read_up_to_there),
		unit_test(test_damage_anywhere_is_found),
		unit_test(test_what_is_no_recording_is_called_so),
		unit_test(test_two_do_not_record_to_one_file),
		unit_test(test_what_found_no_room_is_not_half_there),
		unit_test(test_what_ended_is_gone_from_then_on),
		unit_test(test_a_socket_that_does_nothing_stays_the_same),
		unit_test(test_a_directory_keeps_to_its_bound),
		unit_test(test_moments_are_read),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
