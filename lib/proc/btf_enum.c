#include "proc/btf_enum.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* As in linux/btf.h, which older machines have without the newer kinds. */
struct header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_len, type_off, type_len, str_off, str_len;
};

struct type {
	uint32_t name_off, info, size;
};

struct value {
	uint32_t name_off, value;
};

enum {
	MAGIC = 0xeb9f,
	KIND_INT = 1,
	KIND_ARRAY = 3,
	KIND_STRUCT = 4,
	KIND_UNION = 5,
	KIND_ENUM = 6,
	KIND_FUNC_PROTO = 13,
	KIND_VAR = 14,
	KIND_DATASEC = 15,
	KIND_DECL_TAG = 17,
	KIND_ENUM64 = 19,
	KIND_LAST = 19,
	FILE_MAX = 256 << 20, /* bytes; those of kernels have 4 to 10 MiB */
};

/* Bytes of what follows a type, per element (MANY) or once. */
static const struct {
	uint8_t once, many;
} sizes[KIND_LAST + 1] = {
	[KIND_INT] = {4, 0},
	[KIND_ARRAY] = {12, 0},
	[KIND_STRUCT] = {0, 12},
	[KIND_UNION] = {0, 12},
	[KIND_ENUM] = {0, 8},
	[KIND_FUNC_PROTO] = {0, 8},
	[KIND_VAR] = {4, 0},
	[KIND_DATASEC] = {0, 12},
	[KIND_DECL_TAG] = {4, 0},
	[KIND_ENUM64] = {0, 12},
};

/* The two parts of a BTF. */
struct parts {
	const char *types, *names;
	size_t types_len, names_len;
};

static int find_parts(const char *btf, size_t len, struct parts *ret)
{
	struct header header;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, btf, sizeof(header));
	if (header.magic != MAGIC || header.version != 1 || header.header_len > len)
		return -EBADMSG;
	btf += header.header_len;
	len -= header.header_len;
	if (header.type_off > len || header.type_len > len - header.type_off ||
		header.str_off > len || header.str_len > len - header.str_off)
		return -EBADMSG;
	*ret = (struct parts){
		btf + header.type_off, btf + header.str_off, header.type_len, header.str_len};
	/* Every name ends then. */
	return ret->names_len && ret->names[ret->names_len - 1] == '\0' ? 0 : -EBADMSG;
}

static const char *name_at(const struct parts *parts, uint32_t offset)
{
	return offset < parts->names_len ? parts->names + offset : "";
}

static int each_value(
	const struct parts *parts, const char *p, size_t count, skt_btf_enum_fn *fn, void *ctx)
{
	for (int rc; count; count--, p += sizeof(struct value)) {
		struct value value;

		memcpy(&value, p, sizeof(value));
		rc = fn(name_at(parts, value.name_off), value.value, ctx);
		if (rc)
			return rc;
	}
	return 0;
}

int skt_btf_enum_each(const void *btf, size_t len, const char *name, skt_btf_enum_fn *fn, void *ctx)
{
	struct parts parts;
	size_t left;

	if (find_parts(btf, len, &parts))
		return -EBADMSG;
	left = parts.types_len;
	for (const char *p = parts.types; left;) {
		struct type type;
		size_t kind, count, size;

		if (left < sizeof(type))
			return -EBADMSG;
		memcpy(&type, p, sizeof(type));
		kind = type.info >> 24 & 0x1f;
		count = type.info & 0xffff;
		p += sizeof(type);
		left -= sizeof(type);
		if (kind > KIND_LAST)
			return -EBADMSG;
		size = sizes[kind].once + count * sizes[kind].many;
		if (size > left)
			return -EBADMSG;
		if (kind == KIND_ENUM && strcmp(name_at(&parts, type.name_off), name) == 0)
			return each_value(&parts, p, count, fn, ctx);
		p += size;
		left -= size;
	}
	return -ENOENT;
}

int skt_btf_enum_kernel(const char *name, skt_btf_enum_fn *fn, void *ctx)
{
	const int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct skt_str btf = {0};
	int rc;

	if (fd < 0)
		return -errno;
	rc = skt_str_read(&btf, fd, FILE_MAX);
	if (!rc)
		rc = skt_btf_enum_each(btf.data, btf.len, name, fn, ctx);
	skt_str_fini(&btf);
	(void)close(fd);
	return rc;
}
