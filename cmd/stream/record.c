#include "cmd/stream/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "out/text.h"

enum { ROW = 16, OFFSET_MIN = 6 };

/* One line for up to 16 bytes; returns its end. */
static char *put_row(char *p, uint64_t offset, const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	int width = OFFSET_MIN;

	while (width < 16 && offset >> (4 * width))
		width++;
	while (width--)
		*p++ = digits[offset >> (4 * width) & 15];
	*p++ = ' ';
	for (size_t i = 0; i < ROW; i++) {
		*p++ = ' ';
		*p++ = i < len ? digits[bytes[i] >> 4] : ' ';
		*p++ = i < len ? digits[bytes[i] & 15] : ' ';
	}
	*p++ = ' ';
	*p++ = ' ';
	for (size_t i = 0; i < len; i++)
		*p++ = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	*p++ = '\n';
	return p;
}

static size_t hex_apply(struct skt_transform *transform, const char *bytes, size_t len, char *to)
{
	struct skt_hex *hex = SKT_CONTAINER(transform, struct skt_hex, transform);
	char *p = to;

	for (size_t done = 0; done < len; done += ROW) {
		size_t n = SKT_MIN(len - done, (size_t)ROW);

		p = put_row(p, hex->offset, (const unsigned char *)bytes + done, n);
		hex->offset += n;
	}
	return (size_t)(p - to);
}

void skt_hex_init(struct skt_hex *hex)
{
	/* A piece of one byte makes a line; offsets have 16 digits at the most. */
	*hex = (struct skt_hex){.transform = {.apply = hex_apply, .growth = SKT_HEX_LINE + 8}};
}

/* ---- the file ---- */

/* "O 2026-11-28T12:00:00.123456789Z" */
static void put_stamp(struct skt_str *out, char direction)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	skt_str_add_format(out, "%c %s.%09ldZ", direction, stamp, now.tv_nsec);
}

static void put_hex(struct skt_sink *sink, const char *bytes, size_t len)
{
	for (size_t done = 0; done < len; done += ROW) {
		char *room = skt_str_room(&sink->pending, SKT_HEX_LINE + 8);

		if (!room)
			break;
		skt_str_commit(&sink->pending,
			put_row(room, done, (const unsigned char *)bytes + done,
				SKT_MIN(len - done, (size_t)ROW)));
		skt_sink_settle(sink);
	}
}

/* Lines as they are, a CR before the end of one left out. */
static void put_text(struct skt_sink *sink, const char *bytes, size_t len)
{
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line = newline ? (size_t)(newline - bytes) : len;
		size_t shown = newline && line && bytes[line - 1] == '\r' ? line - 1 : line;

		(void)skt_text_add_escaped(&sink->pending, bytes, shown);
		skt_str_add_char(&sink->pending, '\n');
		skt_sink_settle(sink);
		line += newline != NULL;
		bytes += line;
		len -= line;
	}
}

static void dump(const struct skt_record *record, char direction, const char *bytes, size_t len)
{
	struct skt_sink sink;

	skt_sink_init(&sink, STDERR_FILENO);
	put_stamp(&sink.pending, direction);
	if (record->number)
		skt_str_add_format(
			&sink.pending, " client %llu", (unsigned long long)record->number);
	skt_str_add_format(&sink.pending, " %zu bytes\n", len);
	if (record->dump == SKT_DUMP_HEX)
		put_hex(&sink, bytes, len);
	else
		put_text(&sink, bytes, len);
	(void)skt_sink_flush(&sink);
	skt_sink_fini(&sink);
}

static void put_piece(struct skt_record *record, char direction, const char *bytes, size_t len)
{
	struct skt_sink *sink = &record->sink;

	if (record->dump != SKT_DUMP_NONE)
		dump(record, direction, bytes, len);
	if (sink->fd == SKT_SINK_MEMORY)
		return;
	put_stamp(&sink->pending, direction);
	skt_str_add_char(&sink->pending, '\n');
	put_hex(sink, bytes, len);
	skt_str_add_char(&sink->pending, '\n');
	/* A record is worth most when the run does not end well. */
	(void)skt_sink_flush(sink);
}

/* A packet of text2pcap(1) has less than 64 KiB. */
static void put(struct skt_record *record, char direction, const char *bytes, size_t len)
{
	for (size_t done = 0; done < len; done += SKT_RECORD_PIECE)
		put_piece(record, direction, bytes + done,
			SKT_MIN(len - done, (size_t)SKT_RECORD_PIECE));
}

static void see_sent(struct skt_tap *tap, const char *bytes, size_t len)
{
	put(SKT_CONTAINER(tap, struct skt_record, sent), 'O', bytes, len);
}

static void see_received(struct skt_tap *tap, const char *bytes, size_t len)
{
	put(SKT_CONTAINER(tap, struct skt_record, received), 'I', bytes, len);
}

int skt_record_open(struct skt_record *record, const char *path, bool append)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
	int fd = path ? open(path, flags, 0600) : SKT_SINK_MEMORY;

	if (path && fd < 0)
		return -errno;
	*record = (struct skt_record){
		.sent = {.see = see_sent},
		.received = {.see = see_received},
	};
	skt_sink_init(&record->sink, fd);
	return 0;
}

void skt_record_dump(struct skt_record *record, enum skt_dump_style style, uint64_t number)
{
	record->dump = style;
	record->number = number;
}

int skt_record_close(struct skt_record *record)
{
	int r;

	if (!record->sent.see)
		return 0;
	r = skt_sink_flush(&record->sink);
	skt_sink_fini(&record->sink);
	if (record->sink.fd >= 0 && close(record->sink.fd) && r == 0 && errno != EINTR)
		r = -errno;
	record->sent.see = NULL;
	return r;
}
