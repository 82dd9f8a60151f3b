/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
int add(int a,int b); /* lint-expect: format */
