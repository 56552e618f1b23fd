#include "cmd/ports/signal.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/num.h"

/* Those that one would send to a server. */
static const struct {
	const char *name;
	int number;
} signals[] = {
	{"TERM", SIGTERM},
	{"KILL", SIGKILL},
	{"INT", SIGINT},
	{"HUP", SIGHUP},
	{"QUIT", SIGQUIT},
	{"ABRT", SIGABRT},
	{"ALRM", SIGALRM},
	{"PIPE", SIGPIPE},
	{"USR1", SIGUSR1},
	{"USR2", SIGUSR2},
	{"WINCH", SIGWINCH},
};

int ports_signal_parse(const char *text)
{
	uint64_t number;

	if (!skt_num_parse(text, 1, (uint64_t)SIGRTMAX, &number))
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < SKT_COUNT(signals); i++)
		if (strcasecmp(text, signals[i].name) == 0)
			return signals[i].number;
	return -1;
}

const char *ports_signal_name(int number)
{
	for (size_t i = 0; i < SKT_COUNT(signals); i++)
		if (number == signals[i].number)
			return signals[i].name;
	return NULL;
}
