/* Which kernel runs here, where no answer of its own tells what it can. */
#ifndef SKT_BASE_KERNEL_H
#define SKT_BASE_KERNEL_H

/* A version as a number that can be compared. */
#define SKT_KERNEL(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/* The version of the running kernel (uname(2)); 0 where that is not to be read. */
unsigned int skt_kernel_running(void);

#endif
