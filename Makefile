# Mote. `make help` lists what there is.

# The kernel's own build asks for this many jobs; everything else is Go's.
export KERNEL_SRC MOTE_CACHE

GO      ?= go
NEEDS   := .ci/needs
# Packages of the quick tests.
UNIT    := ./...
SEEDS   ?= 20000
FUZZTIME ?= 20s
# Boots that are measured, and the revisions that are compared.
RUNS    ?= 10
REV1    ?= main
REV2    ?= HEAD
# What a release is called.
VERSION ?= 0.1.0-dev
PROFILE ?= edge
RELEASE  = build/mote-$(VERSION)-$(PROFILE)-amd64

.DEFAULT_GOAL := help
.PHONY: help run release bench-peers boot compare profile inventory memory kernel image size history weigh diff test test-unit test-arm64 test-qemu test-long sim fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(if $(SECURE),release,kernel image) ## boot the demo, or MANIFEST=file, and stay at its console (SECURE=1: a release, by UEFI)
ifdef SECURE
	@$(NEEDS) vm secure
	@$(GO) run ./ctl/mote image enrol --keys build/keys build/ovmf-vars.fd
	@$(GO) run ./ctl/vm/run -disk $(RELEASE).raw -vars build/ovmf-vars.fd
else
	@$(NEEDS) vm
	@$(GO) run ./ctl/vm/run
endif

release: kernel ## make the signed release of PROFILE, a raw disk, a netboot kernel
	@$(NEEDS) image release
	@[ -d build/keys ] || $(GO) run ./ctl/mote image keys build/keys
	@$(GO) run ./ctl/mote image build --keys build/keys --profile $(PROFILE) --version $(VERSION)

boot: kernel ## boot the bench image RUNS times (EXACT=1: counted) and draw where the time went
	@$(NEEDS) image vm
	@$(GO) run ./fs/image/mkimage bench
	@$(GO) run ./size/boot -runs $(RUNS) $(if $(EXACT),-exact)

compare: ## boot two revisions, REV1 and REV2, and say what got slower, and where
	@$(NEEDS) kernel image vm
	@$(GO) run ./size/boot compare $(REV1) $(REV2)

inventory: kernel ## boot a PC with one of everything, and tell what the node found
	@$(NEEDS) image vm tpm
	@$(GO) run ./fs/image/mkimage inventory
	@$(GO) run ./ctl/inventory

profile: kernel ## boot the bench image once, and count by function where the instructions went
	@$(NEEDS) image vm
	@$(GO) run ./fs/image/mkimage bench
	@$(GO) run ./size/profile

bench-peers: ## boot the same job under other inits and ours, and write size/PEERS.md
	@$(NEEDS) kernel image vm peers
	@$(GO) run ./kconfig/kbuild -with measure
	@$(GO) run ./size/peers -write

memory: kernel ## tell where the memory went, and the smallest machine that gets ready
	@$(NEEDS) image vm
	@$(GO) run ./fs/image/mkimage memory
	@$(GO) run ./size/memory -smallest

kernel: ## build the kernel, once for each configuration, into build/
	@$(NEEDS) kernel
	@$(GO) run ./kconfig/kbuild

image: ## build PID 1 and the demo's root file system into build/
	@$(NEEDS) image
	@$(GO) run ./fs/image/mkimage $(if $(MANIFEST),-manifest $(MANIFEST)) demo

size: ## compare every artifact with its budget
	@$(NEEDS) image kernel
	@$(GO) run ./kconfig/kbuild
	@$(GO) run ./fs/image/mkimage -init build/init base
	@$(GO) run ./size/mksize

history: kernel ## record sizes and counted boot of this commit in size/history.txt, draw size/history.svg
	@$(NEEDS) image vm
	@$(GO) run ./fs/image/mkimage -init build/init base
	@$(GO) run ./fs/image/mkimage bench
	@rm -rf build/history
	-@$(GO) run ./size/boot -exact -out build/history # past a budget of marks.txt it is recorded all the same
	@$(GO) run ./size/mksize -append -boot build/history/boot.json

weigh: ## tell whose the bytes of PID 1 are (module, package, symbol, kind) and of the base image
	@$(NEEDS) image
	@$(GO) run ./fs/image/mkimage base
	@$(GO) run ./size/weigh squashfs build/base.squashfs
	@$(GO) run ./size/weigh attribute
	@$(GO) run ./size/weigh map build/size-map.svg

diff: ## tell the ten reasons why PID 1 grew from REV1 to REV2
	@$(NEEDS) image
	@$(GO) run ./size/weigh diff $(REV1) $(REV2)

test: ## every test: unit, simulation, arm64, in QEMU, budgets
	@$(NEEDS) kernel image vm unit test
	@$(MAKE) --no-print-directory test-unit test-arm64 size test-qemu
	@echo "make test: everything passed"

# Tests may not do without what .ci/needs has installed (size/installed).
test-unit test-arm64 test-qemu test-long: export MOTE_INSTALLED = 1

test-unit: ## the quick part: unit tests and 1,000 simulated seeds, under a minute
	@$(NEEDS) image unit
	$(GO) vet ./...
	$(GO) test $(UNIT)

test-arm64: ## PID 1 and its unit tests as arm64, under user-mode QEMU
	@$(NEEDS) unit
	GOARCH=arm64 CGO_ENABLED=0 $(GO) vet ./init/... ./wire ./hw ./net ./fs
	@$(NEEDS) image
	$(GO) run ./fs/image/mkimage -goarch arm64 base
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -timeout 5m -exec qemu-aarch64 ./init/core ./wire ./hw ./net ./fs

test-qemu: kernel ## the tests that boot the product kernel
	@$(NEEDS) image vm unit test
	$(GO) vet -tags qemu ./...
	$(GO) test -tags qemu -run QEMU -p 1 -timeout 30m ./...

test-long: test ## and long campaigns: many seeds, fuzzing, 60 s of idling
	$(GO) test ./init/sim -seeds $(SEEDS) -timeout 60m
	@$(MAKE) --no-print-directory fuzz
	$(GO) test -tags long -run TestLongFaults -timeout 90m ./init
	$(GO) test -tags 'qemu long' -run Long -skip TestLongFaults -p 1 -timeout 60m ./...

sim: ## simulate SEEDS seeds (SEED=n replays one)
	$(GO) test ./init/sim -v -run Seeds $(if $(SEED),-seed $(SEED),-seeds $(SEEDS)) -timeout 60m

fuzz: ## run each fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$target"; \
			$(GO) test $$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x; \
		done; done

clean: ## remove build/ (the kernel cache stays)
	rm -rf build
