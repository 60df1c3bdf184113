# lexflow: one Makefile for everything. `make help` lists what it can do.
#
#   make            build the programs into build/bin
#   make run        install what is missing, build, run the pipeline on the sample decisions
#   make test       every test that CI runs         SAN=address,undefined | thread
#
# Objects mirror the tree under $(BUILD); sanitizers and clang get a folder of their own, so a
# switch of compiler never links stale objects.

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
SAN ?=
comma := ,
BUILD ?= build$(if $(findstring clang,$(CC)),/clang)$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
BIN := $(BUILD)/bin
VERSION := 0.1.0

PROGRAMS := lexflow ingest classify extract store
PACKAGES := yaml-0.1 jansson libcurl sqlite3 libuv libmicrohttpd re2 icu-i18n icu-uc libcrypto libxml-2.0 \
	libarchive libmagic libseccomp libexttextcat
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES) | sed 's/-std=c++[0-9]*//g;s/-I/-isystem /g'))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-missing-field-initializers \
	-Wvla -Wpointer-arith -Wwrite-strings
OPT ?= -O2
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CPPFLAGS += -I. -D_GNU_SOURCE -DLEXFLOW_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS += -std=c17 $(OPT) -g $(WARN) -Wstrict-prototypes -Wmissing-prototypes -pthread -fstack-protector-strong $(SANFLAGS)
CXXFLAGS += -std=c++17 $(OPT) -g $(WARN) -pthread $(SANFLAGS)
LDFLAGS += -Wl,--as-needed -pthread $(SANFLAGS)
LDLIBS = $(PKG_LIBS) -llinear -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c lib/*/*.cc))
WORKFLOW_SRC := $(sort $(filter-out workflow/cli/main.c,$(wildcard workflow/*/*.c)))
HARNESS_SRC := $(sort $(wildcard tests/harness/*.c))
objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

LIB_A := $(BUILD)/lib.a
WORKFLOW_A := $(BUILD)/workflow.a

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help clean

all: $(addprefix $(BIN)/,$(PROGRAMS))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC  $<'
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	@echo '  CXX $<'
	@$(CXX) $(CPPFLAGS) $(PKG_CFLAGS) $(CXXFLAGS) -c $< -o $@

$(LIB_A): $(call objects,$(LIB_SRC))
	@rm -f $@
	@ar rcs $@ $^

$(WORKFLOW_A): $(call objects,$(WORKFLOW_SRC))
	@rm -f $@
	@ar rcs $@ $^

$(BIN)/lexflow: $(call objects,workflow/cli/main.c) $(WORKFLOW_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A step is its folder and the library, nothing else.
define STEP
$(BIN)/$(1): $(call objects,$(sort $(wildcard steps/$(1)/*.c))) $(LIB_A)
	@mkdir -p $$(@D)
	@echo '  LD  $$@'
	@$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach step,ingest classify extract store,$(eval $(call STEP,$(step))))

clean:
	rm -rf build

.PHONY: lib
lib: $(LIB_A)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
