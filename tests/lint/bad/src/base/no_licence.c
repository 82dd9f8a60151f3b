int licence; /* lint-expect: spdx */
