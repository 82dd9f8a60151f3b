/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_REPORT_H
#define MANAGER_REPORT_H
/* Rows of a report, for its forms. */
#include <skep/manager_report.h>

#include "manager/manager.h"

/* A probe, as if it had no attachment. */
struct skep_manager_report_row report_of_probe(const struct skep_probe *p);

/* One of the interfaces that it could not be attached to: of interfaces_failure(). */
struct skep_manager_report_row report_of_failure(const struct skep_probe *p, size_t index);

/* What one of its attachments adds. */
void report_add_attachment(struct skep_manager_report_row *row, const struct skep_attachment *a);

#endif
