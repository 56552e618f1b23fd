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

static void take_ephemeral(char *text, struct skt_local_ports *ports)
{
	char *blank = strpbrk(text, " \t");
	uint64_t low, high;

	if (!blank)
		return;
	*blank++ = '\0';
	if (skt_num_parse(text, 0, UINT16_MAX, &low) ||
		skt_num_parse(blank + strspn(blank, " \t"), 0, UINT16_MAX, &high))
		return;
	ports->ephemeral_known = true;
	ports->ephemeral_low = (uint16_t)low;
	ports->ephemeral_high = (uint16_t)high;
}

static void take_reserved(char *text, struct skt_local_ports *ports)
{
	struct skt_port_list list = {0};

	if (*text && !skt_port_list_parse_any(text, strlen(text), &list, NULL))
		for (size_t i = 0; i < list.len; i++)
			if (!list.data[i].name)
				skt_portset_add_range(
					&ports->reserved, list.data[i].low, list.data[i].high);
	skt_vec_free(&list);
}

static void take_unprivileged(char *text, struct skt_local_ports *ports)
{
	uint64_t value;

	if (!skt_num_parse(text, 0, UINT16_MAX + 1, &value))
		ports->unprivileged_start = (uint32_t)value;
}

/* What is there, and how each of it is read. */
static const struct {
	const char *name;
	void (*take)(char *text, struct skt_local_ports *ports);
} files[SKT_LOCAL_PORTS_FILES] = {
	{"ip_local_port_range", take_ephemeral},
	{"ip_local_reserved_ports", take_reserved},
	{"ip_unprivileged_port_start", take_unprivileged},
};

void skt_local_ports_parse(char *const texts[SKT_LOCAL_PORTS_FILES], struct skt_local_ports *ret)
{
	/* The defaults of net/ipv4/af_inet.c, inet_init_net(). */
	*ret = (struct skt_local_ports){
		.ephemeral_low = 32768, .ephemeral_high = 60999, .unprivileged_start = 1024};
	for (size_t i = 0; i < SKT_LOCAL_PORTS_FILES; i++)
		if (texts[i])
			files[i].take(texts[i], ret);
}

void skt_local_ports_read(const char *proc_root, struct skt_local_ports *ret)
{
	char *texts[SKT_LOCAL_PORTS_FILES];

	for (size_t i = 0; i < SKT_LOCAL_PORTS_FILES; i++)
		texts[i] = read_sysctl(proc_root, files[i].name);
	skt_local_ports_parse(texts, ret);
	for (size_t i = 0; i < SKT_LOCAL_PORTS_FILES; i++)
		free(texts[i]);
}
