#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every command of a page's code blocks, one after the other in one scratch folder, as a reader would:
#   readme_test.sh PUPIL RANDOM_SEPARATOR README.md SOURCE_DIR [SHARED]
# What it provides: `pupil` on the PATH; recordings/, and any sound that a command names, made by formulas; an `arecord`
# that gets two seconds of noise. New projects get settings that finish in seconds. C and C++ blocks with a main() are
# compiled. Skipped aloud: what builds, installs, fetches or needs another machine.
set -uo pipefail
pupil=$1
random_separator=$2
page=$(realpath "$3")
source_dir=$4
shared=${5:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/work"
cd "$folder/work"
failures=0 run_count=0 skipped=0

teacher=clap-nano separator=sep-nano
"$pupil" models list | grep -E '^clap-nano .*built in' >/dev/null || teacher=$shared/weights/efficientat_mn04/mn04_as_mAP_432.pt
if [[ $teacher != clap-nano && ! -f $teacher ]]; then
  echo "SKIP: no built-in teacher and no ../shared: the commands that label cannot run"
  exit 0
fi
if ! "$pupil" models list | grep -E '^sep-nano .*built in' >/dev/null; then
  "$random_separator" "$folder/models"
  separator=$folder/models/separator.safetensors
fi

. "$source_dir/tests/expect.sh"
small_bank "$folder/bank" "$pupil"
cat >"$folder/bin/pupil" <<EOF
#!/usr/bin/env bash
# The program, and after \`pupil init\` settings that finish in seconds.
"$pupil" "\$@" || exit
if [[ \$1 == init && " \$* " != *" --help "* ]]; then
  # Given labels decide what is learned: a class that the teacher finds nowhere in these few sounds would stop it.
  sed -i 's|^\[train\]|&\nsize = "tiny"\nepochs = 2\nuse_truth = true|; s|^\[label\]|&\nnegative_bank = "$folder/bank"\naccept = 0.1\nmargin = 0.0\nreject = 0.05|
    s|^\[teacher\]|&\nmodel = "$teacher"\ninput = "clip"|; s|^\[separate\]|&\nmodel = "$separator"\nquery = "a dog"|' "\$2/pupil.toml"
  grep -q '^given' "\$2/pupil.toml" || [[ " \$* " == *" --preset "* ]] ||
    awk 'BEGIN {split("bark growl howl whine yelp pant", folder); split("Bark,Growling,Howl,Whimper (dog),Yip,Pant", name, ",")}
         /^audioset/ && kind == "class" {next}
         {print} /^\[\[/ {kind = \$0 ~ /class/ ? "class" : ""}
         /^\[\[class/ {++i; print "given = [\"" folder[i] "\"]\naudioset = [\"" name[i] "\"]"}' "\$2/pupil.toml" >"\$2/pupil.toml.new" &&
    mv "\$2/pupil.toml.new" "\$2/pupil.toml"
  rm -f "\$2/pupil.toml.new"
fi
EOF
printf '#!/bin/sh\nhead -c 64000 /dev/urandom\n' >"$folder/bin/arecord"
chmod +x "$folder"/bin/*
export PATH=$folder/bin:$PATH OMP_WAIT_POLICY=passive

pupil --quiet synth "$folder/sounds" --clips 120 --seconds 2 --seed 3 >/dev/null || { echo "FAILED: pupil synth"; exit 1; }
mkdir recordings
cp -r "$folder"/sounds/*/ recordings/
sample=$(find "$folder/sounds/bark" -name '*.flac' | sort | head -1)

# Sounds that a command names and that are not there.
provide() {
  local word
  for word in $1; do
    word=${word//[\"\']/}
    case $word in
      *.wav | *.flac) [[ $word == */* ]] && mkdir -p "${word%/*}"; [[ -e $word ]] || ffmpeg -v error -nostdin -y -i "$sample" -t 2 "$word" ;;
      *.mp3 | *.ogg | *.opus) [[ -e $word ]] || ffmpeg -v error -nostdin -y -i "$sample" -t 2 "$word" ;;
      *.pupil)
        if [[ ! -e $word ]]; then
          local model
          model=$(find . -path '*/model/*.pupil' | head -1)
          [[ -n $model ]] && mkdir -p "$(dirname "$word")" && cp "$model" "$word" && cp "${model%.pupil}.golden" "${word%.pupil}.golden"
        fi ;;
    esac
  done
}

# Why a command is not run here; empty: it is.
reason_to_skip() {
  case $1 in
    make* | *cmake* | *cpack* | *ctest* | *.ci/run*) echo "builds" ;;
    "pupil review "* | "pupil submit-page "*) echo "waits for a person" ;;
    sudo* | apt* | git* | *scripts/setup.sh*) echo "installs" ;;
    *"models fetch"* | *"pupil search"* | curl* | wget* | *://*) echo "needs the network" ;;
    scp* | ssh* | rsync*) echo "needs another machine" ;;
    scripts/* | bench/*) echo "a long measurement of its own" ;;
    cmake/*) echo "no command" ;;
    xdg-open* | *firefox* | *chromium*) echo "needs a screen" ;;
    *" MODEL "* | *" M "* | *" DIR "* | *" FILE "* | *" NAME "* | *" NAME") echo "has a placeholder" ;;
  esac
}

run_command() {
  local command=$1 why
  command=${command//build\/release\/pupil/pupil}
  why=$(reason_to_skip "${command%%#*} ")
  if [[ -n $why ]]; then
    echo "SKIP: $command ($why)"
    skipped=$((skipped + 1))
    return
  fi
  provide "$command"
  run_count=$((run_count + 1))
  if ! timeout 240 bash -o pipefail -c "$command" >"$folder/out.txt" 2>&1 </dev/null; then
    echo "FAILED: $command"
    tail -5 "$folder/out.txt" | sed 's/^/  /'
    failures=$((failures + 1))
  fi
}

compile_block() {  # LANGUAGE FILE
  local compiler=g++ standard=-std=c++20
  [[ $1 == c ]] && compiler=gcc standard=-std=c11
  grep -q 'main(' "$2" || return 0
  run_count=$((run_count + 1))
  if ! $compiler -x "${1/cpp/c++}" $standard -fsyntax-only -I"$source_dir/edge/include" "$2" >"$folder/out.txt" 2>&1; then
    echo "FAILED: a block of $1 does not compile:"
    head -5 "$folder/out.txt" | sed 's/^/  /'
    failures=$((failures + 1))
  fi
}

# Lines of code blocks, a kind before each: "sh" for fenced shell, "c"/"cpp", "-" for indented or unnamed blocks.
# Lines ending in a backslash are joined.
awk '
  /^```/ { fenced = !fenced; kind = substr($0, 4); if (kind == "") kind = "-"; if (kind ~ /^(bash|console|shell)$/) kind = "sh"; if (!fenced) print "end\t"; next }
  fenced { line = line $0; if (line ~ /\\$/) { sub(/\\$/, "", line); next } print kind "\t" line; line = ""; next }
  /^    / { line = line substr($0, 5); if (line ~ /\\$/) { sub(/\\$/, "", line); next } print "-\t" line; line = ""; next }
' "$page" >"$folder/lines.txt"

known='^(\$ )?(pupil|build/release/pupil|make|cmake|arecord|cat|git|scripts/|bench/|sudo|apt|scp|ssh|cd|mkdir|cp|curl|xdg-open|for|python3|ffmpeg)( |/|$|[a-z_]*)'
block=$folder/block.txt
: >"$block"
kind_of_block=
while IFS=$'\t' read -r kind line; do
  case $kind in
    c | cpp | c++) kind_of_block=${kind/c++/cpp}; printf '%s\n' "$line" >>"$block" ;;
    end)
      [[ -s $block ]] && compile_block "$kind_of_block" "$block"
      : >"$block" ;;
    *)
      if [[ $line =~ $known ]]; then run_command "${line#\$ }"
      elif [[ $kind == sh && -n ${line%%#*} ]]; then run_command "$line"; fi ;;
  esac
done <"$folder/lines.txt"

((run_count > 0)) || { echo "FAILED: no command found in $page"; failures=1; }
echo "$run_count commands run, $skipped skipped"
exit $((failures > 0))
