# Thin fronts; the work is done by Meson and by scripts/.
BUILD ?= build
DATA ?= data
PREFIX ?= /usr/local
# lmdb, memory or cassandra: make run STORE=cassandra
STORE ?= lmdb
# Cassandra nodes on this machine: make cassandra NODES=4
NODES ?= 1
# More arguments for make run: make run ARGS='--port 4600 --admin 127.0.0.1:4601'
ARGS ?=

help: ## show this help
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

# A misspelt one must not be served from another.
ifeq ($(filter lmdb memory cassandra,$(STORE)),)
$(error STORE=$(STORE): lmdb, memory or cassandra)
endif

run: build $(if $(filter cassandra,$(STORE)),cassandra) ## build and serve on port 4567, data in ./data (STORE=…; ARGS='…': more arguments)
	exec $(BUILD)/registryd --data-dir $(DATA) $(RUN_$(STORE)) $(ARGS)
RUN_memory = --store memory
RUN_cassandra = --store cassandra --cassandra-replication $(if $(filter 1 2,$(NODES)),1,3) \
	--cassandra-contact-points $$(scripts/cassandra contact-points)

cassandra: ## start Cassandra nodes on 127.0.0.1, .2, …: returns when they answer (NODES=4)
	@scripts/install-deps cassandra
	@scripts/cassandra start $(NODES)

cassandra-stop: ## stop them; their data stay in build/cassandra
	@scripts/cassandra stop

build: deps ## build build/registryd and build/registryctl
	@scripts/build $(BUILD) programs

test: test-deps ## everything that must pass: under 15 minutes
	@scripts/test

test-cluster: test-deps ## what needs real Cassandra nodes, failures above all: under 40 minutes
	@scripts/install-deps cassandra
	@scripts/test-cluster

bench: test-deps ## what reads and keep-alives cost: STORE=cassandra, lmdb or memory (ARGS='…': more)
	@scripts/install-deps bench
	@scripts/build $(BUILD) registryd $(if $(filter cassandra,$(STORE)),bench/cql_loop)
	@bench/run.py --build $(BUILD) --store $(STORE) $(ARGS)

soak: test-deps ## the long forms of the tests: hours
	@scripts/soak

format: test-deps ## lay out the sources
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build ## install below DESTDIR/PREFIX
	meson configure $(BUILD) --prefix $(abspath $(PREFIX))
	ninja -C $(BUILD) programs
	meson install -C $(BUILD) --no-rebuild

clean: ## remove what was built
	rm -rf build build-*

deps:
	@scripts/install-deps build

test-deps:
	@scripts/install-deps build test

.PHONY: help run cassandra cassandra-stop build test test-cluster bench soak format install clean deps test-deps
.DEFAULT_GOAL := help
