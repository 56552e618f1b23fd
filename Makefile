# sockkit: one binary, one makefile. `make help` lists what it can do.

VERSION := 0.1.0
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# `make deps GOAL...` installs what the goals need, then hands them to a make of its own, which
# finds what was installed while this one read the file without it.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
GOALS := $(filter-out deps,$(MAKECMDGOALS))

.PHONY: deps hand-over $(GOALS)
deps:
	@.ci/deps $(GOALS)

hand-over: deps
	+@$(MAKE) --no-print-directory $(GOALS)

$(GOALS): hand-over
	@:

else

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

PKG_CONFIG ?= pkg-config
# Other releases of clang-format lay some lines out differently; 14 is the law of this tree.
CLANG ?= $(call first,clang clang-14 clang-19 clang-18 clang-16 clang-15)
CLANG_FORMAT ?= $(call first,clang-format-14 clang-format)
CLANG_TIDY ?= $(call first,clang-tidy-14 clang-tidy)
GCOV ?= gcov
FUZZ_SECONDS ?= 30
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
ifeq ($(origin CC),default)
CC := gcc
endif

first = $(notdir $(firstword $(foreach tool,$(1),$(shell command -v $(tool)))))

# Variants build beside each other: SAN=address,undefined COV=1 RELEASE=1 FUZZ=1 ANALYZE=1, and any
# other compiler.
BUILD ?= build$(if $(filter-out gcc,$(notdir $(CC))),-$(notdir $(CC)))$(if $(SAN),-san)$(if $(COV),-cov)$(if $(RELEASE),-release)$(if $(FUZZ),-fuzz)$(if $(ANALYZE),-analyze)

# musl has no argp of its own.
ARGP_LIBS ?= $(if $(wildcard /usr/lib/libargp.a /usr/lib/libargp.so),-largp)

SKT_CPPFLAGS := -D_GNU_SOURCE -DSKT_VERSION='"$(VERSION)"' -Ilib -I. \
	$(shell $(PKG_CONFIG) --cflags libmnl 2>/dev/null)
SKT_CFLAGS := -std=gnu17 -O2 -g -fno-common -pthread -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wconversion
SKT_LDFLAGS := -pthread
SKT_LIBS := $(shell $(PKG_CONFIG) --libs libmnl 2>/dev/null || echo -lmnl) $(ARGP_LIBS)

# Owners by BPF take clang, bpftool and libbpf's headers: without them /proc does, more slowly. BPF=0
# leaves them out, BPF=1 insists. Ubuntu's bpftool may be a script that finds none for the kernel.
BPF_CLANG := $(call first,$(CLANG) clang)
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool)
BPF_LACKS := $(if $(BPF_CLANG),,clang) $(if $(shell $(BPFTOOL) version 2>/dev/null),,bpftool) \
	$(if $(shell $(PKG_CONFIG) --exists libbpf 2>/dev/null && echo yes),,libbpf)
BPF ?= $(if $(strip $(BPF_LACKS)),0,1)
ifneq ($(BPF),0)
ifneq ($(strip $(BPF_LACKS)),)
$(error BPF=$(BPF) takes what is not here: $(strip $(BPF_LACKS)))
endif
SKT_CPPFLAGS += -isystem $(BUILD)/lib $(shell $(PKG_CONFIG) --cflags libbpf)
endif

ifdef SAN
SKT_CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
SKT_LDFLAGS += -fsanitize=$(SAN)
endif
ifdef COV
SKT_CFLAGS += --coverage -O0
SKT_LDFLAGS += --coverage
endif
ifdef RELEASE
SKT_CFLAGS += -fPIE -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=$(if $(findstring clang,$(CC)),2,3)
SKT_LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif
ifdef FUZZ
SKT_CFLAGS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
SKT_LDFLAGS += -fsanitize=fuzzer,address,undefined
endif
ifdef ANALYZE
SKT_CFLAGS += -fanalyzer -Werror
endif

# One short line for each thing that is made; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)';)

COMPILE = $(CC) $(SKT_CPPFLAGS) $(CPPFLAGS) $(SKT_CFLAGS) $(CFLAGS)
LINK = $(CC) $(SKT_LDFLAGS) $(CFLAGS) $(LDFLAGS)

# Everything but main is a library, so that tests link what the binary links.
LIB_SOURCES := $(sort $(filter-out %.bpf.c lib/proc/owner_$(if $(filter 0,$(BPF)),,no_)bpf.c, \
	$(wildcard lib/*/*.c)))
CMD_SOURCES := $(sort $(filter-out cmd/main.c,$(wildcard cmd/*.c cmd/*/*.c)))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HELPER_SOURCES := $(sort $(wildcard tests/e2e/*.c tests/bench/*.c tests/lab/*.c))
C_FILES := $(sort $(wildcard cmd/*.[ch] cmd/*/*.[ch] lib/*/*.[ch] tests/*/*.[ch]))
# Each measures one kind of work beside its rivals.
BENCHES := tests/bench/run tests/bench/streams tests/bench/udp tests/bench/scan
SH_FILES := .ci/run .ci/deps completions/generate tests/run tests/layers tests/docs/examples \
	tests/peers/fetch \
	$(sort $(BENCHES) $(wildcard tests/*.bats tests/*/*.bash tests/*/*.bats))
MAN_PAGES := $(sort $(wildcard man/*.[17]))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY := $(BUILD)/libsockkit.a
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(FUZZ_SOURCES))
# Programs that tests and measurements start: tests/e2e/mksock.c is $(BUILD)/tests/mksock.
HELPERS := $(foreach source,$(HELPER_SOURCES),$(BUILD)/tests/$(basename $(notdir $(source))))

#: make                 the binary, at build/sockkit
.PHONY: all
all: $(BUILD)/sockkit

#: make deps [GOAL...]  installs what the goals need and this machine lacks (alone: what any needs)

#: make bpf             the same, insisting on owners by BPF; BPF=0 leaves them out
.PHONY: bpf
bpf:
	+@$(MAKE) --no-print-directory BPF=1 all

#: make run             shows this machine's listening ports
.PHONY: run
run: $(BUILD)/sockkit
	@$(BUILD)/sockkit ports

$(BUILD)/sockkit: $(BUILD)/cmd/main.o $(LIBRARY)
	$(call quiet,LINK,$@)$(LINK) -o $@ $^ $(SKT_LIBS)

$(LIBRARY): $(call object,$(LIB_SOURCES) $(CMD_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)ar rcs $@ $^

# What compiles an object: when it changes, everything is built anew.
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE))' '$(subst ','\'',$(LINK))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMPILE))' '$(subst ','\'',$(LINK))' > $@
.PHONY: force
force:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(COMPILE) $(OBJECT_CPPFLAGS) -MMD -MP -c -o $@ $<

# A program for the kernel, in the form that loads it: bytes in a header. For clang the kernel is
# another machine, without headers; the path of these is asked of the compiler of this one.
ASM_HEADERS = $(shell printf '\043include <asm/types.h>\n' | $(CC) -E - | \
	sed -n 's,.*"\(.*\)/asm/types\.h".*,\1,p' | head -n 1)

$(BUILD)/%.bpf.o: %.bpf.c lib/proc/owner_hit.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,BPF,$@)$(BPF_CLANG) -target bpf -std=gnu17 -O2 -g -Wall -Wextra -Ilib \
		-idirafter '$(ASM_HEADERS)' -c -o $@ $<

$(BUILD)/%_skeleton.h: $(BUILD)/%.bpf.o
	$(call quiet,BPF,$@)$(BPFTOOL) gen skeleton -L $< name $(*F)_bpf > $@

$(BUILD)/lib/proc/owner_bpf.o: $(BUILD)/lib/proc/owner_skeleton.h

# Private: the flags file, which these objects need too, must not see it.
$(BUILD)/tests/%.o: private OBJECT_CPPFLAGS = -DSKT_FIXTURES='"$(CURDIR)/tests/fixtures"'

$(BUILD)/tests/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/tests/unit/unit.o $(LIBRARY)
	$(call quiet,LINK,$@)$(LINK) -o $@ $^ $(SKT_LIBS) -lcmocka

# A fuzz target is one function; here its main() replays files, under FUZZ=1 it is libFuzzer's.
$(BUILD)/tests/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(if $(FUZZ),,$(BUILD)/tests/fuzz/replay.o) $(LIBRARY)
	$(call quiet,LINK,$@)$(LINK) -o $@ $^ $(SKT_LIBS)

define helper
$(BUILD)/tests/$(basename $(notdir $(1))): $(call object,$(1)) $(LIBRARY)
	$$(call quiet,LINK,$$@)$$(LINK) -o $$@ $$^ $$(SKT_LIBS)
endef
$(foreach source,$(HELPER_SOURCES),$(eval $(call helper,$(source))))

# tests/run runs stages and adds up what they count.
RUN = BUILD='$(BUILD)' JOBS='$(JOBS)' UNITS='$(UNITS)' FUZZERS='$(FUZZERS)' MAKE='$(MAKE)' tests/run

#: make check           every test there is; ends with "N passed, M failed"
.PHONY: check
check: $(BUILD)/sockkit $(UNITS) $(FUZZERS) $(HELPERS)
	+@$(RUN) layers generated unit fuzz docs e2e install

#: make check-STAGE     one of unit e2e docs layers generated install fuzz
.PHONY: check-unit check-e2e check-docs check-layers check-generated check-install check-fuzz
check-unit: $(UNITS)
check-fuzz: $(FUZZERS)
check-e2e check-docs check-generated check-install: $(BUILD)/sockkit $(HELPERS)
check-unit check-e2e check-docs check-layers check-generated check-install check-fuzz:
	+@$(RUN) $(@:check-%=%)

#: make check-peers     against daemons and rivals of Debian, fetched below build/peers, not installed
.PHONY: check-peers
check-peers: $(BUILD)/sockkit $(HELPERS)
	+@$(RUN) peers

#: make generated       writes anew what is generated and committed: the completions
.PHONY: generated
generated: $(BUILD)/sockkit
	completions/generate $(BUILD)/sockkit completions

#: make fuzz            each fuzz target under libFuzzer for FUZZ_SECONDS (30)
.PHONY: fuzz fuzz-each
fuzz:
	+@$(MAKE) --no-print-directory CC='$(CLANG)' FUZZ=1 fuzz-each
fuzz-each: $(FUZZERS)
	@set -e; for fuzzer in $(FUZZERS); do \
		name=$${fuzzer##*/fuzz_}; found=$(BUILD)/found/$$name; mkdir -p $$found; \
		$$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=512 \
			-artifact_prefix=$$found- $$found tests/fuzz/corpus/$$name >$$found.log 2>&1 || \
			{ cat $$found.log; exit 1; }; \
		printf '%-10s %s\n' $$name "$$(grep '^Done' $$found.log)"; \
	done

#: make lint            layout, clang-tidy and shellcheck: no finding is left
.PHONY: lint
lint: $(if $(filter 0,$(BPF)),,$(BUILD)/lib/proc/owner_skeleton.h)
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	printf '%s\n' $(filter-out %.bpf.c $(if $(filter 0,$(BPF)),lib/proc/owner_bpf.c),$(filter %.c,$(C_FILES))) | \
		xargs -P $(JOBS) -n 4 sh -c '$(CLANG_TIDY) --quiet "$$@" -- \
		-std=gnu17 -Wall -Wextra -D_GNU_SOURCE -DSKT_VERSION=\"\" -DSKT_FIXTURES=\"\" -Ilib -I. \
		-isystem $(BUILD)/lib \
		2>/dev/null' tidy
	shellcheck -x $(wildcard $(SH_FILES))

#: make analyze         gcc's analyzer over the library and the commands: zero warnings
.PHONY: analyze analyze-all
analyze:
	+@$(MAKE) --no-print-directory CC=gcc ANALYZE=1 analyze-all
analyze-all: $(call object,$(LIB_SOURCES) $(CMD_SOURCES) $(wildcard cmd/main.c))

#: make cover           which lines the unit and e2e tests reach, per file
.PHONY: cover cover-all
cover:
	+@$(MAKE) --no-print-directory COV=1 cover-all
cover-all: $(BUILD)/sockkit $(UNITS) $(HELPERS)
	@find $(BUILD) -name '*.gcda' -delete
	+-@GCOV_ERROR_FILE=/dev/null $(RUN) unit e2e
	@for object in $(call object,$(LIB_SOURCES) $(CMD_SOURCES) cmd/main.c); do \
		$(GCOV) -n -o $$object $$object 2>/dev/null; done | awk ' \
		/^File / { file = $$2; gsub("\047", "", file) } \
		/^Lines executed:/ && file ~ /^(lib|cmd).*\.c$$/ { split($$2, part, /[:%]/); \
			covered = part[2] * $$4 / 100; lines += $$4; hit += covered; \
			printf "%6.1f%% of %5d  %s\n", part[2], $$4, file; file = "" } \
		END { if (lines) printf "%6.1f%% of %5d  all\n", 100 * hit / lines, lines }'

#: make bench           side by side with installed peers; prints ratios
.PHONY: bench
bench: $(BUILD)/sockkit $(HELPERS)
	@set -e; for bench in $(BENCHES); do \
		BUILD='$(BUILD)' SOCKKIT='$(CURDIR)/$(BUILD)/sockkit' $$bench; \
	done

#: make install         into DESTDIR and PREFIX (/usr/local): binary, man pages, completions
.PHONY: install
install: $(BUILD)/sockkit
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install -m 755 $(BUILD)/sockkit '$(DESTDIR)$(BINDIR)/sockkit'
	install -m 644 completions/sockkit.bash '$(DESTDIR)$(BASHDIR)/sockkit'
	install -m 644 completions/_sockkit '$(DESTDIR)$(ZSHDIR)/_sockkit'
	install -m 644 completions/sockkit.fish '$(DESTDIR)$(FISHDIR)/sockkit.fish'
	for page in $(MAN_PAGES); do section='$(DESTDIR)$(MANDIR)'/man$${page##*.}; \
		install -d "$$section" && install -m 644 $$page "$$section" || exit; done

#: make uninstall       removes what install put there
# Directories that every prefix has (bin, share/man) stay.
.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/sockkit' '$(DESTDIR)$(BASHDIR)/sockkit' '$(DESTDIR)$(ZSHDIR)/_sockkit' \
		'$(DESTDIR)$(FISHDIR)/sockkit.fish'
	for page in $(MAN_PAGES); do \
		rm -f '$(DESTDIR)$(MANDIR)'/man$${page##*.}/$${page#man/}; done
	for dir in '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'; do \
		rmdir "$$dir" "$${dir%/*}" 2>/dev/null || :; done

#: make dist            sockkit-VERSION.tar.gz of the last commit
.PHONY: dist
dist:
	git archive --prefix=sockkit-$(VERSION)/ -o sockkit-$(VERSION).tar.gz HEAD

#: make clean           removes every build directory
.PHONY: clean
clean:
	rm -rf build build-*

.PHONY: help
help:
	@sed -n 's/^#: //p' Makefile
	@echo 'Variants: SAN=address,undefined COV=1 RELEASE=1 CC=clang, each in a directory of its own.'
	@echo 'V=1 shows commands.'

-include $(shell find $(addprefix $(BUILD)/,cmd lib tests) -name '*.d' 2>/dev/null)

endif
