#include "cmd/version.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "proc/owner_backend.h"
#include "record/pack.h"
#include "tls/context.h"

/* libmnl tells its version to pkg-config only; where that was missing, it is "". */
static void print_libraries(FILE *stream)
{
	(void)fprintf(stream, "Libraries: libmnl%s%s", SKT_LIBMNL[0] ? " " : "", SKT_LIBMNL);
	if (!skt_tls_lacks())
		(void)fprintf(stream, ", OpenSSL %s", SKT_OPENSSL);
	if (!skt_pack_lacks())
		(void)fprintf(stream, ", libzstd %s", SKT_ZSTD);
#ifdef __GLIBC__
	(void)fprintf(stream, ", glibc %s", gnu_get_libc_version());
#endif
	(void)fputc('\n', stream);
}

void skt_version_print(FILE *stream)
{
	(void)fprintf(stream, "sockkit %s\n", SKT_VERSION);
	(void)fprintf(stream, "Inside: +netlink %cbpf %ctls %czstd\n",
		skt_owner_bpf.lacks ? '-' : '+', skt_tls_lacks() ? '-' : '+',
		skt_pack_lacks() ? '-' : '+');
	print_libraries(stream);
	(void)fputs("Licence: MIT, without warranty\n"
		    "Bugs: on the issues page of the repository that this comes from;\n"
		    "weaknesses in private, as its SECURITY.md says\n",
		stream);
}
