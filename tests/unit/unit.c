#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARDS_MAX = 4096 };

static struct {
	void *map;
	size_t size;
} guards[GUARDS_MAX];
static size_t guard_count;

void *guard_copy(const void *bytes, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (len + page - 1) / page * page + page;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(guard_count < GUARDS_MAX);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map + size - page, page, PROT_NONE), 0);
	guards[guard_count].map = map;
	guards[guard_count++].size = size;
	if (len)
		memcpy(map + size - page - len, bytes, len);
	return map + size - page - len;
}

char *guard_text(const char *text)
{
	return guard_copy(text, strlen(text));
}

void guard_free_all(void)
{
	while (guard_count) {
		guard_count--;
		(void)munmap(guards[guard_count].map, guards[guard_count].size);
	}
}

const char *open_descriptors(void)
{
	static char texts[2][4096];
	static unsigned int turn;
	char *text = texts[turn++ % 2];
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t used = 0;

	assert_non_null(dir);
	text[0] = '\0';
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != dirfd(dir))
			used += (size_t)snprintf(
				text + used, sizeof(texts[0]) - used, "%s ", entry->d_name);
	(void)closedir(dir);
	return text;
}

static char descriptors_before[4096];

int unit_setup(void **state)
{
	(void)state;
	(void)snprintf(descriptors_before, sizeof(descriptors_before), "%s", open_descriptors());
	return 0;
}

int unit_teardown(void **state)
{
	(void)state;
	guard_free_all();
	assert_string_equal(descriptors_before, open_descriptors());
	return 0;
}

const char *fixture_path(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", SKT_FIXTURES, name);
	return path;
}
