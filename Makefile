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
