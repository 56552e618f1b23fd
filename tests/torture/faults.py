"""Which calls fail, with which errors, and how many there were: the other side of fault.c."""
import ctypes
import errno
import mmap
import os
import socket
import struct

BUILD = os.environ.get("BUILD", "build")
SOCKKIT = os.path.abspath(os.environ.get("SOCKKIT", f"{BUILD}/sockkit"))
SHIM = os.path.abspath(f"{BUILD}/tests/fault.so")

NO_MEMORY, NO_FILES = ["ENOMEM"], ["EMFILE", "ENFILE"]
# What returns NULL, 0 or -1 and sets no errno that anyone reads.
PLAIN = ["ENOMEM"]
# Of what OpenSSL calls an error of the system, without a number, nobody can tell whose fault it was.
UNKNOWN = ["EPROTO"]
ERRORS = {
    "malloc": NO_MEMORY, "calloc": NO_MEMORY, "realloc": NO_MEMORY, "reallocarray": NO_MEMORY,
    "strdup": NO_MEMORY, "strndup": NO_MEMORY, "mmap": NO_MEMORY, "__getdelim": ["EIO", "ENOMEM"],
    "open": NO_FILES, "openat": NO_FILES, "fopen": NO_FILES, "realpath": ["EACCES"],
    "opendir": NO_FILES, "fdopendir": NO_MEMORY, "readdir": ["EIO"], "scandir": ["ENOMEM"],
    "readlink": ["EACCES"], "readlinkat": ["ENOMEM"], "statx": ["EACCES"], "stat": ["EACCES"], "lstat": ["EACCES"],
    "fstat": ["ENOMEM"], "fstatat": ["EACCES"], "statfs": ["EACCES"], "fstatfs": ["EIO"], "access": ["EACCES"],
    "faccessat": ["EACCES"], "open_by_handle_at": ["EPERM"], "name_to_handle_at": ["EOPNOTSUPP"],
    "dup2": ["EMFILE"], "fcntl": ["EMFILE"], "flock": ["EWOULDBLOCK", "ENOLCK"], "ftruncate": ["EIO", "ENOSPC"],
    "fchmod": ["EPERM"], "mkdir": ["ENOSPC", "EACCES"], "unlink": ["EROFS"], "lseek": ["ESPIPE"],
    "pipe": NO_FILES, "pipe2": NO_FILES, "eventfd": NO_FILES, "signalfd": NO_FILES, "epoll_create1": NO_FILES,
    "epoll_ctl": ["ENOMEM", "ENOSPC"], "epoll_wait": ["EINTR"], "epoll_pwait2": ["EINTR", "ENOSYS"],
    "poll": ["EINTR", "ENOMEM"], "ppoll": ["EINTR"],
    "read": ["EINTR", "EIO"], "pread": ["EIO"], "preadv2": ["EOPNOTSUPP", "EIO"],
    "write": ["EINTR", "EIO", "ENOSPC"], "writev": ["EINTR", "EIO", "ENOSPC"], "pwrite": ["ENOSPC"],
    "pwritev2": ["EOPNOTSUPP"], "splice": ["EINTR", "EINVAL", "ENOMEM"], "sendfile": ["EINVAL", "EIO"],
    "socket": NO_FILES + ["ENOBUFS", "EPERM", "EAFNOSUPPORT"], "socketpair": NO_FILES,
    "bind": ["EADDRINUSE", "EACCES"], "listen": ["EADDRINUSE"],
    "accept4": ["EINTR", "EAGAIN", "ECONNABORTED", "EMFILE", "ENOBUFS", "EPERM"],
    "connect": ["ENOBUFS", "ECONNREFUSED", "EADDRNOTAVAIL", "EPERM"], "shutdown": ["ENOTCONN"],
    "getsockname": ["ENOBUFS"], "getpeername": ["ENOTCONN"], "getsockopt": ["ENOPROTOOPT"],
    "setsockopt": ["ENOPROTOOPT", "EPERM", "ENOMEM"], "ioctl": ["ENOTTY"],
    "send": ["EINTR", "EAGAIN", "ENOBUFS"], "sendto": ["EINTR", "ENOBUFS", "EPERM"],
    "sendmsg": ["EINTR", "ENOBUFS", "EPERM"], "sendmmsg": ["EINTR", "ENOBUFS", "EPERM"],
    "recv": ["ECONNRESET", "ENOMEM"], "recvfrom": ["EINTR", "ENOMEM"],
    "recvmsg": ["EINTR", "ENOBUFS", "ENOMEM"], "recvmmsg": ["EINTR", "ENOMEM"],
    "waitpid": ["EINTR", "ECHILD"], "clone": ["EAGAIN", "ENOMEM"], "setns": ["EPERM"], "kill": ["EPERM"],
    "execvp": ["ENOMEM"], "execvpe": ["ENOMEM"], "prctl": ["EPERM"], "getrandom": ["ENOSYS"],
    "getrlimit": ["EPERM"], "setrlimit": ["EPERM"],
    "sched_getaffinity": ["EINVAL"], "getifaddrs": ["ENOMEM"], "if_nameindex": ["ENOBUFS"],
    "pthread_create": ["EAGAIN"], "posix_fallocate": ["ENOSPC"],
    "getaddrinfo": ["EAI_MEMORY", "EAI_AGAIN"],
    "syscall": ["ENOSYS", "EPERM", "ENOMEM", "EMFILE"],
    "SSL_CTX_new": PLAIN, "SSL_new": PLAIN, "BIO_new": PLAIN, "BIO_meth_new": PLAIN, "BIO_new_mem_buf": PLAIN,
    "X509_new": PLAIN, "EVP_PKEY_Q_keygen": PLAIN, "RAND_bytes": PLAIN, "SSL_do_handshake": UNKNOWN,
    "SSL_read": UNKNOWN, "SSL_write": UNKNOWN, "SSL_shutdown": UNKNOWN,
    "ZSTD_createCCtx": PLAIN, "ZSTD_createDCtx": PLAIN,
}
# Errors after which all is done all the same.
HARMLESS = {"EINTR"}
# What says nothing of the peer: after it the answer is not "no", and the command line is not at fault.
LOCAL = {"ENOMEM", "EMFILE", "ENFILE", "ENOBUFS", "EIO", "ENOSPC", "EAI_MEMORY"}


def number(name):
    """The number of an error of errno.h or of netdb.h."""
    return getattr(socket if name.startswith("EAI_") else errno, name)


def kinds():
    library = ctypes.CDLL(SHIM)
    return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(library, "fault_kinds"))).decode().split()


class Counts:
    """What fault.so shares: the calls of each kind, and as the last one the descriptors that were left open."""

    def __init__(self, scratch):
        self.names, self.path = kinds(), f"{scratch}/counts"
        self.format = f"{len(self.names) + 1}I"
        size = struct.calcsize(self.format)
        with open(self.path, "wb") as file:
            file.write(bytes(size))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), size)

    def clear(self):
        self.map[:] = bytes(len(self.map))

    def get(self):
        """The calls of each kind, and the descriptors left."""
        *calls, left = struct.unpack(self.format, self.map[:])
        return dict(zip(self.names, calls)), left
