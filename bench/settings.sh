# SPDX-License-Identifier: Apache-2.0
# For the scripts here that change settings of projects: source it.

# set_keys FILE SECTION KEY=VALUE...: settings of a section of a pupil.toml, instead of those that are there.
set_keys() {
  local file=$1 section=$2 pair
  shift 2
  for pair in "$@"; do
    sed -i "/^\[$section\]/,/^\[/{/^${pair%%=*} = /d}; s/^\[$section\]/&\n${pair%%=*} = ${pair#*=}/" "$file"
  done
}
