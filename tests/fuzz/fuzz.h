/* What fuzz targets have in common: an input as a text, a file, numbers and pieces. */
#ifndef SKT_TESTS_FUZZ_FUZZ_H
#define SKT_TESTS_FUZZ_FUZZ_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, taken from its beginning; behind its end there are zeros. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

static inline void fuzz_take(struct fuzz_input *input, void *ret, size_t size)
{
	const size_t n = size < input->size ? size : input->size;

	memset(ret, 0, size);
	if (n)
		memcpy(ret, input->data, n);
	input->data += n;
	input->size -= n;
}

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
	uint8_t byte;

	fuzz_take(input, &byte, 1);
	return byte;
}

static inline uint16_t fuzz_short(struct fuzz_input *input)
{
	uint16_t number;

	fuzz_take(input, &number, sizeof(number));
	return number;
}

/* A copy of just SIZE bytes and a NUL, for free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

enum { FUZZ_PATH = 32 };

/* A file that holds the bytes: its descriptor, and a path to it. */
static inline int fuzz_file(const void *data, size_t size, char path[FUZZ_PATH])
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || (size && pwrite(fd, data, size, 0) != (ssize_t)size))
		abort();
	(void)snprintf(path, FUZZ_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

/* The length of the next piece of LEFT bytes, by chance: from 1 on, most of them short. */
static inline size_t fuzz_piece(uint32_t *chance, size_t left)
{
	size_t n;

	*chance = *chance * 1664525 + 1013904223;
	n = 1 + (*chance >> 8) % (*chance & 0xf000000 ? 16 : 4096);
	return n < left ? n : left;
}

#endif
