/* Unix sockets: include/uapi/linux/unix_diag.h, net/unix/diag.c; /proc/net/unix (unix(7)). */
#include <errno.h>
#include <linux/unix_diag.h>
#include <stdio.h>

#include "diag/family_fill.h"
#include "diag/proc_line.h"

static const struct unix_diag_req request = {
	.sdiag_family = AF_UNIX,
	.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID,
	.udiag_cookie = {UINT32_MAX, UINT32_MAX},
};

static const struct skt_family_show shows[] = {
	{SKT_DETAIL_MEMORY, UDIAG_SHOW_MEMINFO},
	{SKT_DETAIL_VFS, UDIAG_SHOW_VFS},
	{SKT_DETAIL_WAITING, UDIAG_SHOW_ICONS},
	{0},
};

static void put_nameless(struct skt_end *end, char *text, uint64_t inode)
{
	/* By hand: most unix sockets are such, at both ends. */
	char *p = mempcpy(text, "socket:[", strlen("socket:["));

	p = skt_put_u64(p, inode);
	*p++ = ']';
	*p = '\0';
	end->host = text;
	end->host_len = (uint16_t)(p - text);
}

/* A file's name that looks like something else is set off by the directory that it is in. */
static bool misleads(const char *path, size_t len)
{
	static const char nameless[] = "socket:[";

	return path[0] == '@' ||
		(len >= sizeof(nameless) - 1 && !memcmp(path, nameless, sizeof(nameless) - 1));
}

/*
 * NAME is sun_path as it was bound: abstract names begin with a NUL and may hold anything, those of
 * files end at the first NUL. False where it is longer than any address.
 */
static bool put_name(struct skt_end *end, char *text, const char *name, size_t len)
{
	char *p = text;

	if (name[0])
		len = strnlen(name, len);
	if (len > SKT_SOCKET_TEXT_MAX - 2)
		return false;
	if (name[0] && misleads(name, len))
		p = mempcpy(p, "./", 2);
	memcpy(p, name, len);
	if (!name[0])
		*p = '@';
	end->host = text;
	end->host_len = (uint16_t)(p + len - text);
	return true;
}

static bool read_peer(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr)
{
	uint32_t inode;

	if (!skt_attribute_get(attr->value, attr->len, &inode, sizeof(inode)))
		return false;
	/* One that was not accepted yet has no inode. */
	if (!inode)
		return true;
	socket->peer_inode = inode;
	socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_PEER_INODE);
	put_nameless(&socket->remote, text->remote, inode);
	return true;
}

/* The kernel's own number of a device: 12 bits, 20 bits (linux/kdev_t.h). */
static bool read_file(struct skt_socket_detail *detail, const struct skt_attribute *attr)
{
	struct unix_diag_vfs file;

	if (!skt_attribute_get(attr->value, attr->len, &file, sizeof(file)))
		return false;
	if (!detail)
		return true;
	detail->vfs_inode = file.udiag_vfs_ino;
	(void)snprintf(detail->vfs_device, sizeof(detail->vfs_device), "%u:%u",
		file.udiag_vfs_dev >> 20, file.udiag_vfs_dev & 0xfffff);
	detail->present |= SKT_SOCKET_BIT(SKT_DETAIL_HAS_VFS);
	return true;
}

static bool read_attribute(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr)
{
	struct unix_diag_rqlen queues;

	switch (attr->type) {
	case UNIX_DIAG_NAME:
		return !attr->len || put_name(&socket->local, text->local, attr->value, attr->len);
	case UNIX_DIAG_PEER:
		return read_peer(socket, text, attr);
	case UNIX_DIAG_RQLEN:
		if (!skt_attribute_get(attr->value, attr->len, &queues, sizeof(queues)))
			return false;
		skt_socket_fill_queues(socket, queues.udiag_rqueue, queues.udiag_wqueue);
		if (socket->state == SKT_STATE_LISTEN)
			socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_BACKLOG);
		return true;
	case UNIX_DIAG_SHUTDOWN:
		socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_SHUTDOWN);
		return skt_attribute_get(
			attr->value, attr->len, &socket->shutdown, sizeof(socket->shutdown));
	case UNIX_DIAG_UID:
		return skt_socket_fill_uid(socket, attr);
	case UNIX_DIAG_MEMINFO:
		skt_socket_keep_memory(text, attr);
		return true;
	case UNIX_DIAG_VFS:
		return read_file(text->detail, attr);
	case UNIX_DIAG_ICONS:
		socket->list = attr->value;
		socket->list_len = (uint32_t)attr->len;
		return true;
	}
	return true;
}

static void begin(struct skt_socket *socket, struct skt_socket_text *text, uint8_t type,
	unsigned int state, uint64_t inode)
{
	*socket = (struct skt_socket){.proto = SKT_PROTO_UNIX, .family = AF_UNIX, .type = type};
	socket->state = (uint8_t)skt_state_of_type(type, state);
	skt_socket_fill_inode(socket, inode);
	if (inode)
		put_nameless(&socket->local, text->local, inode);
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct unix_diag_msg msg;

	if (!skt_attribute_get(payload, len, &msg, sizeof(msg)) || msg.udiag_family != AF_UNIX)
		return -EBADMSG;
	begin(ret, text, msg.udiag_type, msg.udiag_state, msg.udiag_ino);
	skt_socket_fill_cookie(ret, msg.udiag_cookie);
	return skt_socket_fill_attributes(payload, len, sizeof(msg), read_attribute, ret, text);
}

/*
 * The flag of a listener, and the two states (linux/net.h) that stand for an established one: one
 * that was accepted, or not yet.
 */
enum { ACCEPTCON = 1 << 16, CONNECTING = 2, CONNECTED = 3 };

/*
 * `Num: RefCount Protocol Flags Type St Inode Path` (net/unix/af_unix.c, unix_seq_show()). In
 * abstract names NULs were made to `@`, so any `@` may be one; newlines stand as they are, and what
 * is behind one looks like a line of its own.
 */
static int parse_line(
	const char *text_line, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct skt_proc_line line = {.p = text_line, .end = text_line + len};
	unsigned int flags, type, state, number = SKT_STATE_CLOSED;
	uint64_t inode;

	skt_proc_line_pointer(&line);
	skt_proc_line_char(&line, ':');
	(void)skt_proc_line_next_hex(&line, 8, 8);
	(void)skt_proc_line_next_hex(&line, 8, 8);
	flags = (unsigned int)skt_proc_line_next_hex(&line, 8, 8);
	type = (unsigned int)skt_proc_line_next_hex(&line, 4, 4);
	state = (unsigned int)skt_proc_line_next_hex(&line, 2, 2);
	inode = skt_proc_line_next(&line, UINT32_MAX);
	if (line.bad || type >= SKT_TYPE_NAMES)
		return -EBADMSG;
	if (flags & ACCEPTCON)
		number = SKT_STATE_LISTEN;
	else if (state == CONNECTED || state == CONNECTING)
		number = SKT_STATE_ESTABLISHED;
	begin(ret, text, (uint8_t)type, number, inode);
	if (line.p == line.end)
		return 0;
	if (*line.p++ != ' ' || line.p == line.end ||
		(size_t)(line.end - line.p) > SKT_SOCKET_TEXT_MAX)
		return -EBADMSG;
	memcpy(text->local, line.p, (size_t)(line.end - line.p));
	ret->local.host = text->local;
	ret->local.host_len = (uint16_t)(line.end - line.p);
	return 0;
}

const struct skt_family skt_unix_family = {
	.request = &request,
	.request_len = sizeof(request),
	.states_at = offsetof(struct unix_diag_req, udiag_states),
	.show_at = offsetof(struct unix_diag_req, udiag_show),
	.shows = shows,
	.parse = parse,
	.proc_name = "unix",
	.parse_line = parse_line,
};
