/* What udpsend has to say at its end. */
#ifndef SKT_CMD_UDPSEND_REPORT_H
#define SKT_CMD_UDPSEND_REPORT_H

#include "cmd/udpsend/flow.h"
#include "out/column.h"

extern const struct skt_column udpsend_report_columns[];

void udpsend_report(const struct udpsend_flow *flow);

#endif
