# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
# One screen over Meson. The two commands of the README are `make run` and `make test`.
BUILD ?= build
ASAN ?= build-asan
ARGS ?=
PREFIX ?= /usr/local
LIBDIR ?= lib
SETUP = meson setup $(BUILD) --prefix $(PREFIX) --libdir $(LIBDIR)
export PATH := $(PATH):/usr/sbin:/sbin

all: setup-run ## build the library, the command and the flow agent into build/
	@[ -f $(BUILD)/build.ninja ] || $(SETUP) >/dev/null
	@ninja -C $(BUILD) --quiet

run: all ## show every flow on this host: make run ARGS="--duration 10s"
	@[ "$$(id -u)" = 0 ] || { echo 'the flow agent needs privileges: sudo make run' >&2; exit 5; }
	@$(BUILD)/skep flows $(ARGS)

test: setup-test ## build with sanitizers, run every test on the host and in guests
	@tests/run $(ASAN)

check: setup-test ## the tests that need no privileges: unit, lint, fuzz
	@tests/run $(ASAN) --suite unit --suite lint --suite fuzz

check-kernel: setup-test ## the tests on the live kernel
	@tests/run $(ASAN) --suite kernel --suite cli

check-vm: setup-test ## the same tests in guests: make check-vm K=6.12 T=flow_attach
	@tests/run $(ASAN) --guests $(K:%=--kernel %) $(T)

bench: setup-run ## measure; the figures go to build/bench.json
	@[ -f $(BUILD)/build.ninja ] || $(SETUP) >/dev/null
	@meson configure $(BUILD) -Dbench=true
	@ninja -C $(BUILD) --quiet
	@bench/run $(BUILD)

lint: setup-test ## formatting, include direction, documentation
	@tests/run $(ASAN) --suite lint

format: ## put every C file into the house style
	@git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^tests/lint/bad/' | xargs clang-format-14 -i

setup-run setup-test:
	@tools/setup --check $(@:setup-%=%) || tools/setup $(@:setup-%=%)

install: all ## into PREFIX (/usr/local)
	@meson configure $(BUILD) --prefix $(PREFIX) --libdir $(LIBDIR)
	@meson install -C $(BUILD)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

clean: ## remove what was built
	@rm -rf $(BUILD) $(ASAN) build-vm

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | column -t -s '	'

.PHONY: all run test check check-kernel check-vm bench lint format setup-run setup-test install clean help
