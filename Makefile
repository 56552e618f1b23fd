# sockkit: one binary, one makefile. `make help` lists what it can do.

VERSION := 1.0.0
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# All cores, unless the caller gives a -j of his own, or is a make that shares out its own.
ifndef JOBS
JOBS := $(shell nproc 2>/dev/null || echo 1)
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

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
SCHEMADIR ?= $(PREFIX)/share/sockkit/schema
# Where XDG_DATA_DIRS is not set, as on Debian, fish does not look below /usr/local.
FISHDIR ?= $(if $(filter /usr/local,$(PREFIX:/=)),/etc/fish/completions,$(PREFIX)/share/fish/vendor_completions.d)

# Other releases of clang-format lay some lines out differently; 14 is the law of this tree.
CLANG ?= $(call first,clang clang-14 clang-19 clang-18 clang-16 clang-15)
CLANG_FORMAT ?= $(call first,clang-format-14 clang-format)
CLANG_TIDY ?= $(call first,clang-tidy-14 clang-tidy)
GCOV ?= gcov
FUZZ_SECONDS ?= 30
export SOAK_SECONDS ?= 600
ifeq ($(origin CC),default)
CC := gcc
endif

first = $(notdir $(firstword $(foreach tool,$(1),$(shell command -v $(tool)))))

# The tools beside a cross compiler: of CC=aarch64-linux-gnu-gcc-12 `aarch64-linux-gnu-`.
CROSS := $(strip $(foreach word,$(notdir $(CC)),$(if $(findstring -gcc,$(word)), \
	$(firstword $(subst -gcc, ,$(word)))-)))
PKG_CONFIG ?= $(call first,$(CROSS)pkg-config pkg-config)
STRIP ?= $(CROSS)strip
ifeq ($(origin AR),default)
AR := $(CROSS)ar
endif

# TLS is that of OpenSSL 3. Without it, or with TLS=0, all else is built, and what asks for TLS says so.
openssl = $(shell $(PKG_CONFIG) $(1) 'openssl >= 3' 2>/dev/null)
HAS_TLS := $(if $(filter 0,$(TLS)),,$(call openssl,--modversion))

# Recordings are compressed by libzstd. Without it, or with ZSTD=0, they are as long as they are.
zstd = $(shell $(PKG_CONFIG) $(1) libzstd 2>/dev/null)
HAS_ZSTD := $(if $(filter 0,$(ZSTD)),,$(call zstd,--modversion))

# Variants build beside each other: SAN=address,undefined COV=1 FUZZ=1 ANALYZE=1 BPF=0 TLS=0 ZSTD=0, and
# any other compiler.
blank := $() $()
BUILD ?= build$(if $(filter-out gcc,$(notdir $(CC))),-$(subst $(blank),-,$(notdir $(CC))))$(if $(SAN),-san)$(if $(COV),-cov)$(if $(FUZZ),-fuzz)$(if $(MUTANTS),-mutants)$(if $(ANALYZE),-analyze)$(if $(filter 0,$(BPF)),-nobpf)$(if $(filter 0,$(TLS)),-notls)$(if $(filter 0,$(ZSTD)),-nozstd)

# musl has no argp of its own.
ARGP_LIBS ?= $(if $(wildcard /usr/lib/libargp.a /usr/lib/libargp.so),-largp)

SKT_CPPFLAGS := -D_GNU_SOURCE -DSKT_VERSION='"$(VERSION)"' \
	-DSKT_LIBMNL='"$(shell $(PKG_CONFIG) --modversion libmnl 2>/dev/null)"' -Ilib -I. \
	$(shell $(PKG_CONFIG) --cflags libmnl 2>/dev/null) \
	-DSKT_OPENSSL='"$(HAS_TLS)"' $(if $(HAS_TLS),$(call openssl,--cflags)) \
	-DSKT_ZSTD='"$(HAS_ZSTD)"' $(if $(HAS_ZSTD),$(call zstd,--cflags))
# Nothing that is made tells in which directory it was made.
SKT_CFLAGS := -std=gnu17 -O2 -g -ffile-prefix-map='$(CURDIR)=.' -fno-common -pthread -Wall -Wextra \
	-Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wconversion
SKT_LDFLAGS := -pthread
SKT_LIBS := $(shell $(PKG_CONFIG) --libs libmnl 2>/dev/null || echo -lmnl) $(ARGP_LIBS) \
	$(if $(HAS_TLS),$(call openssl,$(if $(filter -static,$(CFLAGS) $(LDFLAGS)),--static )--libs)) \
	$(if $(HAS_ZSTD),$(call zstd,--libs))

ifdef SAN
SKT_CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
SKT_LDFLAGS += -fsanitize=$(SAN)
endif
ifdef COV
SKT_CPPFLAGS += -DSKT_INSTRUMENTED=1
# Counters that two threads share may miss a count; that one is not zero is all that is asked.
SKT_CFLAGS += --coverage -fprofile-update=single -O0
SKT_LDFLAGS += --coverage
endif
ifdef FUZZ
SKT_CFLAGS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
SKT_LDFLAGS += -fsanitize=fuzzer,address,undefined
endif
# What a test links can be put before the library; and each function that it enters can be heard of.
ifdef MUTANTS
SKT_CFLAGS += -g0 -fPIC -finstrument-functions
endif
ifdef ANALYZE
SKT_CFLAGS += -fanalyzer -Werror
endif

# What is made for use is hardened. What this compiler, or this machine, does not have is left out;
# it is asked once, and only where something is compiled.
ifeq ($(SAN)$(COV)$(FUZZ)$(MUTANTS)$(ANALYZE),)
understood = $(shell for flag in $(1); do \
	$(CC) -Werror $$flag -x c -c -o /dev/null /dev/null 2>/dev/null && echo $$flag; done)
HARDENED_CFLAGS = $(eval HARDENED_CFLAGS := -fPIE $(call understood,-fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -mbranch-protection=standard) \
	$(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE \
		-D_FORTIFY_SOURCE=$(if $(findstring clang,$(CC)),2,3)))$(HARDENED_CFLAGS)
HARDENED_LDFLAGS := $(if $(filter -static,$(CFLAGS) $(LDFLAGS)),,-fPIE -pie) \
	-Wl,-z,relro,-z,now,-z,noexecstack
endif

# One short line for each thing that is made; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)';)

COMPILE = $(CC) $(SKT_CPPFLAGS) $(CPPFLAGS) $(SKT_CFLAGS) $(HARDENED_CFLAGS) $(CFLAGS)
LINK = $(CC) $(SKT_LDFLAGS) $(HARDENED_LDFLAGS) $(CFLAGS) $(LDFLAGS)

# Everything but main is a library, so that tests link what the binary links. BPF=0 leaves out what
# finds owners, and hears of connections, by a BPF program.
TLS_SOURCES := $(addprefix lib/tls/,certificate.c context.c explain.c identity.c \
	session.c temporary.c transport.c verify.c)
LIB_SOURCES := $(sort $(filter-out %.bpf.c \
	$(foreach name,owner tcp_events drops,lib/proc/$(name)_$(if $(filter 0,$(BPF)),,no_)bpf.c) \
	$(if $(HAS_TLS),lib/tls/lacking.c,$(TLS_SOURCES)) \
	lib/record/pack_$(if $(HAS_ZSTD),lacking,zstd).c,$(wildcard lib/*/*.c)))
CMD_SOURCES := $(sort $(filter-out cmd/main.c,$(wildcard cmd/*.c cmd/*/*.c)))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HELPER_SOURCES := $(sort $(wildcard tests/e2e/*.c tests/bench/*.c tests/lab/*.c tests/peers/*.c \
	tests/proof/*.c tests/soak/*.c))
C_FILES := $(sort $(wildcard cmd/*.[ch] cmd/*/*.[ch] lib/*/*.[ch] tests/*/*.[ch]))
# Each measures one kind of work beside its rivals.
BENCHES := tests/bench/about tests/bench/run tests/bench/streams tests/bench/tls tests/bench/tls_front \
	tests/bench/udp tests/bench/scan tests/bench/services
# What takes too long for every check, or a machine that does nothing else.
PROOFS := tests/proof/exact tests/proof/told tests/proof/recorded tests/proof/rates tests/proof/why \
	tests/proof/drops tests/proof/schema
SH_FILES := .ci/run .ci/deps completions/advise completions/sockkit.bash lib/proc/generate-skeleton \
	tests/run tests/layers tests/cover/report tests/docs/examples tests/peers/fetch \
	man/schema/generate tests/interface/record man/units .packaging/build-deb .packaging/check-deb \
	.packaging/build-rpm .packaging/debian/tests/smoke \
	tests/kernels/fetch tests/kernels/boot tests/kernels/guest \
	$(sort $(BENCHES) tests/proof/exact tests/proof/recorded $(wildcard tests/*.bats tests/*/*.sh tests/*/*.bash tests/*/*.bats))
MAN_PAGES := $(sort $(wildcard man/*.[17]))
SCHEMAS := $(sort $(wildcard man/schema/*.json))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY := $(BUILD)/libsockkit.$(if $(MUTANTS),so,a)
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(FUZZ_SOURCES))
# Programs that tests and measurements start: tests/e2e/mksock.c is $(BUILD)/tests/mksock.
HELPERS := $(foreach source,$(HELPER_SOURCES),$(BUILD)/tests/$(basename $(notdir $(source))))

#: make                 the binary, at build/sockkit
.PHONY: all
all: $(BUILD)/sockkit

#: make deps [GOAL...]  installs what the goals need and this machine lacks (alone: what any needs)

#: make run             shows this machine's listening ports
.PHONY: run
run: $(BUILD)/sockkit
	@$(BUILD)/sockkit ports

$(BUILD)/sockkit: $(BUILD)/cmd/main.o $(LIBRARY)
	$(call quiet,LINK,$@)$(LINK) -o $@ $^ $(SKT_LIBS)

$(BUILD)/libsockkit.so: $(call object,$(LIB_SOURCES) $(CMD_SOURCES))
	$(call quiet,LINK,$@)$(LINK) -shared -Wl,-soname,$(@F) -Wl,-Map=$@.map -o $@ $^ $(SKT_LIBS)

$(BUILD)/libsockkit.a: $(call object,$(LIB_SOURCES) $(CMD_SOURCES))
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

# What compiles an object: when it changes, everything is built anew, if what that takes is here.
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE))' '$(subst ','\'',$(LINK))' \
		'$(SKT_LIBS)' > $@.new
	@cmp -s $@.new $@ || { $(foreach header,stdio.h linux/sock_diag.h argp.h libmnl/libmnl.h, \
		$(call has_header,$(header)) &&) cp $@.new $@; }
has_header = { echo '\#include <$(1)>' | $(COMPILE) -E - >/dev/null 2>&1 || { \
	echo 'sockkit: <$(1)> is not here: "make deps" installs all that is needed' >&2; exit 1; }; }
.PHONY: force
force:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(COMPILE) $(OBJECT_CPPFLAGS) -MMD -MP -c -o $@ $<

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

# tests/run runs stages and adds up what they count. It gets no + nor $(MAKE) in its lines: make would wait
# for ever for a job server that something left behind holds open.
RUN = BUILD='$(BUILD)' JOBS='$(JOBS)' UNITS='$(UNITS)' FUZZERS='$(FUZZERS)' tests/run

#: make check           every test there is; ends with "N passed, M failed"
.PHONY: check
check: $(BUILD)/sockkit $(UNITS) $(FUZZERS) $(HELPERS) $(BUILD)/tests/fault.so
	@$(RUN) layers generated unit fuzz torture docs e2e install

#: make check-STAGE     one of unit e2e docs layers generated install fuzz torture
.PHONY: check-unit check-e2e check-docs check-layers check-generated check-install check-fuzz check-torture
check-unit: $(UNITS)
check-fuzz: $(FUZZERS)
check-e2e check-docs check-generated check-install: $(BUILD)/sockkit $(HELPERS)
check-torture: $(BUILD)/sockkit $(BUILD)/tests/fault.so
check-unit check-e2e check-docs check-layers check-generated check-install check-fuzz check-torture:
	@$(RUN) $(@:check-%=%)

#: make check-peers     against daemons and rivals of Debian, fetched below build/peers, not installed
.PHONY: check-peers
check-peers: $(BUILD)/sockkit $(HELPERS)
	@$(RUN) peers

#: make check-kernels   on the kernels of Debian's releases KERNELS (all), fetched below build/kernels, in qemu
KERNELS ?= bullseye bookworm trixie sid
.PHONY: check-kernels
check-kernels: $(BUILD)/sockkit $(BUILD)/tests/mksock
	@KERNELS='$(KERNELS)' $(RUN) kernels

#: make generated       writes anew what is generated and committed: a man page, JSON Schema, BPF skeletons
.PHONY: generated
generated: $(BUILD)/sockkit
	man/generate-from $(BUILD)/sockkit > $(BUILD)/sockkit-from.7
	cmp -s $(BUILD)/sockkit-from.7 man/sockkit-from.7 || \
		cp $(BUILD)/sockkit-from.7 man/sockkit-from.7
	man/schema/generate $(BUILD)/sockkit man/schema
	set -e; for name in owner tcp_events drops; do \
		CC='$(CC)' lib/proc/generate-skeleton $$name > $(BUILD)/skeleton.h; \
		cmp -s $(BUILD)/skeleton.h lib/proc/$${name}_skeleton.h || \
			cp $(BUILD)/skeleton.h lib/proc/$${name}_skeleton.h; \
	done

#: make interface       records what scripts may rely on from this version on, for tests
.PHONY: interface
interface: $(BUILD)/sockkit
	tests/interface/record $(BUILD)/sockkit > tests/interface/$(VERSION)

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
lint:
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	printf '%s\n' $(filter-out %.bpf.c,$(filter %.c,$(C_FILES))) | \
		xargs -P $(JOBS) -n 4 sh -c '$(CLANG_TIDY) --quiet "$$@" -- \
		-std=gnu17 -Wall -Wextra -D_GNU_SOURCE -DSKT_VERSION=\"\" -DSKT_LIBMNL=\"\" \
		-DSKT_OPENSSL=\"\" -DSKT_ZSTD=\"\" -DSKT_FIXTURES=\"\" -Ilib -I. 2>/dev/null' tidy
	shellcheck -x $(wildcard $(SH_FILES))

#: make analyze         gcc's analyzer over the library and the commands: zero warnings
.PHONY: analyze analyze-all
analyze:
	+@$(MAKE) --no-print-directory CC=gcc ANALYZE=1 analyze-all
analyze-all: $(call object,$(LIB_SOURCES) $(CMD_SOURCES) $(wildcard cmd/main.c))

#: make cover           which lines and branches STAGES (unit fuzz e2e) reach: per file, parsers, lib
# GCOV_ERROR_FILE: programs that no longer may write what they counted say so where tests do not read it.
STAGES ?= unit fuzz e2e
.PHONY: cover cover-all
cover:
	+@$(MAKE) --no-print-directory COV=1 cover-all
cover-all: $(BUILD)/sockkit $(UNITS) $(FUZZERS) $(HELPERS)
	@find $(BUILD) -name '*.gcda' -delete
	-@GCOV_ERROR_FILE=/dev/null $(RUN) $(STAGES)
	@GCOV='$(GCOV)' CHECKED='$(if $(filter e2e,$(STAGES)),,1)' tests/cover/report $(BUILD)

#: make bench           side by side with installed peers; prints ratios
.PHONY: bench
bench: $(BUILD)/sockkit $(HELPERS)
	@set -e; for bench in $(BENCHES); do \
		BUILD='$(BUILD)' SOCKKIT='$(CURDIR)/$(BUILD)/sockkit' $$bench; \
	done

#: make proof           what takes minutes: no socket missing or twice, every row as its schema says
.PHONY: proof
proof: $(BUILD)/sockkit $(HELPERS)
	@set -e; for proof in $(PROOFS); do \
		BUILD='$(BUILD)' SOCKKIT='$(CURDIR)/$(BUILD)/sockkit' $$proof; \
	done

#: make soak            SOAKS (all), at once, for SOAK_SECONDS (600) under churn: nothing grows, no byte is wrong
.PHONY: soak
soak: $(BUILD)/sockkit $(BUILD)/tests/clients
	@BUILD='$(BUILD)' SOCKKIT='$(CURDIR)/$(BUILD)/sockkit' tests/soak/soak $(SOAKS)

# Libraries to be loaded before others, and so without what instruments the rest.
$(BUILD)/tests/%.so: tests/torture/%.c
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) -std=gnu11 -Wall -Wextra -O2 -fPIC -fno-builtin -shared -o $@ $<

$(BUILD)/tests/%.so: tests/mutants/%.c
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) -D_GNU_SOURCE -std=gnu11 -Wall -Wextra -O2 -fPIC -fno-builtin -shared -o $@ $<

#: make torture         lets calls fail, one after the other, MOST (all) of a kind, in each of SCENARIOS (all)
.PHONY: torture
torture: $(BUILD)/sockkit $(BUILD)/tests/fault.so
	@MOST=$(or $(MOST),1000000) SCENARIOS='$(or $(SCENARIOS),$(shell tests/torture/torture --list))' $(RUN) torture

#: make mutants         changes FILES place by place, MOST (all) of each by SEED: does no test notice?
.PHONY: mutants mutants-all
mutants:
	+@$(MAKE) --no-print-directory MUTANTS=1 mutants-all
mutants-all: $(UNITS) $(FUZZERS) $(BUILD)/tests/reach.so
	@unshare --net --pid --fork --kill-child --mount-proc tests/run --private \
		tests/mutants/mutants $(if $(MOST),--most $(MOST)) $(if $(SEED),--seed $(SEED)) $(BUILD) $(FILES)

#: make install         into DESTDIR and PREFIX (/usr/local): binary, man pages, completions, schemas
#: make install-strip   the same, the binary without what debuggers read
.PHONY: install install-strip
install-strip: private STRIPPED = -s --strip-program='$(STRIP)'
install install-strip: $(BUILD)/sockkit
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install $(STRIPPED) -m 755 $(BUILD)/sockkit '$(DESTDIR)$(BINDIR)/sockkit'
	install -m 644 completions/sockkit.bash '$(DESTDIR)$(BASHDIR)/sockkit'
	install -m 644 completions/_sockkit '$(DESTDIR)$(ZSHDIR)/_sockkit'
	install -m 644 completions/sockkit.fish '$(DESTDIR)$(FISHDIR)/sockkit.fish'
	install -d '$(DESTDIR)$(SCHEMADIR)'
	install -m 644 $(SCHEMAS) '$(DESTDIR)$(SCHEMADIR)'
	for page in $(MAN_PAGES); do section='$(DESTDIR)$(MANDIR)'/man$${page##*.}; \
		install -d "$$section" && install -m 644 $$page "$$section" || exit; done
	@$(if $(DESTDIR),,completions/advise '$(BINDIR)' '$(BASHDIR)' '$(ZSHDIR)' '$(FISHDIR)')

#: make uninstall       removes what install put there
# Directories that every prefix has (bin, share/man) stay, and those that came with fish.
.PHONY: uninstall
uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/sockkit' '$(DESTDIR)$(BASHDIR)/sockkit' '$(DESTDIR)$(ZSHDIR)/_sockkit' \
		'$(DESTDIR)$(FISHDIR)/sockkit.fish'
	for page in $(MAN_PAGES); do \
		rm -f '$(DESTDIR)$(MANDIR)'/man$${page##*.}/$${page#man/}; done
	rm -f $(foreach schema,$(SCHEMAS),'$(DESTDIR)$(SCHEMADIR)/$(notdir $(schema))')
	for dir in '$(DESTDIR)$(SCHEMADIR)' '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'; do \
		[ -e "$${dir%/*}/config.fish" ] || rmdir "$$dir" "$${dir%/*}" 2>/dev/null || :; done

#: make dist            sockkit-VERSION.tar.gz of the last commit, or, without git, of what is here; says its line
#:                      of SHA256SUMS
.PHONY: dist
dist: NAME = sockkit-$(VERSION)
ARCHIVE = sockkit-$(VERSION).tar.gz
# Build directories are those that hold a file named flags, whatever they are called.
dist:
	@if [ -e .git ] && git rev-parse --quiet --verify HEAD >/dev/null; then \
		git -c tar.umask=0022 archive --prefix=$(NAME)/ HEAD > $(NAME).tar; \
	else \
		tar -c --exclude-vcs --exclude-tag-all=flags --sort=name --owner=0 --group=0 --numeric-owner \
			--mode=u+rw,go-w,a+rX --transform='s,^,$(NAME)/,S' \
			$(filter-out .git $(NAME).tar%,$(wildcard * .[!.]*)) > $(NAME).tar; \
	fi
	@gzip -9nf $(NAME).tar
	@sha256sum $(NAME).tar.gz

#: make deb             packages for Debian of the last commit, below build/deb
#: make check-deb       that they are sound: lintian, twice the same, set up, used and removed
#: make rpm             a package for RPM of the last commit, below build/rpm
.PHONY: deb check-deb rpm
deb: dist
	@JOBS='$(JOBS)' .packaging/build-deb '$(ARCHIVE)' '$(VERSION)' build/deb
check-deb: deb
	@JOBS='$(JOBS)' .packaging/check-deb '$(ARCHIVE)' '$(VERSION)' build/deb
rpm: dist
	@.packaging/build-rpm '$(ARCHIVE)' '$(VERSION)' build/rpm

#: make clean           removes every build directory
.PHONY: clean
clean:
	rm -rf build build-*

.PHONY: help
help:
	@sed -n 's/^#: //p' Makefile
	@echo 'Variants: SAN=address,undefined COV=1 BPF=0 TLS=0 ZSTD=0 CC=clang, each in a directory of its own.'
	@echo 'V=1 shows commands.'

-include $(shell find $(addprefix $(BUILD)/,cmd lib tests) -name '*.d' 2>/dev/null)

endif
