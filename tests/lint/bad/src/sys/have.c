/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifdef HAVE_KAFKA /* lint-expect: limits */
int kafka;
#endif
#if defined(__linux__) && HAVE_YAML /* lint-expect: limits */
int yaml;
#endif
#ifdef HAVENT
int other;
#endif
