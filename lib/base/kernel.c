#include "base/kernel.h"

#include <stdlib.h>
#include <sys/utsname.h>

unsigned int skt_kernel_running(void)
{
	struct utsname name;
	unsigned long major, minor;
	char *end;

	if (uname(&name))
		return 0;
	major = strtoul(name.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return SKT_KERNEL(major & 0x7fff, minor & 0xffff);
}
