/*
 * A library for LD_PRELOAD that lets one call fail: FAULT=KIND:N:ERRNO fails the Nth call of that
 * kind (from 1), FAULT=KIND:N+:ERRNO that and all behind it. Calls of each kind are counted in the
 * file FAULT_COUNTS, as uint32_t in the order of `kinds`, over all threads and children; behind
 * them is how many descriptors were still open at exit() that were not there at the start. The file
 * is made by who asks. FAULT_TRAP stops a debugger where it happens. Only the program FAULT_EXE is
 * meant: what it starts is left alone.
 *
 * A kind is a name of the C library; what the compiler's fortified forms call counts as the plain
 * one. Every function here passes six registers on, whatever it takes: the calling conventions of
 * x86-64 and of AArch64 do not mind.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

enum returns {
	MINUS_ONE, /* and errno */
	NOTHING,   /* NULL, and errno */
	ERRNO      /* the number itself */
};

/* X(name, what it returns where it fails) */
#define KINDS(X) \
	X(malloc, NOTHING) \
	X(calloc, NOTHING) \
	X(realloc, NOTHING) \
	X(reallocarray, NOTHING) \
	X(strdup, NOTHING) \
	X(strndup, NOTHING) \
	X(mmap, MINUS_ONE) \
	X(open, MINUS_ONE) \
	X(openat, MINUS_ONE) \
	X(fopen, NOTHING) \
	X(opendir, NOTHING) \
	X(fdopendir, NOTHING) \
	X(readdir, NOTHING) \
	X(scandir, MINUS_ONE) \
	X(realpath, NOTHING) \
	X(__getdelim, MINUS_ONE) \
	X(readlink, MINUS_ONE) \
	X(readlinkat, MINUS_ONE) \
	X(statx, MINUS_ONE) \
	X(stat, MINUS_ONE) \
	X(lstat, MINUS_ONE) \
	X(fstat, MINUS_ONE) \
	X(fstatat, MINUS_ONE) \
	X(statfs, MINUS_ONE) \
	X(fstatfs, MINUS_ONE) \
	X(access, MINUS_ONE) \
	X(faccessat, MINUS_ONE) \
	X(open_by_handle_at, MINUS_ONE) \
	X(name_to_handle_at, MINUS_ONE) \
	X(flock, MINUS_ONE) \
	X(ftruncate, MINUS_ONE) \
	X(fchmod, MINUS_ONE) \
	X(lseek, MINUS_ONE) \
	X(mkdir, MINUS_ONE) \
	X(unlink, MINUS_ONE) \
	X(fcntl, MINUS_ONE) \
	X(dup2, MINUS_ONE) \
	X(pipe, MINUS_ONE) \
	X(pipe2, MINUS_ONE) \
	X(eventfd, MINUS_ONE) \
	X(signalfd, MINUS_ONE) \
	X(epoll_create1, MINUS_ONE) \
	X(epoll_ctl, MINUS_ONE) \
	X(epoll_wait, MINUS_ONE) \
	X(epoll_pwait2, MINUS_ONE) \
	X(poll, MINUS_ONE) \
	X(ppoll, MINUS_ONE) \
	X(read, MINUS_ONE) \
	X(pread, MINUS_ONE) \
	X(preadv2, MINUS_ONE) \
	X(write, MINUS_ONE) \
	X(writev, MINUS_ONE) \
	X(pwrite, MINUS_ONE) \
	X(pwritev2, MINUS_ONE) \
	X(splice, MINUS_ONE) \
	X(sendfile, MINUS_ONE) \
	X(socket, MINUS_ONE) \
	X(socketpair, MINUS_ONE) \
	X(bind, MINUS_ONE) \
	X(listen, MINUS_ONE) \
	X(accept4, MINUS_ONE) \
	X(connect, MINUS_ONE) \
	X(shutdown, MINUS_ONE) \
	X(getsockname, MINUS_ONE) \
	X(getpeername, MINUS_ONE) \
	X(getsockopt, MINUS_ONE) \
	X(setsockopt, MINUS_ONE) \
	X(ioctl, MINUS_ONE) \
	X(send, MINUS_ONE) \
	X(sendto, MINUS_ONE) \
	X(sendmsg, MINUS_ONE) \
	X(sendmmsg, MINUS_ONE) \
	X(recv, MINUS_ONE) \
	X(recvfrom, MINUS_ONE) \
	X(recvmsg, MINUS_ONE) \
	X(recvmmsg, MINUS_ONE) \
	X(waitpid, MINUS_ONE) \
	X(clone, MINUS_ONE) \
	X(execvp, MINUS_ONE) \
	X(execvpe, MINUS_ONE) \
	X(kill, MINUS_ONE) \
	X(prctl, MINUS_ONE) \
	X(getrandom, MINUS_ONE) \
	X(getrlimit, MINUS_ONE) \
	X(setrlimit, MINUS_ONE) \
	X(setns, MINUS_ONE) \
	X(sched_getaffinity, MINUS_ONE) \
	X(getifaddrs, MINUS_ONE) \
	X(if_nameindex, NOTHING) \
	X(pthread_create, ERRNO) \
	X(posix_fallocate, ERRNO) \
	X(getaddrinfo, ERRNO) \
	X(ZSTD_createCCtx, NOTHING) \
	X(ZSTD_createDCtx, NOTHING) \
	X(SSL_CTX_new, NOTHING) \
	X(SSL_new, NOTHING) \
	X(SSL_do_handshake, MINUS_ONE) \
	X(SSL_read, MINUS_ONE) \
	X(SSL_write, MINUS_ONE) \
	X(SSL_shutdown, MINUS_ONE) \
	X(BIO_new, NOTHING) \
	X(BIO_meth_new, NOTHING) \
	X(BIO_new_mem_buf, NOTHING) \
	X(X509_new, NOTHING) \
	X(EVP_PKEY_Q_keygen, NOTHING) \
	X(RAND_bytes, NOTHING)

/* X(fortified name, kind) */
#define FORTIFIED(X) \
	X(__read_chk, read) \
	X(__pread_chk, pread) \
	X(__recv_chk, recv) \
	X(__recvfrom_chk, recvfrom) \
	X(__ppoll_chk, ppoll) \
	X(__poll_chk, poll) \
	X(__open_2, open) \
	X(__openat_2, openat) \
	X(__readlink_chk, readlink) \
	X(__readlinkat_chk, readlinkat)

enum kind {
#define KIND(name, returns) KIND_##name,
	KINDS(KIND)
#undef KIND
	/* syscall(2): pidfd_open, bpf, clone3 and whatever has no function of its own */
	KIND_syscall,
	KIND_COUNT
};

static const char *const kinds[KIND_COUNT] = {
#define KIND(name, returns) [KIND_##name] = #name,
	KINDS(KIND)
#undef KIND
		[KIND_syscall] = "syscall",
};

static struct {
	uint32_t *counts; /* shared; NULL: another program, or too early */
	int kind;         /* -1: none fails */
	uint32_t nth;
	bool onwards, trap;
	int error;
	uint64_t before; /* a bit for each descriptor that was there at the start */
} fault = {.kind = -1};

static void read_fault(const char *text)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	char *end;

	if (!colon)
		return;
	fault.nth = (uint32_t)strtoul(colon + 1, &end, 10);
	fault.onwards = *end == '+';
	colon = strchr(end, ':');
	fault.error = colon ? (int)strtol(colon + 1, NULL, 10) : EIO;
	for (int i = 0; i < KIND_COUNT; i++)
		if (!strncmp(kinds[i], text, strlen(kinds[i])) && text[strlen(kinds[i])] == ':')
			fault.kind = i;
	if (fault.kind < 0)
		_exit(99);
}

__attribute__((constructor)) static void begin(void)
{
	const char *wanted = getenv("FAULT_EXE"), *path = getenv("FAULT_COUNTS");
	char exe[4096] = "";
	void *counts;
	int fd;

	if (!wanted || !path || readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0 ||
		strcmp(exe, wanted) != 0)
		return;
	read_fault(getenv("FAULT"));
	fault.trap = getenv("FAULT_TRAP");
	fd = open(path, O_RDWR | O_CLOEXEC);
	counts = fd < 0 ? MAP_FAILED
			: mmap(NULL, (KIND_COUNT + 1) * sizeof(uint32_t), PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		_exit(98);
	(void)close(fd);
	for (int i = 0; i < 64; i++)
		if (fcntl(i, F_GETFD) >= 0)
			fault.before |= UINT64_C(1) << i;
	fault.counts = counts;
}

/* Looks at the lowest thousand: what is left open by mistake is among them. */
__attribute__((destructor)) static void end(void)
{
	uint32_t *counts = fault.counts;

	fault.counts = NULL;
	if (!counts)
		return;
	for (int i = 0; i < 1024; i++)
		if (!(i < 64 && fault.before >> i & 1) && fcntl(i, F_GETFD) >= 0)
			counts[KIND_COUNT]++;
}

/* Counts a call. Whether it fails. */
static bool fails(enum kind kind)
{
	uint32_t n;

	if (!fault.counts)
		return false;
	n = __atomic_add_fetch(&fault.counts[kind], 1, __ATOMIC_RELAXED);
	if ((int)kind != fault.kind || (fault.onwards ? n < fault.nth : n != fault.nth))
		return false;
	if (fault.trap)
		(void)raise(SIGTRAP);
	errno = fault.error;
	return true;
}

static long failed(enum returns returns)
{
	return returns == NOTHING ? 0 : returns == ERRNO ? fault.error : -1;
}

typedef long six(long, long, long, long, long, long);

/*
 * dlsym() itself allocates, so what allocates is not looked up: it is the C library's, or under
 * -fsanitize=address that of its library.
 */
extern six __libc_malloc, __libc_calloc, __libc_realloc;
extern six __interceptor_malloc __attribute__((weak));
extern six __interceptor_calloc __attribute__((weak));
extern six __interceptor_realloc __attribute__((weak));

static six *behind(const char *name, six **known)
{
	six *function = __atomic_load_n(known, __ATOMIC_RELAXED);
	void *found;

	if (function)
		return function;
	if (!strcmp(name, "malloc"))
		return __interceptor_malloc ? __interceptor_malloc : __libc_malloc;
	if (!strcmp(name, "calloc"))
		return __interceptor_calloc ? __interceptor_calloc : __libc_calloc;
	if (!strcmp(name, "realloc"))
		return __interceptor_realloc ? __interceptor_realloc : __libc_realloc;
	found = dlsym(RTLD_NEXT, name);
	if (!found)
		_exit(97);
	memcpy(&function, &found, sizeof(function));
	__atomic_store_n(known, function, __ATOMIC_RELAXED);
	return function;
}

/*
 * What is told to people is always told: descriptor 2 takes everything. And what epoll knows can
 * always be changed and removed (fs/eventpoll.c): only what is added can be refused.
 */
static bool spared(enum kind kind, long first, long second)
{
	return (first == STDERR_FILENO && (kind == KIND_write || kind == KIND_writev)) ||
		(kind == KIND_epoll_ctl && second != EPOLL_CTL_ADD);
}

#define FUNCTION(symbol, kind, returns) \
	long fault_##symbol(long, long, long, long, long, long) __asm__(#symbol); \
	__attribute__((visibility("default"))) long fault_##symbol( \
		long a, long b, long c, long d, long e, long f) \
	{ \
		static six *known; \
\
		if (!spared(KIND_##kind, a, b) && fails(KIND_##kind)) \
			return failed(returns); \
		return behind(#symbol, &known)(a, b, c, d, e, f); \
	}

#define PLAIN(name, returns) FUNCTION(name, name, returns)
#define CHECKED(symbol, kind) FUNCTION(symbol, kind, MINUS_ONE)
KINDS(PLAIN)
FORTIFIED(CHECKED)

/* One argument more than there are registers for on x86-64. */
long fault_syscall(long, long, long, long, long, long, long) __asm__("syscall");
__attribute__((visibility("default"))) long fault_syscall(
	long number, long a, long b, long c, long d, long e, long f)
{
	static long (*known)(long, long, long, long, long, long, long);
	void *found;

	if (fails(KIND_syscall))
		return -1;
	if (!known) {
		found = dlsym(RTLD_NEXT, "syscall");
		memcpy(&known, &found, sizeof(known));
	}
	return known(number, a, b, c, d, e, f);
}

/* The order of the counts, for who reads them: one name a line. */
const char fault_kinds[] __attribute__((visibility("default"), used)) =
#define KIND(name, returns) #name "\n"
	KINDS(KIND)
#undef KIND
		"syscall\n";
