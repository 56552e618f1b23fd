#include "base/macros.h"

#include <string.h>
#include <unistd.h>

void skt_assert_failed(const char *text)
{
	static const char end[] = ": this is a bug\n";

	/* Nothing is known of the state: no buffers, no memory, no handlers. */
	(void)!write(STDERR_FILENO, text, strlen(text));
	(void)!write(STDERR_FILENO, end, sizeof(end) - 1);
	__builtin_trap();
}
