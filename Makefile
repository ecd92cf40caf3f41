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

CLIENT_LIBS  = -lcurl -lncursesw -ltinfo -lreadline -ljansson -lsqlite3 -lutf8proc
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
$(eval $(call roster,$(BUILD)/cli/cmd_list.c,command,cli/command.h,$(COMMANDS)))
$(eval $(call roster,$(BUILD)/service/route_list.c,route,service/http.h,$(ROUTES)))

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
MODEL   = $(call objects,model) $(BUILD)/model/verb_list.o
NET     = $(call objects,net) $(BUILD)/net/service_list.o
TUI     = $(call objects,tui) $(BUILD)/tui/view_list.o
CLI     = $(call objects,cli) $(BUILD)/cli/cmd_list.o
SERVICE = $(call objects,service) $(BUILD)/service/route_list.o

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c
	$(CC) $(ALLFLAGS) -c -o $@ $<

$(BUILD)/model.a: $(MODEL)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/caseload: $(CLI) $(TUI) $(NET) $(BUILD)/model.a
	$(CC) $(CFLAGS) -o $@ $^ $(CLIENT_LIBS)

$(BUILD)/caseloadd: $(SERVICE) $(BUILD)/model.a
	$(CC) $(CFLAGS) -o $@ $^ $(SERVICE_LIBS)

caseload: $(BUILD)/caseload
	@cp $< $@

caseloadd: $(BUILD)/caseloadd
	@cp $< $@

# Every object, nothing linked: what a half-built house can be checked by.
objs: $(foreach room,model net tui cli service,$(call objects,$(room)))

# Sanitizers on, in a tree of its own: make san
san:
	$(MAKE) BUILD=build/san CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined" build/san/caseload build/san/caseloadd

# Who goes upstairs: model knows nobody, net knows model, tui knows both, service knows model only.
floors:
	! grep -nE '#include "(net|tui|cli|service)/' model/*.[ch]
	! grep -nE '#include "(tui|cli|service)/' net/*.[ch]
	! grep -nE '#include "(cli|service)/' tui/*.[ch]
	! grep -nE '#include "(net|tui|cli)/' service/*.[ch]

clean:
	rm -rf build caseload caseloadd

force:
.PHONY: all client objs san floors clean force

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
