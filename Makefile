# lexflow: one Makefile for everything. `make help` lists what it can do.
#
#   make            build the programs into build/bin
#   make run        install what is missing, build, run the pipeline    INPUT=a file or folder
#   make test       every test that CI runs                             SAN=address,undefined | thread
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
	libarchive libmagic libseccomp libexttextcat libzstd
# Linked as shared libraries where a program needs them; the rest are ARCHIVES, or opened at first use (lib/load).
SHARED := icu-i18n icu-uc libxml-2.0 libarchive libmagic libexttextcat
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES) | sed 's/-std=c++[0-9]*//g;s/-I/-isystem /g'))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(SHARED)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Wno-missing-field-initializers \
	-Wvla -Wpointer-arith -Wwrite-strings
OPT ?= -O2
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CPPFLAGS += -I. -D_GNU_SOURCE -DLEXFLOW_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS += -std=c17 $(OPT) -g $(WARN) -Wstrict-prototypes -Wmissing-prototypes -pthread -fstack-protector-strong $(SANFLAGS)
CXXFLAGS += -std=c++17 $(OPT) -g $(WARN) -pthread $(SANFLAGS)
LDFLAGS += -Wl,--as-needed -static-libstdc++ -static-libgcc -pthread $(SANFLAGS)
# Archives where every run needs the library: no file to open and map, no pointer to move (tests/bench/language).
ARCHIVES := -l:libyaml.a -l:libjansson.a -l:libsqlite3.a -l:libuv_a.a -l:libre2.a -l:libseccomp.a -l:libcrypto.a -l:libzstd.a
LDLIBS = $(ARCHIVES) $(PKG_LIBS) -lm

LIB_SRC := $(sort $(wildcard lib/*/*.c lib/*/*.cc))
WORKFLOW_SRC := $(sort $(filter-out workflow/cli/main.c,$(wildcard workflow/*/*.c)))
HARNESS_SRC := $(sort $(wildcard tests/harness/*.c) $(filter-out %/entry.c,$(wildcard tests/fuzz/*.c)))
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

# The runner starts often and for little: at a fixed address no pointer of it has to be moved, which would be a fault
# for each of twenty-six pages. The steps, which read documents of strangers, keep an address of chance.
FIXED := $(if $(SAN),,-no-pie)

$(BIN)/lexflow: $(call objects,workflow/cli/main.c) $(WORKFLOW_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) $(FIXED) -o $@ $^ $(LDLIBS)

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

help:
	@sed -n 's/^#\(   make.*\)/\1/p;s/^## /   make /p' Makefile

# ---- running it

INPUT ?= tests/samples/decisions
STATE := $(abspath $(BUILD))/run
RUN_ENV := LEXFLOW_STATE=$(STATE)/state.db DOCUMENT_STORE=$(STATE)/documents \
	STORE_DATABASE=$(STATE)/decisions.db XDG_STATE_HOME=$(STATE)

.PHONY: deps run install
## deps           install the Debian packages that are missing, and say which
deps:
	@infra/deps build test

run:
	@infra/deps build
	@$(MAKE) --no-print-directory all
	@$(RUN_ENV) infra/run $(BIN) '$(INPUT)'

PREFIX ?= /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share
## install        DESTDIR= PREFIX=/usr/local
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/lexflow/infra $(SHARE)/lexflow/extract $(SHARE)/man/man1
	install -m 755 $(addprefix $(BIN)/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 644 workflow.yaml $(SHARE)/lexflow
	install -m 644 infra/services.yaml $(SHARE)/lexflow/infra
	install -m 644 $(wildcard steps/extract/models/*) $(SHARE)/lexflow/extract
	install -m 644 $(wildcard steps/classify/*.model) $(SHARE)/lexflow
	$(BIN)/lexflow help --man >$(BUILD)/lexflow.1
	install -m 644 $(BUILD)/lexflow.1 $(SHARE)/man/man1
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(BIN)/lexflow completion bash >$(SHARE)/bash-completion/completions/lexflow
	$(BIN)/lexflow completion zsh >$(SHARE)/zsh/site-functions/_lexflow
	$(BIN)/lexflow completion fish >$(SHARE)/fish/vendor_completions.d/lexflow.fish

# ---- tests: a program for each tests/unit/**/*_test.c, which links no more than its room may include

T ?=
JOBS := $(shell nproc)
RESULTS := $(BUILD)/results
HARNESS_A := $(BUILD)/harness.a
UNIT_SRC := $(sort $(shell find tests/unit -name '*_test.c' 2>/dev/null))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
SKIP ?=
E2E := $(filter-out $(SKIP:%=tests/e2e/%.bats),$(sort $(wildcard tests/e2e/*.bats)))
CONFORMANCE := $(patsubst tests/conformance/%.c,$(BUILD)/conformance/%,$(sort $(wildcard tests/conformance/*_test.c)))
chosen = $(if $(T),$(foreach t,$(1),$(if $(findstring $(T),$(t)),$(t))),$(1))

$(HARNESS_A): $(call objects,$(HARNESS_SRC))
	@rm -f $@
	@ar rcs $@ $^

# $(1): name below tests/unit without .c, $(2): archives and objects that it tests
define UNIT_PROGRAM
$(BUILD)/unit/$(1): $(BUILD)/obj/tests/unit/$(1).o $(HARNESS_A) $(2) $(LIB_A)
	@mkdir -p $$(@D)
	@echo '  LD  $$@'
	@$$(CXX) $$(LDFLAGS) -o $$@ $$^ -lcmocka -lcurl $$(LDLIBS)
endef
$(BUILD)/conformance/%: $(BUILD)/obj/tests/conformance/%.o $(BUILD)/obj/tests/conformance/cases.o $(HARNESS_A) \
		$(WORKFLOW_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

step_of = $(word 2,$(subst /, ,$(1)))
step_objects = $(call objects,$(sort $(filter-out %/main.c,$(wildcard steps/$(call step_of,$(1))/*.c))))
tested = $(if $(filter steps/%,$(1)),$(call step_objects,$(1)),$(if $(filter workflow/%,$(1)),$(WORKFLOW_A)))
$(foreach test,$(patsubst tests/unit/%.c,%,$(UNIT_SRC)),$(eval $(call UNIT_PROGRAM,$(test),$(call tested,$(test)))))

# Under a sanitizer a mistake must fail the test; ThreadSanitizer wants a fixed layout of memory.
TEST_ENV := LEXFLOW_BIN=$(abspath $(BIN)) ASAN_OPTIONS=abort_on_error=0:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1
UNDER := $(if $(findstring thread,$(SAN)),setarch -R)

.PHONY: test unit-programs test-unit test-e2e test-conformance check check-bare
## test-unit      only the unit tests              T=part of a name
test-unit: $(call chosen,$(UNIT))
	@$(TEST_ENV) $(UNDER) tests/run -j $(JOBS) -o $(RESULTS)/unit.count -t unit $(call chosen,$(UNIT))

## test-e2e       only the programs, from a shell   T=part of a name
test-e2e: all
	@$(TEST_ENV) $(UNDER) tests/run -j $(JOBS) -o $(RESULTS)/e2e.count -t e2e -s 900 $(call chosen,$(E2E))

## test-conformance   the language as cases         T=part of a file's name or a title
test-conformance: $(CONFORMANCE)
	@CASE='$(T)' $(TEST_ENV) $(UNDER) tests/run -o $(RESULTS)/conformance.count -t conformance $(CONFORMANCE)

## check          the rules of the tree: include order, banned calls, headers, READMEs
check:
	@CC='$(CC)' tests/run -o $(RESULTS)/check.count -t check infra/check/all

unit-programs: $(UNIT) $(CONFORMANCE)

# Everything runs even when one suite fails; the last line counts them all.
SUITES ?= check test-unit test-conformance test-e2e test-fault
test:
	@infra/deps build test
	@$(MAKE) --no-print-directory all unit-programs
	@rm -rf $(RESULTS)
	@for suite in $(SUITES); do \
		$(MAKE) --no-print-directory $$suite || touch $(RESULTS).failed; done
	@tests/total $(RESULTS)/*.count || touch $(RESULTS).failed
	@! rm $(RESULTS).failed 2>/dev/null

# ---- fault tests: dying, failing and losing power, and what is there afterwards

FAULT := $(sort $(filter-out tests/fault/lab.py,$(wildcard tests/fault/*.py)))
FAULT_C := $(patsubst tests/fault/%.c,$(BUILD)/fault/%,$(sort $(wildcard tests/fault/*_test.c)))
FAULT_SO := $(patsubst tests/fault/%.c,$(BUILD)/fault/%.so,$(sort $(wildcard tests/fault/preload_*.c)))
KILL_SRC := $(shell grep -l 'kill_point."' $(LIB_SRC) $(WORKFLOW_SRC))

$(BUILD)/kill/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -DLEXFLOW_KILL_POINTS -c $< -o $@

# The objects with kill points come first, so that the archives' own are not taken.
$(BUILD)/fault/lexflow: $(call objects,workflow/cli/main.c) $(KILL_SRC:%.c=$(BUILD)/kill/%.o) $(WORKFLOW_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/fault/%_test: $(BUILD)/obj/tests/fault/%_test.o $(BUILD)/obj/tests/fault/invent.o $(HARNESS_A) $(WORKFLOW_A) $(LIB_A)
	@mkdir -p $(@D)
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(BUILD)/fault/%.so: tests/fault/%.c
	@mkdir -p $(@D)
	@$(CC) -D_GNU_SOURCE -std=c17 -O2 -g $(filter-out -Wpedantic,$(WARN)) -fPIC -shared -o $@ $< -ldl -pthread

FAULT_ENV = PYTHONDONTWRITEBYTECODE=1 FAULT_SAN='$(SAN)' FAULT_DIR=$(abspath $(BUILD))/fault $(TEST_ENV) $(UNDER)
.PHONY: test-fault test-fault-long fault-programs
fault-programs: all $(BUILD)/fault/lexflow $(FAULT_C) $(FAULT_SO)

## test-fault     dying, failing, losing power: the short form     T=part of a name
test-fault: fault-programs
	@$(FAULT_ENV) tests/run -o $(RESULTS)/fault.count -t fault $(call chosen,$(FAULT_C) $(FAULT)); \
		status=$$?; sed -n 's/^# \(.* [0-9]*\)$$/  \1/p' $(RESULTS)/fault.log; exit $$status

## test-fault-long   every point, a thousand kills (slow)           T=part of a name
test-fault-long: fault-programs
	@FAULT_LONG=1 $(FAULT_ENV) tests/run -s 7200 -o $(RESULTS)/fault.count -t fault $(call chosen,$(FAULT_C) $(FAULT)); \
		status=$$?; sed -n 's/^# \(.* [0-9]*\)$$/  \1/p' $(RESULTS)/fault.log; exit $$status

## check-bare     make run and make test in a Debian 12 that holds only git and make (slow)
check-bare:
	@infra/check/bare-debian

# ---- fuzzing: clang's libFuzzer, a program for each harness, with objects of their own

FUZZ_WORKFLOW := yaml json value expr plan run request
FUZZ_CLASSIFY := classify_text classify_model
FUZZ_EXTRACT := recognise
FUZZ := $(FUZZ_WORKFLOW) $(FUZZ_CLASSIFY) $(FUZZ_EXTRACT)
FUZZ_BUILD := build/fuzz
.PHONY: fuzz fuzz-build fuzz-programs
## fuzz           hunt with each harness of tests/fuzz       T=one of them TIME=seconds for each
fuzz: fuzz-build
	@tests/fuzz/hunt $(FUZZ_BUILD) $(if $(TIME),$(TIME),600) $(if $(T),$(T),$(FUZZ))

fuzz-build:
	@$(MAKE) --no-print-directory CC=clang OPT=-O1 BUILD=$(FUZZ_BUILD) SAN=fuzzer-no-link,address,undefined \
		fuzz-programs

fuzz-programs: $(FUZZ:%=$(BUILD)/fuzz/%)

$(BUILD)/obj/tests/fuzz/entry-%.o: tests/fuzz/entry.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -DFUZZ_TARGET=fuzz_$* -c $< -o $@

# $(1): harnesses, $(2): what they test
define FUZZ_PROGRAMS
$(1:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/entry-%.o $(HARNESS_A) $(2) $(LIB_A)
	@mkdir -p $$(@D)
	@echo '  LD  $$@'
	@$$(CXX) -Wl,--as-needed -pthread $$(SANFLAGS) -fsanitize=fuzzer -o $$@ $$^ \
		$$$$(pkg-config --libs $$(PACKAGES)) -llinear -lm
endef
$(eval $(call FUZZ_PROGRAMS,$(FUZZ_WORKFLOW),$(WORKFLOW_A)))
$(eval $(call FUZZ_PROGRAMS,$(FUZZ_CLASSIFY),$(call step_objects,steps/classify/)))
$(eval $(call FUZZ_PROGRAMS,$(FUZZ_EXTRACT),$(call step_objects,steps/extract/)))

# ---- looking at it

SOURCES = $(sort $(shell find lib steps workflow tests -name '*.c' -o -name '*.h' -o -name '*.cc'))
CHECKED = $(filter %.c %.cc,$(filter-out tests/%,$(SOURCES)))
.PHONY: analyze format eval eval-recognisers bench bench-concurrency bench-language bench-durable bench-services \
	bench-classify bench-serve
## analyze        clang-tidy and cppcheck over the sources     T=part of a path
analyze:
	@printf '%s\n' $(call chosen,$(CHECKED)) | \
		xargs -P 2 -I {} clang-tidy --quiet {} -- -I. -D_GNU_SOURCE -DLEXFLOW_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -I. --enable=warning,portability \
		--suppress=missingIncludeSystem $(call chosen,$(filter %.c,$(CHECKED)))

## format         lay the sources out as .clang-format says     T=part of a path
format:
	clang-format -i $(call chosen,$(SOURCES))

## eval           score the steps on the annotated decisions of ../shared/corpus, when they are there
eval: all
	@tests/eval $(BIN) $(BUILD)/eval

## eval-recognisers   the recognisers of extract over the public suites in ../shared/corpus, when they are there
eval-recognisers: $(BIN)/extract
	@tests/eval-recognisers $(BIN)

bench: bench-concurrency bench-language bench-durable bench-services bench-serve bench-classify

## bench-language      start, steps a second, growth in loops, long literals
bench-language: all
	@python3 tests/bench/language/bench.py --bin $(BIN) --work $(BUILD)/bench-language

## bench-durable       effects a second with the journal on, beside SQLite and libcurl alone
bench-durable: all
	@python3 tests/bench/durable/bench.py --bin $(BIN) --work $(BUILD)/bench-durable

## bench-services      classify and extract as services at 200 requests a second, and their threads
bench-services: all
	@python3 tests/bench/services/bench.py --bin $(BIN) --work $(BUILD)/bench-services $(if $(TEXTS),--texts $(TEXTS))

## bench-serve         status requests and executions a second through the API, memory of a long-lived server
bench-serve: $(BIN)/lexflow
	@python3 tests/bench/serve/bench.py --bin $(BIN) --work $(BUILD)/bench-serve

## bench-classify      documents a second and core beside scikit-learn, on ../shared/corpus when it is there
bench-classify: $(BIN)/classify
	@python3 tests/bench/classify/bench.py --bin $(BIN) --work $(BUILD)/bench-classify

## bench-concurrency   200 documents through lexflow run, beside four Python programs
bench-concurrency: all
	@python3 tests/bench/concurrency/bench.py --bin $(BIN) --work $(BUILD)/bench-concurrency

-include $(shell find $(BUILD)/obj $(BUILD)/kill -name '*.d' 2>/dev/null)
