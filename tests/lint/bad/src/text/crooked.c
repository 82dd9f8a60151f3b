/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
int add(int a,int b); /* lint-expect: format */
int sub(int a, int b);
int  mul(int a, int b); /* lint-expect: format */
