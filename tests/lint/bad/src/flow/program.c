/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow.skel.h" /* lint-expect: include_direction */
#include "only.skel.h"
#include "manager/manager.h"
#include "map/local.h"
#include "serve/http.h"
#include "attach/tcx.h"
