# Two commands. Each is enough on a bare Debian 12: it installs what is missing, builds, runs.

.PHONY: test demo build build-program build-edge build-pi setup

test: build
	@scripts/test.sh release

demo: build-program
	@scripts/demo.sh

build: setup
	@cmake --preset release -DBUILD_TESTING=ON >build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build --preset release

# The program without its tests, in the same folder: `make build` goes on from there.
build-program:
	@scripts/setup.sh --program
	@mkdir -p build
	@cmake --preset release -DBUILD_TESTING=OFF >build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build --preset release

# The device commands alone: no library but the compiler's own.
build-edge: setup
	@cmake --preset edge >build/configure-edge.log || { cat build/configure-edge.log; exit 1; }
	@cmake --build --preset edge --target pupil

# The same for a 64-bit Raspberry Pi: one static file, build/pi/pupil.
build-pi: setup
	@cmake --preset pi >build/configure-pi.log || { cat build/configure-pi.log; exit 1; }
	@cmake --build --preset pi

setup:
	@scripts/setup.sh
	@mkdir -p build
