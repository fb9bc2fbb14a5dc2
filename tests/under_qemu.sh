#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# under_qemu.sh CPU NEEDED PROGRAM ARGUMENT...: runs an x86-64 program on a processor that qemu emulates, such as
# Haswell-v1 (AVX2, no VNNI). NEEDED is a file without which there is nothing to test. 77: skipped, with the reason.
set -euo pipefail
cpu=$1 needed=$2
shift 2
[[ "$(uname -m)" == x86_64 ]] || { echo "skipped: not an x86-64 machine"; exit 77; }
command -v qemu-x86_64 >/dev/null || { echo "skipped: no qemu-x86_64 (scripts/setup.sh installs qemu-user)"; exit 77; }
[[ -e "$needed" ]] || { echo "skipped: no $needed (bench/peers/setup.sh installs it)"; exit 77; }
# 2>: qemu warns once of each feature of the processor that it leaves out.
qemu-x86_64 -cpu "$cpu" "$@" 2> >(grep -v "warning: TCG doesn't support" >&2)
