#include "proc/local_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

/* Every other port with a comma behind it is less than 6 bytes for each of 32768. */
enum { SYSCTL_MAX = 256 * 1024 };

/* A file of net.ipv4 without its newline, for free(); NULL where it cannot be read. */
static char *read_sysctl(const char *proc_root, const char *name)
{
	char path[256], *text = NULL;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/sys/net/ipv4/%s", proc_root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(SYSCTL_MAX);
	/* In one piece: at any other offset than 0 the kernel has nothing to say. */
	n = text ? read(fd, text, SYSCTL_MAX - 1) : -1;
	(void)close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void read_ephemeral(const char *proc_root, struct skt_local_ports *ports)
{
	char *text = read_sysctl(proc_root, "ip_local_port_range");
	char *blank = text ? strpbrk(text, " \t") : NULL;
	uint64_t low = 0, high = 0;

	if (blank) {
		*blank++ = '\0';
		ports->ephemeral_known = !skt_num_parse(text, 0, UINT16_MAX, &low) &&
			!skt_num_parse(blank + strspn(blank, " \t"), 0, UINT16_MAX, &high);
	}
	if (ports->ephemeral_known) {
		ports->ephemeral_low = (uint16_t)low;
		ports->ephemeral_high = (uint16_t)high;
	}
	free(text);
}

static void read_reserved(const char *proc_root, struct skt_portset *reserved)
{
	char *text = read_sysctl(proc_root, "ip_local_reserved_ports");
	struct skt_port_list list = {0};

	if (text && *text && !skt_port_list_parse_any(text, strlen(text), &list, NULL))
		for (size_t i = 0; i < list.len; i++)
			for (uint32_t port = list.data[i].low;
				!list.data[i].name && port <= list.data[i].high; port++)
				skt_portset_add(reserved, (uint16_t)port);
	skt_vec_free(&list);
	free(text);
}

static void read_unprivileged(const char *proc_root, uint32_t *start)
{
	char *text = read_sysctl(proc_root, "ip_unprivileged_port_start");
	uint64_t value;

	if (text && !skt_num_parse(text, 0, UINT16_MAX + 1, &value))
		*start = (uint32_t)value;
	free(text);
}

void skt_local_ports_read(const char *proc_root, struct skt_local_ports *ret)
{
	/* The defaults of net/ipv4/af_inet.c, inet_init_net(). */
	*ret = (struct skt_local_ports){
		.ephemeral_low = 32768, .ephemeral_high = 60999, .unprivileged_start = 1024};
	read_ephemeral(proc_root, ret);
	read_reserved(proc_root, &ret->reserved);
	read_unprivileged(proc_root, &ret->unprivileged_start);
}
