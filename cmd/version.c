#include "cmd/version.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "proc/owner_backend.h"

/* libmnl tells its version to pkg-config only; where that was missing, it is "". */
static void print_libraries(FILE *stream)
{
	(void)fprintf(stream, "Libraries: libmnl%s%s", SKT_LIBMNL[0] ? " " : "", SKT_LIBMNL);
#ifdef __GLIBC__
	(void)fprintf(stream, ", glibc %s", gnu_get_libc_version());
#endif
	(void)fputc('\n', stream);
}

void skt_version_print(FILE *stream)
{
	(void)fprintf(stream, "sockkit %s\n", SKT_VERSION);
	(void)fprintf(stream, "Inside: +netlink %cbpf\n", skt_owner_bpf.lacks ? '-' : '+');
	print_libraries(stream);
	(void)fputs("Licence: MIT, without warranty\n"
		    "Bugs: on the issues page of the repository that this comes from;\n"
		    "weaknesses in private, as its SECURITY.md says\n",
		stream);
}
