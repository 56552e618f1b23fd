/*
 * Runs a fuzz target over files, without a fuzzer and with any compiler: `replay FILE|DIRECTORY...`
 * reports one test per file in TAP. The input ends at an unmapped page, so that reading one byte
 * too far crashes in release builds too; the file whose input crashes is named.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int count;
static char current[PATH_MAX + 32];

/* Only what a signal handler may do: the line was made before the input ran. */
static void on_crash(int number)
{
	ssize_t ignored = write(STDOUT_FILENO, current, strlen(current));

	(void)ignored;
	(void)raise(number); /* SA_RESETHAND: this time it kills */
}

static void catch_crashes(void)
{
	const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

/* The whole file, at the end of its mapping. */
static int run_bytes(int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size + page - 1) / page * page;
	uint8_t *map =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *data;
	size_t done = 0;

	if (map == MAP_FAILED)
		return -errno;
	data = map + room - size;
	while (done < size) {
		ssize_t got = read(fd, data + done, size - done);

		if (got <= 0) {
			(void)munmap(map, room + page);
			return got ? -errno : -EIO;
		}
		done += (size_t)got;
	}
	(void)mprotect(map + room, page, PROT_NONE);
	(void)LLVMFuzzerTestOneInput(data, size);
	(void)munmap(map, room + page);
	return 0;
}

static int run_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	int rc;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &status) ? -errno : run_bytes(fd, (size_t)status.st_size);
	(void)close(fd);
	return rc;
}

static int test_file(const char *path)
{
	int rc;

	(void)snprintf(current, sizeof(current), "not ok %u - %s crashes\n", ++count, path);
	rc = run_file(path);
	(void)printf("%sok %u - %s\n", rc ? "not " : "", count, path);
	(void)fflush(stdout);
	return rc;
}

static int by_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int test_directory(const char *path)
{
	struct dirent **entries;
	int found = scandir(path, &entries, by_name, alphasort);
	int rc = 0;

	if (found < 0)
		return -errno;
	for (int i = 0; i < found; i++) {
		char file[PATH_MAX];

		(void)snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (test_file(file))
			rc = -EIO;
		free(entries[i]);
	}
	free(entries);
	return found ? rc : -ENOENT;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	catch_crashes();
	for (int i = 1; i < argc; i++) {
		int rc = test_directory(argv[i]);

		if (rc == -ENOTDIR)
			rc = test_file(argv[i]);
		if (rc) {
			(void)fprintf(stderr, "%s: %s\n", argv[i], strerror(-rc));
			status = EXIT_FAILURE;
		}
	}
	(void)printf("1..%u\n", count);
	return status;
}
