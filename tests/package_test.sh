#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` and cpack make of a build: contents, unit and configuration of another prefix, manual page,
# completions, conffiles, lintian. packaging/debian/check.sh installs the packages in a bare Debian.
#   tests/package_test.sh BUILD PUPIL TONE_MODEL PACKAGES      PACKAGES: ON packs too (the device program alone: seconds)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/expect.sh"
build=$1 pupil=$2 tone_model=$3 packages=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
has() { command -v "$1" >/dev/null || { echo "SKIP: $1 is not installed: $2"; false; }; }

# To a prefix of one's own: everything is inside, and names itself there.
prefix=$work/any
cmake --install "$build" --prefix "$prefix" >"$work/log" 2>&1 || { cat "$work/log"; fail "cmake --install"; }
expect 0 "pupil " "$prefix/bin/pupil" version
grep -q "^ExecStart=$prefix/bin/pupil listen $prefix/etc/pupil/listen.toml$" "$prefix/lib/systemd/system/pupil-listen.service" ||
  fail "the unit does not name the prefix"
"$tone_model" "$prefix/etc/pupil" && mv "$prefix/etc/pupil/tone.pupil" "$prefix/etc/pupil/model.pupil"
expect 0 "good: 1 models, 1 sources" "$prefix/bin/pupil" listen "$prefix/etc/pupil/listen.toml" --check
grep -q '^home = "/var/lib/pupil"$' "$prefix/etc/pupil/listen.toml" || fail "the example configuration has no home"
echo "# mine" >>"$prefix/etc/pupil/listen.toml"
cmake --install "$build" --prefix "$prefix" >/dev/null 2>&1
grep -q '^# mine$' "$prefix/etc/pupil/listen.toml" || fail "a second installation replaced the configuration"
# Below /usr, etc is /etc.
DESTDIR=$work/staged cmake --install "$build" --component device --prefix /usr >/dev/null 2>&1
[[ -f $work/staged/etc/pupil/listen.toml ]] || fail "no /etc/pupil/listen.toml below DESTDIR"
grep -q "^ExecStart=/usr/bin/pupil listen /etc/pupil/listen.toml$" "$work/staged/usr/lib/systemd/system/pupil-listen.service" ||
  fail "the unit of /usr"
if [[ -e $prefix/bin/pupil-forge ]]; then
  expect 0 "clap-nano" "$prefix/bin/pupil" models list
fi

# The manual page has every command that is there, and every option of one.
page=$work/pupil.1
gzip -dc "$prefix/share/man/man1/pupil.1.gz" >"$page"
grep -q '^\.SS pupil classify MODEL' "$page" || fail "no section about classify"
for option in $("$pupil" --complete listen -- | cut -f1); do
  [[ $option == --help ]] || grep -qF ".BI ${option//-/\\-}" "$page" || fail "the manual page has no $option"
done
if has man "the manual page was not formatted"; then
  LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings=all,break -E UTF-8 -l "$page" >"$work/text" 2>"$work/log" || fail "man"
  [[ ! -s $work/log ]] || { fail "man warns"; head -5 "$work/log"; }
  grep -q 'pupil classify MODEL' "$work/text" || fail "man shows nothing"
fi

# Completions: they parse, and bash's answer with what the program has.
bash -n "$prefix/share/bash-completion/completions/pupil" || fail "bash -n"
if has zsh "zsh's completion was not parsed"; then zsh -n "$prefix/share/zsh/vendor-completions/_pupil" || fail "zsh -n"; fi
if has fish "fish's completion was not tried"; then
  fish --no-execute "$prefix/share/fish/vendor_completions.d/pupil.fish" || fail "fish"
  HOME=$work PATH=$prefix/bin:$PATH fish --no-config -c "source $prefix/share/fish/vendor_completions.d/pupil.fish; complete -C 'pupil classify --ev'" |
    grep -q '^--events' || fail "fish does not complete --events"
fi
complete_with_bash() {  # WORDS...: the last is being typed
  # shellcheck disable=SC2016
  bash -c '. "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pupil; echo "${COMPREPLY[*]}"' - \
    "$prefix/share/bash-completion/completions/pupil" "$prefix/bin/pupil" "$@"
}
[[ $(complete_with_bash liste) == listen ]] || fail "bash: liste"
[[ $(complete_with_bash classify m.pupil --ev) == --events ]] || fail "bash: --ev"
[[ $(complete_with_bash bench ed) == edge ]] || fail "bash: bench ed"
[[ -z $(complete_with_bash classify m.pu) ]] || fail "bash: files are its own"
[[ -z $(complete_with_bash nonsense --) ]] || fail "bash: a word that is no command"

for script in "$here"/../packaging/debian/*/{preinst,postinst,prerm,postrm}; do
  [[ ! -e $script ]] || sh -n "$script" || fail "$script"
done

if [[ $packages == ON ]]; then
  cpack --config "$build/CPackConfig.cmake" -B "$work/packages" >"$work/log" 2>&1 || { cat "$work/log"; fail "cpack"; }
  deb=$(echo "$work"/packages/pupil_*.deb)
  [[ $(dpkg-deb -f "$deb" Package) == pupil ]] || fail "no package pupil"
  [[ $(dpkg-deb -I "$deb" conffiles) == /etc/pupil/listen.toml ]] || fail "conffiles"
  dpkg-deb -c "$deb" >"$work/contents"
  dpkg-deb -c "$(echo "$work"/packages/libpupil-edge-dev_*.deb)" >"$work/library"
  for file in ./usr/bin/pupil ./etc/pupil/listen.toml ./usr/share/man/man1/pupil.1.gz ./usr/lib/sysusers.d/pupil.conf; do
    grep -q " $file\$" "$work/contents" || fail "the package has no $file"
  done
  grep -q 'libpupil_edge.a$' "$work/library" || fail "no library in libpupil-edge-dev"
  if has lintian "the packages were not checked"; then
    lintian --allow-root --fail-on error,warning "$work"/packages/*.deb 2>/dev/null || fail "lintian"
  fi
fi
((failures == 0))
