/*
 * `ports --tree` for people:
 *
 *	nginx[812] +3  www-data
 *	├─ tcp 0.0.0.0:80
 *	│  ├─ curl[911]  127.0.0.1:51234
 *	│  └─ 10.0.0.7  x12
 *	└─ tcp 0.0.0.0:443
 */
#ifndef SKT_CMD_PORTS_TREE_TEXT_H
#define SKT_CMD_PORTS_TREE_TEXT_H

#include "cmd/options.h"
#include "cmd/ports/tree_rows.h"

/*
 * Draws ROWS on the terminal that stdout is, no line longer than it is wide. STATUS is handed back,
 * or SKT_EXIT_TROUBLE in its place.
 */
int ports_tree_draw(const struct ports_tree_rows *rows, const struct skt_rows_options *options,
	const struct skt_context *ctx, int status);

#endif
