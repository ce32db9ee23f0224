# Thin fronts; the work is done by Meson and by scripts/.
BUILD ?= build
DATA ?= data

help: ## show this help
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

run: build ## build and serve on port 4567, data in ./data
	exec $(BUILD)/registryd --data-dir $(DATA)

build: deps ## build build/registryd
	@scripts/build $(BUILD)

test: deps ## everything that must pass: under 15 minutes
	@scripts/test

soak: deps ## the long forms of the tests: hours
	@scripts/soak

format: deps ## lay out the sources
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build ## install below DESTDIR/PREFIX
	meson install -C $(BUILD) --no-rebuild

clean: ## remove what was built
	rm -rf build build-*

deps:
	@scripts/install-deps

.PHONY: help run build test soak format install clean deps
.DEFAULT_GOAL := help
