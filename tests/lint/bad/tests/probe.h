/* SPDX-License-Identifier: (LGPL-2.1-only OR BSD-2-Clause) AND (GPL-2.0-only OR BSD-2-Clause) */
