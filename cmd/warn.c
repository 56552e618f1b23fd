#include "cmd/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "out/sink.h"
#include "out/text.h"

void skt_warn(const struct skt_context *ctx, const char *format, ...)
{
	struct skt_sink sink;
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	skt_sink_init(&sink, STDERR_FILENO);
	skt_str_add_text(&sink.pending, ctx->program);
	skt_str_add_text(&sink.pending, ": ");
	(void)skt_text_add_escaped(&sink.pending, text, strlen(text));
	skt_str_add_char(&sink.pending, '\n');
	(void)skt_sink_flush(&sink);
	skt_sink_fini(&sink);
}
