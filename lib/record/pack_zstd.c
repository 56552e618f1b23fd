#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "record/pack.h"

/*
 * More than level 6 costs more than it saves; blocks are small, and a window of 1 MiB reaches back
 * over many of them.
 */
enum { LEVEL = 9, WINDOW_LOG = 20 };

struct skt_pack {
	ZSTD_CCtx *writer; /* one of them */
	ZSTD_DCtx *reader;
};

const char *skt_pack_lacks(void)
{
	return NULL;
}

int skt_pack_new(bool reads, struct skt_pack **ret)
{
	struct skt_pack *pack = calloc(1, sizeof(*pack));

	if (!pack)
		return -ENOMEM;
	if (reads)
		pack->reader = ZSTD_createDCtx();
	else
		pack->writer = ZSTD_createCCtx();
	if (!pack->reader && !pack->writer) {
		free(pack);
		return -ENOMEM;
	}
	if (pack->writer) {
		(void)ZSTD_CCtx_setParameter(pack->writer, ZSTD_c_compressionLevel, LEVEL);
		(void)ZSTD_CCtx_setParameter(pack->writer, ZSTD_c_windowLog, WINDOW_LOG);
	} else {
		(void)ZSTD_DCtx_setParameter(pack->reader, ZSTD_d_windowLogMax, WINDOW_LOG);
	}
	*ret = pack;
	return 0;
}

void skt_pack_free(struct skt_pack *pack)
{
	if (!pack)
		return;
	ZSTD_freeCCtx(pack->writer);
	ZSTD_freeDCtx(pack->reader);
	free(pack);
}

void skt_pack_restart(struct skt_pack *pack)
{
	if (pack->writer)
		(void)ZSTD_CCtx_reset(pack->writer, ZSTD_reset_session_only);
	else
		(void)ZSTD_DCtx_reset(pack->reader, ZSTD_reset_session_only);
}

int skt_pack_add(struct skt_pack *pack, const void *bytes, size_t len, struct skt_str *out)
{
	ZSTD_inBuffer in = {.src = bytes, .size = len};
	size_t left;

	do {
		ZSTD_outBuffer to = {.size = ZSTD_CStreamOutSize()};

		to.dst = skt_str_room(out, to.size);
		if (!to.dst)
			return -ENOMEM;
		left = ZSTD_compressStream2(pack->writer, &to, &in, ZSTD_e_flush);
		if (ZSTD_isError(left))
			return -EIO;
		skt_str_commit(out, (char *)to.dst + to.pos);
	} while (left || in.pos < in.size);
	return 0;
}

int skt_pack_take(
	struct skt_pack *pack, const void *bytes, size_t len, size_t raw_len, struct skt_str *out)
{
	ZSTD_inBuffer in = {.src = bytes, .size = len};
	ZSTD_outBuffer to = {.size = raw_len};
	size_t before, taken, more;

	to.dst = skt_str_room(out, raw_len + 1);
	if (!to.dst)
		return -ENOMEM;
	do {
		before = to.pos;
		taken = in.pos;
		more = ZSTD_decompressStream(pack->reader, &to, &in);
		if (ZSTD_isError(more))
			return -EBADMSG;
	} while (in.pos < in.size && (to.pos > before || in.pos > taken));
	/* A writer never ends a stream, and flushes it behind each block. */
	if (in.pos < in.size || to.pos < raw_len || more == 0)
		return -EBADMSG;
	skt_str_commit(out, (char *)to.dst + raw_len);
	return 0;
}
