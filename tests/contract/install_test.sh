#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the device library under a new prefix, then builds the README's C++ program against it by CMake, and the C program of
# this folder by pkg-config, and runs both.
#   install_test.sh BUILD SOURCE RANDOM_MODEL
set -euo pipefail
build=$1 source=$2 random_model=$3
command -v pkg-config >/dev/null || { echo "SKIP: pkg-config is not installed: the installed library was not tried (scripts/setup.sh)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --component edge --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix"  # it can be moved
"$random_model" tiny 1 "$work/yard.pupil"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name pupil-edge.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
cc -std=c99 -Wall -Wextra -Werror "$source/tests/contract/c_face_test.c" $(pkg-config --cflags --libs pupil-edge) -o "$work/c_program"
"$work/c_program" "$work/yard.pupil"

mkdir "$work/consumer"
awk '/^```cpp$/ {inside = 1; next} /^```$/ {if (inside) exit} inside' "$source/README.md" >"$work/consumer/main.cpp"
grep -q 'Streamer' "$work/consumer/main.cpp" || { echo "the README has no C++ program"; exit 1; }
cat >"$work/consumer/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.22)
project(consumer LANGUAGES CXX)
find_package(pupil-edge 0.1 REQUIRED)
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE pupil::edge)
EOF
cmake -S "$work/consumer" -B "$work/consumer/build" -D CMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/consumer/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cd "$work"
"$work/consumer/build/consumer" | grep -q '^[01]\.[0-9]*$' || { echo "the README's program printed no score"; exit 1; }
grep -rl "$source\|$build" "$work/prefix" && { echo "these name the place where they were built"; exit 1; }
echo "installed: $(cd "$work/prefix" && find . -type f | wc -l) files"
