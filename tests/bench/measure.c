/*
 * Times commands side by side: every one once, then every one again, so that a busy moment hits all
 * of them alike. Reads lines `NAME<TAB>SHELL COMMAND` from stdin and writes lines
 * `NAME<TAB>WALL_MS<TAB>CPU_MS<TAB>PEAK_KIB<TAB>STATUS`: medians, the largest peak, the last
 * status.
 *
 *     measure ROUNDS OUTPUT_FILE < commands
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { COMMANDS_MAX = 64, ROUNDS_MAX = 101 };

struct command {
	char *name, *text;
	double wall_ms[ROUNDS_MAX], cpu_ms[ROUNDS_MAX];
	long peak_kib;
	int status;
};

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run(struct command *command, int round, const char *output)
{
	uint64_t start = skt_clock_ns();
	struct rusage usage;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
			_exit(126);
		(void)execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
		_exit(127);
	}
	while (wait4(pid, &command->status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4");
	command->wall_ms[round] = (double)(skt_clock_ns() - start) / 1e6;
	command->cpu_ms[round] = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
	if (usage.ru_maxrss > command->peak_kib)
		command->peak_kib = usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

static int read_commands(struct command *commands)
{
	char *line = NULL, *tab;
	size_t size = 0;
	int count = 0;

	while (count < COMMANDS_MAX && getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (!tab)
			continue;
		*tab = '\0';
		commands[count].name = strdup(line);
		commands[count].text = strdup(tab + 1);
		if (!commands[count].name || !commands[count].text)
			die("strdup");
		count++;
	}
	free(line);
	return count;
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	long rounds = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	int count;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: measure ROUNDS OUTPUT_FILE < commands\n");
		return 2;
	}
	count = read_commands(commands);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++)
			run(&commands[i], round, argv[2]);
	for (int i = 0; i < count; i++) {
		struct command *c = &commands[i];

		(void)printf("%s\t%.2f\t%.2f\t%ld\t%d\n", c->name, median(c->wall_ms, (int)rounds),
			median(c->cpu_ms, (int)rounds), c->peak_kib, WEXITSTATUS(c->status));
		free(c->name);
		free(c->text);
	}
	return 0;
}
