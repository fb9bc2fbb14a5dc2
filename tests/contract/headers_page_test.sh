#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The device library's headers as pages (edge/Doxyfile): doxygen's warnings are errors. Exit code 77 without doxygen.
#   headers_page_test.sh SOURCE FOLDER
set -euo pipefail
command -v doxygen >/dev/null || { echo "SKIP: doxygen is not installed: the headers' pages were not made (scripts/setup.sh)"; exit 77; }
mkdir -p "$2"
cd "$1/edge"
{ cat Doxyfile; echo "OUTPUT_DIRECTORY = $2"; } | doxygen -
for page in classpupil_1_1edge_1_1Streamer.html pupil_8h.html; do
  [[ -f $2/html/$page ]] || { echo "no $page"; exit 1; }
done
grep -q 'Consumes samples (mono' "$2/html/classpupil_1_1edge_1_1Streamer.html" || { echo "Streamer::push() is without its text"; exit 1; }
grep -q 'Forgets all audio' "$2/html/pupil_8h.html" || { echo "the C interface is without its texts"; exit 1; }
