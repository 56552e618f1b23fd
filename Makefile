# sockkit: one binary, one makefile. `make help` lists what it can do.

VERSION := 0.1.0
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
DESTDIR ?=
PKG_CONFIG ?= pkg-config
CLANG ?= clang
ifeq ($(origin CC),default)
CC := gcc
endif

# Variants build beside each other: SAN=address,undefined COV=1 RELEASE=1, and any other compiler.
BUILD ?= build$(if $(filter-out gcc,$(notdir $(CC))),-$(notdir $(CC)))$(if $(SAN),-san)$(if $(COV),-cov)$(if $(RELEASE),-release)

SKT_CPPFLAGS := -D_GNU_SOURCE -DSKT_VERSION='"$(VERSION)"' -Ilib -I.
SKT_CFLAGS := -std=gnu17 -O2 -g -fno-common -pthread -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla -Wconversion
SKT_LDFLAGS := -pthread
SKT_LIBS := $(shell $(PKG_CONFIG) --libs libmnl 2>/dev/null || echo -lmnl) $(ARGP_LIBS)
ifdef SAN
SKT_CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
SKT_LDFLAGS += -fsanitize=$(SAN)
endif
ifdef COV
SKT_CFLAGS += --coverage -O0
SKT_LDFLAGS += --coverage
endif
ifdef RELEASE
SKT_CFLAGS += -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3
SKT_LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif

COMPILE = $(CC) $(SKT_CPPFLAGS) $(CPPFLAGS) $(SKT_CFLAGS) $(CFLAGS)
LINK = $(CC) $(SKT_LDFLAGS) $(CFLAGS) $(LDFLAGS)

# Everything but main is a library, so that tests link what the binary links.
LIB_SOURCES := $(sort $(wildcard lib/*/*.c))
CMD_SOURCES := $(sort $(filter-out cmd/main.c,$(wildcard cmd/*.c cmd/*/*.c)))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY := $(BUILD)/libsockkit.a
UNITS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))

.PHONY: all
all: $(BUILD)/sockkit

$(BUILD)/sockkit: $(BUILD)/cmd/main.o $(LIBRARY)
	$(LINK) -o $@ $^ $(SKT_LIBS)

$(LIBRARY): $(call object,$(LIB_SOURCES) $(CMD_SOURCES))
	@rm -f $@
	ar rcs $@ $^

# What compiles an object: when it changes, everything is built anew.
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE))' '$(subst ','\'',$(LINK))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMPILE))' '$(subst ','\'',$(LINK))' > $@
.PHONY: force
force:

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: SKT_CPPFLAGS += -DSKT_FIXTURES='"$(CURDIR)/tests/fixtures"'

$(BUILD)/tests/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/tests/unit/unit.o $(LIBRARY)
	$(LINK) -o $@ $^ $(SKT_LIBS) -lcmocka

.PHONY: check-unit
check-unit: $(UNITS)
	@set -e; for test in $(UNITS); do $$test; done

.PHONY: clean
clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
