# kvreel: make deps demo   installs what is missing and renders the flagship film to out/
#         make deps check  builds and runs all tests
# Nothing is configured: `make help` lists the verbs.

PREFIX ?= /usr/local
BUILD ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
# Verbs run one after another (make deps demo); what they build, they build on all processors.
ifndef INNER
.NOTPARALLEL:
endif
BUILD_ALL = +@$(MAKE) --no-print-directory INNER=1 -j$$(nproc)
OUT := build/$(BUILD)

DEBS := gcc pkg-config libglib2.0-dev libcairo2-dev libpango1.0-dev libconfig-dev libjson-glib-dev libdeflate-dev \
        libpcre2-dev libavcodec-dev libavformat-dev libavutil-dev fonts-inter fonts-jetbrains-mono python3-numpy

PKGS := glib-2.0 cairo cairo-pdf pangocairo pangoft2 fontconfig json-glib-1.0 libconfig libdeflate libpcre2-8
AV_PKGS := libavformat libavcodec libavutil # headers only: src/sink/av.c loads the libraries when a video is opened
# Evaluated when a build needs it, so that `make deps` works where nothing is installed yet.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(AV_PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-missing-field-initializers
# No contraction and no fast math: the same arithmetic on every machine.
BASE_CFLAGS := -std=gnu11 -Isrc -ffp-contract=off -fno-math-errno -fvisibility=hidden -D_GNU_SOURCE
FLAGS_release := -O3 -g
FLAGS_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_cov := -O0 -g --coverage
VERSION := $(shell cat VERSION)
# A model runs in many tests, also where they are sanitised: its loops are worth more optimisation there.
$(OUT)/src/lm/%.o $(OUT)/src/sim/exact%.o: FLAGS_san += -O3
ALL_CFLAGS = $(BASE_CFLAGS) $(WARN) $(FLAGS_$(BUILD)) -DKVREEL_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(CFLAGS)
ALL_LIBS = $(FLAGS_$(BUILD)) $(PKG_LIBS) -ldl -lm $(LDFLAGS)

SRCS := $(sort $(wildcard src/*/*.c))
OBJS := $(SRCS:%.c=$(OUT)/%.o)
LIB := $(OUT)/libkvreel.a
KVREEL := $(OUT)/kvreel
TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

.PHONY: all program help deps demo check golden fuzz lint bench bench-model install uninstall clean tests model
.DELETE_ON_ERROR:
.SECONDARY:

all:
	$(BUILD_ALL) kvreel

help:
	@echo "make            build ./kvreel"
	@echo "make deps       install the Debian packages that are missing (root or sudo)"
	@echo "make demo       render scenes/walkthrough.cfg to out/"
	@echo "make check      build (release and sanitized) and run every test"
	@echo "make golden     write the golden texts anew; look at the diff before you commit it"
	@echo "make lint       who may include whom, and other rules of the house"
	@echo "make fuzz       fuzz the readers of files, a minute each (clang)"
	@echo "make bench      how fast, against encoding alone"
	@echo "make bench-model  how fast a model of GPT-2's size runs"
	@echo "make install    PREFIX=/usr/local"
	@echo "make model      train the small model anew, into build/models/tale"
	@echo "make clean"

deps:
	@tools/deps $(DEBS)

program: $(KVREEL)

kvreel: $(KVREEL)
	@ln -sf $(KVREEL) $@

$(KVREEL): $(OUT)/src/main.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) -o $@ $^ $(ALL_LIBS)

$(LIB): $(OBJS)
	@rm -f $@
	@ar rcs $@ $(OBJS)

$(OUT)/%.o: %.c VERSION Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(LIB) $(ALL_LIBS)

tests: $(TESTS)

demo: all
	./kvreel render scenes/walkthrough.cfg

# Release binaries are what users run; sanitized ones find what tests alone do not see.
check: all lint
	$(BUILD_ALL) BUILD=release tests
	$(BUILD_ALL) BUILD=san tests program
	@tests/run

golden: all
	$(BUILD_ALL) tests
	@KVREEL_GOLDEN=write tests/run

lint: all
	@tools/lint

fuzz: all
	@tools/fuzz 60

bench: all
	@./kvreel bench --core
	@./kvreel bench scenes/walkthrough.cfg

# How fast a model of a real one's shape runs; writes half a gigabyte of random weights once. MODEL=llama: another shape.
bench-model: all
	@mkdir -p build/bench
	@$(CC) $(ALL_CFLAGS) -o build/bench/model tests/bench/model.c $(LIB) $(ALL_LIBS)
	@build/bench/model $(or $(MODEL),gpt2)

# Trains the small model anew, and prints the marked stories, beside what ships: see tools/train/README.md.
model:
	@mkdir -p build/models/tale build/heads
	$(CC) -std=gnu11 -Wall -Wextra -O3 -mavx2 -mfma tools/train/*.c -o build/train $$(pkg-config --cflags --libs glib-2.0 json-glib-1.0) -lm
	build/train --gradcheck
	build/train --out build/models/tale
	build/train --eval build/models/tale > build/models/tale/README.md
	build/train --marks 200 > build/heads/stories.json
	build/train --check-marks build/heads/stories.json

install: all
	install -Dm755 $(KVREEL) $(DESTDIR)$(PREFIX)/bin/kvreel
	install -d $(DESTDIR)$(PREFIX)/share/kvreel
	cp -r data styles scenes $(DESTDIR)$(PREFIX)/share/kvreel/
	./kvreel manual > build/kvreel.1
	install -Dm644 build/kvreel.1 $(DESTDIR)$(PREFIX)/share/man/man1/kvreel.1
	./kvreel manual --completion > build/completion
	install -Dm644 build/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kvreel

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/kvreel $(DESTDIR)$(PREFIX)/share/kvreel $(DESTDIR)$(PREFIX)/share/man/man1/kvreel.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kvreel

clean:
	rm -rf build kvreel

-include $(wildcard $(OUT)/src/*.d $(OUT)/src/*/*.d $(OUT)/tests/*.d)
