#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lays the app out, with the sources at HEAD: an app is built from its own folder alone.
#   packaging/home-assistant/make.sh FOLDER
set -euo pipefail
[[ $# == 1 ]] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
cp -r repository.yaml README.md pupil "$folder/"
cp ../../CHANGELOG.md "$folder/pupil/CHANGELOG.md"
cp ../docker/runtime.sh ../docker/health "$folder/pupil/"
cd ../..
git archive --format=tar HEAD -- . ':!models' ':!docs' ':!fuzz/corpus' ':!tests/golden' | gzip -9n >"$folder/pupil/pupil.tar.gz"
echo "$folder/pupil: $(find "$folder/pupil" -type f | wc -l) files, $(du -sk "$folder/pupil" | cut -f1) kB"
