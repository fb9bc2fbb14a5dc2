# Two commands. Each is enough on a bare Debian 12: it installs what is missing, builds, runs.

.PHONY: test demo build build-edge setup

test: build
	@scripts/test.sh release

demo: build
	@scripts/demo.sh

build: setup
	@cmake --preset release >build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build --preset release

# The device commands alone: no library but the compiler's own.
build-edge: setup
	@cmake --preset edge >build/configure-edge.log || { cat build/configure-edge.log; exit 1; }
	@cmake --build --preset edge

setup:
	@scripts/setup.sh
	@mkdir -p build
