/*
 * Whole command lines: the first byte is the command, then a word a line. They are taken, or
 * refused in one line that can be printed; nothing is left behind, and nothing is touched but the
 * words.
 */
#include <stdarg.h>

#include "cmd/command.h"
#include "cmd/parse.h"
#include "cmd/translate.h"
#include "out/text.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS_MAX = 32 };

static unsigned int warned;

/* In place of cmd/warn.c: nobody is to read it. */
void skt_warn_line(const struct skt_context *ctx, const char *text, struct skt_str *ret)
{
	(void)ctx;
	(void)skt_text_add_escaped(ret, text, strlen(text));
}

void skt_warn(const struct skt_context *ctx, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!ctx->program || !text[0])
		abort();
	warned++;
}

/* What help and the version print goes nowhere. */
static int parse(const struct skt_command *command, struct skt_context *ctx, int argc, char **argv,
	void *options)
{
	FILE *out = stdout, *nowhere = fopen("/dev/null", "we");
	int rc;

	if (!nowhere)
		abort();
	stdout = nowhere;
	rc = skt_parse(command, ctx, argc, argv, options);
	stdout = out;
	(void)fclose(nowhere);
	return rc;
}

static void run(const struct skt_command *command, char **words, size_t count)
{
	struct skt_context ctx = {.program = "sockkit x", .columns_env = "100"};
	void *options = calloc(1, command->options_size);
	struct skt_translation taken;
	char *line[4 * WORDS_MAX + 1] = {words[0]};
	int rc;

	if (!options ||
		skt_translate_taken(
			command->name, (const char *const *)words + 1, count - 1, &taken))
		abort();
	for (size_t i = 0; i < taken.words.len && i < 4 * WORDS_MAX - 1; i++)
		line[i + 1] = (char *)taken.words.data[i];
	warned = 0;
	rc = parse(command, &ctx, 1 + (int)SKT_MIN(taken.words.len, (size_t)4 * WORDS_MAX - 1),
		line, options);
	if ((rc == SKT_EXIT_USAGE) != (warned == 1) || rc < -1 || rc > SKT_EXIT_USAGE)
		abort();
	if (command->fini)
		command->fini(options);
	skt_translation_fini(&taken);
	free(options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 1] = {0}, *text, *rest;
	char program[64];
	size_t which, commands = 1, count = 1;

	if (!size)
		return 0;
	while (skt_commands[commands])
		commands++;
	which = data[0] % commands;
	(void)snprintf(program, sizeof(program), "sockkit %s", skt_commands[which]->name);
	words[0] = program;
	rest = text = fuzz_text(data + 1, size - 1);
	for (; rest && count < WORDS_MAX; count++) {
		words[count] = rest;
		rest = strchr(rest, '\n');
		if (rest)
			*rest++ = '\0';
	}
	run(skt_commands[which], words, count);
	free(text);
	return 0;
}
