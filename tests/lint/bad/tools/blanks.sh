#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
if true; then
	true
  	true # lint-expect: format
fi # lint-expect: format  
exit 0
