# caseload. `make run` tries it, `make test` proves it. Readable from top to bottom in one sitting.
VERSION = 0.1.0
DESTDIR =
PREFIX  = /usr/local
BUILD   = build

CC      = gcc
CFLAGS  = -O2 -g
WARN    = -std=c11 -pedantic -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wvla -Wno-missing-field-initializers
DEFINES = -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -DVERSION='"$(VERSION)"' -DPREFIX='"$(PREFIX)"'
ALLFLAGS = $(WARN) $(DEFINES) -I. -include model/banned.h -MMD -MP $(CFLAGS)

CLIENT_LIBS  = -lcurl -lncursesw -ltinfo -lreadline -ljansson -lsqlite3 -lutf8proc -lcrypt
SERVICE_LIBS = -lmicrohttpd -lgnutls -ljansson -lsqlite3 -lutf8proc -lpthread

all: caseload caseloadd
client: caseload

# The file name is the registration: a new verb_x.c, service_x.c, view_x.c, cmd_x.c or route_x.c is found here.
# $(call roster,table,type,header,files): one table naming the object each file defines
define roster
$(1): force
	@mkdir -p $$(@D)
	@{ printf '#include "%s"\n\n' $(3); \
	   for o in $(notdir $(basename $(4))); do printf 'extern const struct $(2) %s;\n' $$$$o; done; \
	   printf '\nconst struct $(2) *const $(notdir $(basename $(1)))[] = {\n'; \
	   for o in $(notdir $(basename $(4))); do printf '\t&%s,\n' $$$$o; done; \
	   printf '\tNULL\n};\n'; } > $$@.new
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
endef

VERBS    = $(sort $(wildcard model/verb_*.c))
DRIVERS  = $(sort $(wildcard net/service_*.c))
VIEWS    = $(sort $(wildcard tui/view_*.c))
COMMANDS = $(sort $(wildcard cli/cmd_*.c))
ROUTES   = $(sort $(wildcard service/route_*.c))

$(eval $(call roster,$(BUILD)/model/verb_list.c,verb,model/verb.h,$(VERBS)))
$(eval $(call roster,$(BUILD)/net/service_list.c,service_ops,net/service.h,$(DRIVERS)))
$(eval $(call roster,$(BUILD)/tui/view_list.c,view_ops,tui/view.h,$(VIEWS)))
$(eval $(call roster,$(BUILD)/cli/command_list.c,command,cli/command.h,$(COMMANDS)))
$(eval $(call roster,$(BUILD)/service/route_list.c,route,service/http.h,$(ROUTES)))

# Kinds of case and import mappings are part of the program, so that a sample and an import work anywhere.
EMBEDDED = $(sort $(wildcard service/kinds/*.kind service/maps/*.map))
$(BUILD)/service/embedded.c: force
	@mkdir -p $(@D)
	@{ printf '#include "service/embedded.h"\n'; n=0; \
	   for f in $(EMBEDDED); do n=$$((n + 1)); printf '\nstatic const unsigned char file_%d[] = {\n' $$n; \
	     od -An -v -tx1 $$f | sed 's/ \(..\)/0x\1,/g'; printf '};\n'; done; \
	   printf '\nconst struct embedded_file embedded_files[] = {\n'; n=0; \
	   for f in $(EMBEDDED); do n=$$((n + 1)); \
	     printf '\t{ "%s", file_%d, sizeof file_%d },\n' $${f#service/} $$n $$n; done; \
	   printf '\t{ NULL, NULL, 0 }\n};\n'; } > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
MODEL   = $(call objects,model) $(BUILD)/model/verb_list.o
NET     = $(call objects,net) $(BUILD)/net/service_list.o
TUI     = $(call objects,tui) $(BUILD)/tui/view_list.o
CLI     = $(call objects,cli) $(BUILD)/cli/command_list.o
SERVICE = $(call objects,service) $(BUILD)/service/route_list.o $(BUILD)/service/embedded.o

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALLFLAGS) -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c
	@echo "  CC    $<"
	@$(CC) $(ALLFLAGS) -c -o $@ $<

$(BUILD)/model/confine.o: DEFINES += -D_GNU_SOURCE

$(BUILD)/caseload: $(CLI) $(TUI) $(NET) $(BUILD)/model.a
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(CLIENT_LIBS)

$(BUILD)/caseloadd: $(SERVICE) $(BUILD)/model.a
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(SERVICE_LIBS)

caseload: $(BUILD)/caseload
	@cp $< $@.new && mv -f $@.new $@

caseloadd: $(BUILD)/caseloadd
	@cp $< $@.new && mv -f $@.new $@

# Every object, nothing linked: what a half-built house can be checked by.
objs: $(foreach room,model net tui cli service,$(call objects,$(room)))

# ---- trying and testing

LIBRARIES = libcurl4-openssl-dev,libcurl4-gnutls-dev libncurses-dev libreadline-dev libjansson-dev libsqlite3-dev \
	libutf8proc-dev libmicrohttpd-dev libgnutls28-dev libcrypt-dev
TEST_NEEDS = $(LIBRARIES) libvterm-dev cmd:curl=curl cmd:jq=jq cmd:node=nodejs cmd:npm=npm cmd:man=man-db \
	cmd:strace=strace cmd:pgrep=procps cmd:openssl=openssl cmd:msgfmt=gettext cmd:patch=patch \
	cmd:softhsm2-util=softhsm2 cmd:pkcs11-tool=opensc libengine-pkcs11-openssl
# No ticket system comes to a person's machine unasked; without one, its tests are skipped with that reason.
LIVE_NEEDS = $(if $(filter 1 true,$(LIVE) $(CI)),$$(tests/live/rt needs) $$(tests/live/redmine needs))

deps:
	@.ci/packages $(LIBRARIES)

# Tries it: the program with a private service and made-up data. Without a terminal: one case worked in a pty.
run: deps
	@$(MAKE) --no-print-directory all
	@if [ -t 0 ] && [ -t 1 ]; then ./caseload --demo; else \
		.ci/packages libvterm-dev && $(MAKE) --no-print-directory $(BUILD)/tests/pty && \
		BUILD=$(BUILD) $(BUILD)/tests/pty tests/demo.t; fi

# As many compilers as there are processors, where nobody said how many.
AT_ONCE = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
SANITIZED = BUILD=build/san CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"

san:
	$(MAKE) $(SANITIZED) build/san/caseload build/san/caseloadd

# Proves it: everything built with sanitizers, everything run. The last line is the count. `make test LIVE=1`
# installs Request Tracker and Redmine too, where they are missing, and runs the tests that need them.
test:
	@.ci/packages $(TEST_NEEDS) $(LIVE_NEEDS)
	@$(MAKE) --no-print-directory $(AT_ONCE) all
	@$(MAKE) --no-print-directory $(AT_ONCE) $(SANITIZED) tests
	@$(MAKE) --no-print-directory floors
	@LIVE=$(LIVE) tests/run

# The long form, half an hour: kills, faults and refused writes by the thousand. The last line is the count.
torture:
	@.ci/packages $(TEST_NEEDS)
	@$(MAKE) --no-print-directory $(AT_ONCE) all
	@$(MAKE) --no-print-directory $(AT_ONCE) $(SANITIZED) tests
	@tests/run torture

FAKES = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fake/*.c))
TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c tests/crash/*.c))
TORTURE = $(BUILD)/tests/torture/kills $(BUILD)/tests/torture/failing
FUZZERS = $(filter-out %/replay,$(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c)))
tests: $(BUILD)/caseload $(BUILD)/caseloadd $(BUILD)/tests/pty $(FAKES) $(TESTS) $(TORTURE) $(BUILD)/tests/torture/fail.so $(FUZZERS)

$(BUILD)/net.a: $(NET)
$(BUILD)/tui.a: $(TUI)
$(BUILD)/cli.a: $(filter-out %/main.o,$(CLI))
$(BUILD)/service.a: $(filter-out %/main.o,$(SERVICE))
$(BUILD)/model.a: $(MODEL)
$(BUILD)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^

ROOMS = $(foreach room,cli tui net service model,$(BUILD)/$(room).a)
$(TESTS): $(BUILD)/%: $(BUILD)/%.o $(ROOMS)
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $< -Wl,--start-group $(ROOMS) -Wl,--end-group $(CLIENT_LIBS) $(SERVICE_LIBS)

# In `make test` a fuzzer is fed what was kept; libFuzzer brings a main() of its own.
FUZZ_MAIN = $(BUILD)/tests/fuzz/replay.o
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(FUZZ_MAIN) $(ROOMS)
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) $(FUZZ_LINK) -o $@ $< $(FUZZ_MAIN) -Wl,--start-group $(ROOMS) -Wl,--end-group \
		$(CLIENT_LIBS) $(SERVICE_LIBS)

$(BUILD)/tests/pty: $(BUILD)/tests/pty.o $(BUILD)/model.a
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ -lvterm -lutil
$(BUILD)/tests/pty.o: DEFINES += -D_GNU_SOURCE

# They share nothing with what they try.
$(TORTURE): $(BUILD)/%: $(BUILD)/%.o
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ -lsqlite3 -lvterm -lutil -lm
$(BUILD)/tests/torture/%.o $(patsubst %,$(BUILD)/tests/unit/%.o,store_failing sync_full): DEFINES += -D_GNU_SOURCE
# Loaded before the program as it is installed: sanitizers have an allocator of their own.
$(BUILD)/tests/torture/fail.so: tests/torture/fail.c tests/torture/fail.h
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(filter-out -pedantic,$(WARN)) -D_GNU_SOURCE -I. -O2 -g -fPIC -shared -o $@ $< -ldl

$(FAKES): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/model.a
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(CLIENT_LIBS)

# New inputs for each of tests/fuzz, so many seconds each. The last line is the count; what broke one is in build/fuzz/found.
FUZZ_SECONDS = 60
FUZZED = BUILD=build/fuzz CC=clang FUZZ_MAIN= FUZZ_LINK=-fsanitize=fuzzer \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined"
fuzz:
	@.ci/packages $(LIBRARIES) cmd:clang=clang libclang-rt-14-dev,libclang-rt-dev
	@$(MAKE) --no-print-directory $(AT_ONCE) $(FUZZED) fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS)
fuzzers: $(FUZZERS)

# Breaks each promise in turn (tests/mutants/*.patch) and sees its tests notice. The last line is the count.
mutants:
	@.ci/packages $(TEST_NEEDS)
	@$(MAKE) --no-print-directory $(AT_ONCE) all
	@tests/mutants/run

# Which lines and branches the whole suite reaches, by room; every branch of outbox, sync and text, or its reason.
cover:
	@.ci/packages $(TEST_NEEDS) $(LIVE_NEEDS)
	@$(MAKE) --no-print-directory $(AT_ONCE) all
	@$(MAKE) --no-print-directory $(AT_ONCE) BUILD=build/cover CFLAGS="-O0 -g --coverage -fprofile-update=atomic" tests
	@LIVE=$(LIVE) tests/cover/run

# Figures beside peers, in one run; nothing here passes or fails.
bench: bench-screens bench-rt

bench-screens:
	@.ci/packages $(LIBRARIES) cmd:neomutt=neomutt cmd:tig=tig cmd:git=git
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/screens
	PATH=$(CURDIR)/$(BUILD):$$PATH $(BUILD)/tests/bench/screens 10000

# The same at a real Request Tracker, which is installed for it.
bench-rt:
	@.ci/packages $(LIBRARIES) libvterm-dev cmd:curl=curl cmd:jq=jq cmd:node=nodejs cmd:npm=npm cmd:chromium=chromium
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/timed $(BUILD)/tests/pty
	BUILD=$(BUILD) tests/bench/rt.sh 9

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/model.a
	@echo "  LINK  $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(CLIENT_LIBS) -lutil
$(BUILD)/tests/bench/%.o: DEFINES += -D_GNU_SOURCE

# Who goes upstairs: model knows nobody, net knows model, tui knows both, service knows model only. The client's
# commands begin the screen (main.c); check, keys and man read the screen's tables, and draw nothing.
floors:
	! grep -nE '#include "(net|tui|cli|service)/' model/*.[ch]
	! grep -nE '#include "(tui|cli|service)/' net/*.[ch]
	! grep -nE '#include "(cli|service)/' tui/*.[ch]
	! grep -nE '#include "(net|tui|cli)/' service/*.[ch]
	! grep -nE '#include "service/' cli/*.[ch]
	! grep -nE '#include "tui/' $(filter-out cli/main.c cli/check.c cli/cmd_keys.c cli/cmd_man.c,$(wildcard cli/*.[ch]))
	! grep -nE '#include "tui/' cli/check.c cli/cmd_keys.c cli/cmd_man.c | grep -vE 'tui/(view|input|keymap|action)\.h'
	@$(foreach room,$(LIBRARY_ROOMS),$(call library,$(subst :, ,$(room))))

# Each library has its rooms: header:file,file
LIBRARY_ROOMS = jansson.h:model/json.c utf8proc.h:model/text.c sqlite3.h:model/store_own.h,service/base_sqlite.c \
	curl/curl.h:net/loop.c,net/transport.c curses.h:tui/screen.c term.h:tui/screen.c \
	readline/.*:tui/prompt.c microhttpd.h:service/http.c gnutls/.*:service/hash.c,service/peer.c crypt.h:model/passphrase.c
comma = ,
define library
! grep -nE '#include [<"](.*/)?$(word 1,$(1))[>"]' \
	$(filter-out $(subst $(comma), ,$(word 2,$(1))),$(wildcard $(foreach room,model net tui cli service,$(room)/*.[ch]))) || exit 1;
endef

# What is to hold before anything is handed in.
check: floors test

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/doc/caseload
	install -m 755 caseload caseloadd $(DESTDIR)$(PREFIX)/bin
	install -m 644 config.example README.md CHANGELOG.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/caseload
	for m in man/*.[0-9]; do d=$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; install -d $$d && install -m 644 $$m $$d; done
	for p in $(wildcard po/*.po); do d=$(DESTDIR)$(PREFIX)/share/locale/$$(basename $$p .po)/LC_MESSAGES; \
		install -d $$d && msgfmt -o $$d/caseload.mo $$p; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 cli/caseload.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/caseload
	install -d $(DESTDIR)$(PREFIX)/share/caseload/kinds $(DESTDIR)$(PREFIX)/share/caseload/maps
	install -m 644 service/kinds/*.kind $(DESTDIR)$(PREFIX)/share/caseload/kinds
	install -m 644 service/maps/*.map $(DESTDIR)$(PREFIX)/share/caseload/maps

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/caseload $(DESTDIR)$(PREFIX)/bin/caseloadd
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/caseload
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/caseload $(DESTDIR)$(PREFIX)/share/caseload
	rm -f $(DESTDIR)$(PREFIX)/share/locale/*/LC_MESSAGES/caseload.mo
	for m in man/*.[0-9]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$(basename $$m); done

# Every sentence for people, ready to be translated, in the order of the files; each po/LANG.po is brought up to it.
po/caseload.pot: force
	@xgettext --from-code=UTF-8 -k_ -kN_ -kP_:1,2 -cTRANSLATORS --package-name=caseload --package-version=$(VERSION) \
		--copyright-holder='the authors of caseload' -o $@ $(sort $(wildcard $(foreach room,model net tui cli service,$(room)/*.c)))
	@sed -i '/^"POT-Creation-Date:/d' $@

po: po/caseload.pot
	@for p in $(wildcard po/*.po); do msgmerge -q --update --backup=none $$p $< && msgfmt -c -o /dev/null $$p; done

format:
	clang-format -i $(wildcard */*.c */*.h tests/*/*.c)

# The tables of the manual, made anew from the code.
man: $(BUILD)/caseload
	@for m in man/caseload.1 man/caseload.conf.5; do $< man $$m >$(BUILD)/page && cat $(BUILD)/page >$$m; done

clean:
	rm -rf build caseload caseloadd

force:
.PHONY: all client man po deps check install uninstall format run test torture tests fuzz fuzzers mutants cover bench bench-screens bench-rt objs san floors clean force

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
