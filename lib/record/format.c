#include "record/format.h"

#include "base/siphash.h"

uint32_t skt_record_check(const void *bytes, size_t len)
{
	static const uint64_t key[2];

	return (uint32_t)skt_siphash(key, bytes, len);
}

uint32_t skt_record_head_check(const struct skt_record_block *block)
{
	return skt_record_check(block, offsetof(struct skt_record_block, head_check));
}
