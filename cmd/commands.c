#include "cmd/command.h"

#include <string.h>

#include "base/name.h"

const struct skt_command *const skt_commands[] = {
	&skt_ports_command,
	&skt_scan_command,
	&skt_sockets_command,
	NULL,
};

const struct skt_command *skt_command_find(const char *name)
{
	for (const struct skt_command *const *command = skt_commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

const char *skt_command_nearest(const char *name)
{
	struct skt_suggestion suggestion;

	skt_suggest_begin(&suggestion, name, strlen(name));
	for (const struct skt_command *const *command = skt_commands; *command; command++)
		skt_suggest_offer(&suggestion, (*command)->name);
	skt_suggest_offer(&suggestion, "help");
	return suggestion.nearest;
}
