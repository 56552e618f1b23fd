#include "cmd/connect/exec.h"

#include <errno.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "cmd/stream/exec.h"

enum skt_exit connect_exec(const char *command, int fd, const struct sigaction *sigpipe,
	const struct skt_event_log *log)
{
	char **argv = NULL, **environment = NULL;
	struct skt_err err = {0};
	int r;

	r = skt_exec_words(command, &argv, &err);
	if (r == 0)
		r = skt_exec_environment(fd, NULL, environ, &environment);
	if (r == 0)
		r = skt_descriptor_block(fd);
	if (r == 0) {
		(void)sigaction(SIGPIPE, sigpipe, NULL);
		if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
			(void)execvpe(argv[0], argv, environment);
		(void)skt_fail(&err, errno, "run %.128s", argv[0]);
	} else if (!err.code) {
		(void)skt_fail(&err, -r, "run %.128s", command);
	}
	skt_event_tell(log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	skt_exec_free(argv);
	skt_exec_free(environment);
	return SKT_EXIT_TROUBLE;
}
