#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/setup.sh on a machine where something is missing, with apt-get and dpkg-query that answer as Debian 12's do.
#   tests/setup_test.sh SOURCE
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"

cat >"$work/bin/dpkg-query" <<'EOF'
#!/bin/sh
case "$*" in *ninja-build*) exit 1 ;; *) printf 'install ok installed' ;; esac
EOF
cat >"$work/bin/apt-get" <<'EOF'
#!/bin/sh
case "$*" in
  *--assume-no*)
    echo "Need to get 12.5 MB/140 MB of archives."
    echo "After this operation, 1123 MB of additional disk space will be used."
    echo "Abort."
    exit 1 ;;
esac
echo "$*" >>"$APT_LOG"
EOF
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work/bin/"*

export APT_LOG=$work/apt.log
PATH=$work/bin:$PATH "$source/scripts/setup.sh" --edge >"$work/out" ||
  { echo "setup.sh ended with $? where a package is missing: $(cat "$work/out")"; exit 1; }
grep -q '^install -y .*ninja-build' "$APT_LOG" || { echo "ninja-build was not installed: $(cat "$APT_LOG")"; exit 1; }
grep -q '^setup: installing 1 packages (12.5 MB to download, 1123 MB on the disk with what they need): ninja-build$' "$work/out" ||
  { echo "what will be installed is not said: $(cat "$work/out")"; exit 1; }
grep -q '^setup: done$' "$work/out"
