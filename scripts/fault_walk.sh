#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All faults and kills of all stages (hours), or with words of tests/faults/walk.py a part: scripts/fault_walk.sh --scene train --most 20
set -euo pipefail
cd "$(dirname "$0")/.."
exec tests/faults/walk.py build/release "$@"
