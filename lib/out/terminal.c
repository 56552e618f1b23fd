#include "out/terminal.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/num.h"

enum { WIDTH_UNKNOWN = 80, WIDTH_MAX = 10000 };

bool skt_terminal_is(int fd)
{
	return isatty(fd) == 1;
}

unsigned int skt_terminal_width(int fd, const char *columns)
{
	struct winsize size;
	uint64_t width;

	if (!skt_terminal_is(fd))
		return 0;
	if (columns && skt_num_parse(columns, 1, WIDTH_MAX, &width) == 0)
		return (unsigned int)width;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return WIDTH_UNKNOWN;
}
