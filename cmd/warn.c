#include "cmd/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "out/sink.h"
#include "out/text.h"

void skt_warn_line(const struct skt_context *ctx, const char *text, struct skt_str *ret)
{
	skt_str_add_text(ret, ctx->program);
	skt_str_add_text(ret, ": ");
	(void)skt_text_add_escaped(ret, text, strlen(text));
	skt_str_add_char(ret, '\n');
}

void skt_warn(const struct skt_context *ctx, const char *format, ...)
{
	struct skt_sink sink;
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	skt_sink_init(&sink, STDERR_FILENO);
	skt_warn_line(ctx, text, &sink.pending);
	(void)skt_sink_flush(&sink);
	skt_sink_fini(&sink);
}
