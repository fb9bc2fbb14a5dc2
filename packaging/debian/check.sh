#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the packages in a bare Debian 12, runs what is in them, upgrades over a changed configuration, removes and purges.
# Prints the seconds of each step. Needs root and mmdebstrap (or debootstrap); without them it is skipped aloud (77).
#   packaging/debian/check.sh [BUILD [FORGE]]     BUILD: build/edge, whose packages cpack makes here, twice. FORGE: build/release, for
#                                                 pupil-forge as well: some 300 MB of libraries come with it, and a model is trained
# The bare system is made from the mirror that this machine's own apt uses, below $TMPDIR, and removed afterwards. With
# PUPIL_CHECK_ROOT=FOLDER it is made there once and kept: each check then works on an overlay over it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/edge} forge=${2:-}
skip() { echo "SKIP: $1: the packages were not tried in a bare Debian 12"; exit 77; }
((EUID == 0)) || skip "not root"
maker=$(command -v mmdebstrap || command -v debootstrap) || skip "mmdebstrap is not installed (scripts/setup.sh)"
command -v cpack >/dev/null || skip "cpack is not installed"
for program in tone_model random_model; do
  [[ -x $build/tests/$program ]] || { echo "check: $build/tests/$program is missing: cmake --build $build --target $program" >&2; exit 1; }
done

work=$(mktemp -d)
root=$work/root
leave() {
  # A system that is half made has /dev and others mounted: nothing may be deleted through them.
  local target
  while read -r target; do
    umount "$target" 2>/dev/null || umount -l "$target" || true
  done < <(awk -v work="$work/" 'index($2, work) == 1 {print $2}' /proc/mounts | sort -r)
  if grep -qF " $work/" /proc/mounts; then
    echo "check: $work has mounts that stay; it is left as it is" >&2
  else
    rm -rf --one-file-system "$work"
  fi
}
trap leave EXIT
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
seconds_since() { awk -v b="$1" -v e="$(date +%s.%N)" 'BEGIN {print e - b}'; }
step() { begin=$(date +%s.%N); what=$1; }
done_in() { printf '%7.1f s  %s\n' "$(seconds_since "$begin")" "$what"; }
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
has() { [[ -e $root$1 ]] || fail "$1 is not there"; }
has_not() { [[ ! -e $root$1 && ! -L $root$1 ]] || fail "$1 is there"; }

step "two packages of the device program, the second a release later"
for release in 1 2; do
  cpack --config "$build/CPackConfig.cmake" -B "$work/packages$release" -D CPACK_DEBIAN_PACKAGE_RELEASE=$release >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
  rm -rf "$work/packages$release/_CPack_Packages"
done
done_in

step "a bare Debian 12"
# The mirror of Debian 12 that this machine itself uses.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' | awk '$2 == "bookworm" {print $1; exit}')
[[ -n $mirror ]] || skip "this machine's apt has no Debian 12"
bare=${PUPIL_CHECK_ROOT:-$root}
if [[ ! -x $bare/usr/bin/dpkg ]]; then
  case $maker in
    *mmdebstrap)
      mmdebstrap --quiet --variant=apt --skip=cleanup/apt/lists --dpkgopt=force-unsafe-io bookworm "$bare" "$mirror" >"$work/log" 2>&1 ;;
    *) debootstrap --variant=minbase bookworm "$bare" "$mirror" >"$work/log" 2>&1 && chroot "$bare" apt-get update -qq ;;
  esac || { cat "$work/log"; exit 1; }
fi
if [[ $bare != "$root" ]]; then
  mkdir -p "$root" "$work/over"
  mount -t tmpfs tmpfs "$work/over"
  mkdir "$work/over/upper" "$work/over/work"
  mount -t overlay overlay -o "lowerdir=$bare,upperdir=$work/over/upper,workdir=$work/over/work" "$root"
fi
cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # no service is started in here
chmod +x "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
[[ -e $root/dev/fd ]] || ln -s /proc/self/fd "$root/dev/fd"  # bash completes through it
done_in
# What a purge must bring back. Accounts and apt's and dpkg's own notes are not counted.
state() { (cd "$root" && find ./etc ./usr ./var -xdev \( -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/tmp \) -prune -o -print | sort); }

step "apt install ./pupil_*.deb"
cp "$work"/packages1/pupil_*.deb "$root/srv/first.deb"
cp "$work"/packages2/pupil_*.deb "$root/srv/second.deb"
cp "$work"/packages1/libpupil-edge-dev_*.deb "$root/srv/dev.deb"
"$build/tests/tone_model" "$root/srv" || exit 1
# What the package needs is installed first, so that afterwards the package alone differs.
inside systemd-sysusers --version >/dev/null 2>&1 ||
  inside apt-get install -y -qq --no-install-recommends systemd-standalone-sysusers >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
state >"$work/before"
inside apt-get install -y -qq --no-install-recommends /srv/first.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done_in
first_install=$begin

step "pupil version"
inside pupil version | grep -q '^pupil ' || fail "pupil version"
done_in

step "pupil classify of a model and a WAV"
# RIFF header of 2 s of 16-bit samples at 16 kHz.
{ printf 'RIFF\x24\xfa\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\xfa\x00\x00'
  head -c 64000 "$root/srv/tone.raw"; } >"$root/srv/tone.wav"
inside pupil classify /srv/tone.pupil /srv/tone.wav >"$work/log" 2>&1 || fail "pupil classify"
grep -q tone "$work/log" || { fail "pupil classify did not find the tone"; cat "$work/log"; }
done_in

step "pupil listen with its configuration, to the first event"
cp "$root/srv/tone.pupil" "$root/etc/pupil/model.pupil"
inside pupil listen /etc/pupil/listen.toml --check >"$work/log" 2>&1 || { fail "the example configuration"; cat "$work/log"; }
inside mkdir -p /var/lib/pupil  # systemd's StateDirectory=
inside chown pupil:pupil /var/lib/pupil
cat "$root/srv/noise.raw" "$root/srv/tone.raw" "$root/srv/noise.raw" >"$root/var/lib/pupil/sound.raw"
inside setpriv --reuid=pupil --regid=pupil --init-groups sh -c \
  'timeout 20 pupil listen /etc/pupil/listen.toml --source - </var/lib/pupil/sound.raw' >"$work/log" 2>&1 || fail "pupil listen"
grep -q "  tone  .*begins" "$work/log" || { fail "pupil listen found no event"; cat "$work/log"; }
ls "$root"/var/lib/pupil/clips/*/*tone* >/dev/null 2>&1 || fail "no clip in /var/lib/pupil"
done_in
printf '%7.1f s  from the package to the first event\n' "$(seconds_since "$first_install")"

for file in /usr/share/bash-completion/completions/pupil /usr/share/zsh/vendor-completions/_pupil \
  /usr/share/fish/vendor_completions.d/pupil.fish /usr/lib/systemd/system/pupil-listen.service /usr/lib/sysusers.d/pupil.conf \
  /usr/share/pupil/listen.toml /usr/share/doc/pupil/copyright; do
  has "$file"
done
# Bare Debian images leave out manual pages when they unpack (path-exclude); the package itself has it.
dpkg-deb -c "$root/srv/first.deb" >"$work/log"
grep -q ./usr/share/man/man1/pupil.1.gz "$work/log" || fail "no manual page"
inside bash -c '. /usr/share/bash-completion/completions/pupil; COMP_WORDS=(pupil classify --ev); COMP_CWORD=2; _pupil; [[ ${COMPREPLY[*]} == --events ]]' ||
  fail "bash does not complete --events"
inside getent passwd pupil >/dev/null || fail "no account"
inside id -nG pupil | grep -qw audio || fail "the account is not in the group audio"
[[ $(stat -c '%U:%G %a' "$root/etc/pupil/listen.toml") == *" 640" ]] || fail "the configuration can be read by all"
has_not /etc/systemd/system/multi-user.target.wants/pupil-listen.service
has_not /usr/bin/pupil-forge

step "the library: a C program against the package"
inside apt-get install -y -qq --no-install-recommends /srv/dev.deb >"$work/log" 2>&1 || { cat "$work/log"; fail "libpupil-edge-dev"; }
# With this machine's compiler, which a bare system has not.
cc -std=c99 tests/contract/c_face_test.c -I"$root/usr/include" "$(find "$root/usr/lib" -name libpupil_edge.a)" -lm -o "$work/c_program" &&
  "$build/tests/random_model" tiny 1 "$work/tiny.pupil" && "$work/c_program" "$work/tiny.pupil" >/dev/null || fail "a C program with the installed library"
inside apt-get purge -y -qq libpupil-edge-dev >/dev/null 2>&1 || fail "purge of libpupil-edge-dev"
done_in

step "upgrade over a changed configuration"
echo "# changed here" >>"$root/etc/pupil/listen.toml"
inside apt-get install -y -qq --no-install-recommends /srv/second.deb >"$work/log" 2>&1 || { cat "$work/log"; fail "upgrade"; }
inside dpkg-query -W -f='${Version}\n' pupil | grep -q -- '-2$' || fail "the package was not upgraded"
tail -1 "$root/etc/pupil/listen.toml" | grep -q '^# changed here$' || fail "the changed configuration was lost"
[[ $(stat -c %a "$root/etc/pupil/listen.toml") == 640 ]] || fail "the configuration's mode was lost"
done_in

step "remove"
inside apt-get remove -y -qq pupil >"$work/log" 2>&1 || { cat "$work/log"; fail "remove"; }
has_not /usr/bin/pupil
has /etc/pupil/listen.toml
has /var/lib/pupil/clips
done_in

step "purge"
inside apt-get purge -y -qq pupil >"$work/log" 2>&1 || { cat "$work/log"; fail "purge"; }
has_not /etc/pupil
has_not /var/lib/pupil
state >"$work/after"
# The account and its back-up files stay, as Debian leaves them.
diff "$work/before" "$work/after" | grep '^[<>]' | grep -vE '\./etc/(passwd|group|shadow|gshadow)-$' >"$work/left" && { fail "purge left or took"; cat "$work/left"; }
done_in
if [[ -n $forge ]]; then
  step "the package pupil-forge"
  cpack --config "$forge/CPackConfig.cmake" -B "$work/packages3" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  cp "$work"/packages3/pupil-forge_*.deb "$root/srv/forge.deb"
  done_in
  if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error,warning "$root/srv/forge.deb" || fail "lintian of pupil-forge"
  else
    echo "SKIP: lintian is not installed: pupil-forge was not looked at"
  fi

  step "apt install ./pupil_*.deb ./pupil-forge_*.deb"
  inside apt-get install -y -qq --no-install-recommends /srv/second.deb /srv/forge.deb >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  done_in
  has /usr/bin/pupil.device

  step "pupil version, models, classify"
  inside pupil version | grep -q '^pupil ' || fail "pupil version of pupil-forge"
  inside pupil models list >"$work/log" 2>&1 || fail "pupil models"
  grep -q '^clap-nano .*built in' "$work/log" || { fail "the models are not beside the program"; cat "$work/log"; }
  inside pupil classify /srv/tone.pupil /srv/tone.wav >"$work/log" 2>&1 || { fail "pupil classify of pupil-forge"; cat "$work/log"; }
  done_in

  step "pupil run: from recordings to a model and a report"
  inside sh -ec 'cd /srv
    pupil --quiet synth sounds --clips 24 --seconds 2 --classes bark,howl,rain --split 50,25,25 --seed 5
    pupil init yard --classes bark howl --source sounds/clips.csv
    sed -i "s|^\[train\]|&\nsize = \"tiny\"\nepochs = 2|" yard/pupil.toml
    pupil run yard --threads 2
    pupil verify yard/model/yard.pupil' >"$work/log" 2>&1 || { fail "pupil run"; tail -20 "$work/log"; }
  has /srv/yard/report/index.html
  done_in

  step "purge of pupil-forge"
  inside apt-get purge -y -qq pupil-forge >"$work/log" 2>&1 || { cat "$work/log"; fail "purge of pupil-forge"; }
  has_not /usr/bin/pupil.device
  has_not /usr/share/pupil/models
  inside pupil version | grep -q '^pupil ' || fail "the device's program is not back"
  done_in
fi
((failures == 0)) || exit 1
echo "all good"
