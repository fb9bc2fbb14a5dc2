#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzzers of the preset `fuzz` in turn, a minute each, for HOURS in all, one process at the lowest priority.
#
#     scripts/fuzz_campaign.sh HOURS [NAME...]     NAME: fuzz_csv...; without: every fuzzer that is built
#     scripts/fuzz_campaign.sh --table             what was run so far: executions, speed, coverage, findings
#     scripts/fuzz_campaign.sh --keep [NAME...]    takes what reaches something new into fuzz/corpus, as little of it as can be
#
# Corpora, findings and counts are in build/fuzz-campaign, so that a campaign goes on where an earlier one ended, whatever ended it.
# A finding is a crash, a leak, an input of more than 10 s or of more than 2 GB; it does not stop the others. Exit code 1: there are
# findings. MINUTE=SECONDS changes the length of a turn.
set -euo pipefail
cd "$(dirname "$0")/.."
programs=build/fuzz/fuzz
state=build/fuzz-campaign
minute=${MINUTE:-60}
kept_bytes=1500     # of an input that --keep takes
kept_in_all=6000    # of those of one fuzzer
kept_files=20       # and their number
mkdir -p "$state/findings"
touch "$state/turns.tsv"
export TMPDIR=/dev/shm  # for the fuzzers of files that are read by their path
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp:print_suppressions=0"

usage() { sed -n 's/^# \{0,1\}//; 4,7p' "$0"; exit 2; }

# Of a fuzzer without a corpus of its own: that of the same inputs.
seeds_of() { case $1 in fuzz_submission) echo fuzz/corpus/decoder ;; *) echo "fuzz/corpus/${1#fuzz_}" ;; esac; }

number_after() { sed -n "s/^stat::$2: *//p" <<<"$1" | tail -n 1; }

turn() {
  local name=$1 corpus=$state/$1 log dictionary=fuzz/dictionaries/${1#fuzz_}.dict begin=$SECONDS
  local options=(-max_total_time="$minute" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1
                 -artifact_prefix="$state/findings/$name-")
  [[ -f $dictionary ]] && options+=(-dict="$dictionary")
  mkdir -p "$corpus"
  log=$(nice -n 19 "$programs/$name" "${options[@]}" "$corpus" "$(seeds_of "$name")" 2>&1 | tail -n 4000) || true
  local runs reached
  runs=$(number_after "$log" number_of_executed_units)
  reached=$(grep -oE 'cov: [0-9]+' <<<"$log" | tail -n 1 | cut -d' ' -f2 || true)
  printf '%s\t%s\t%s\t%s\n' "$name" "${runs:-0}" "$((SECONDS - begin))" "${reached:-0}" >>"$state/turns.tsv"
  printf '%-24s %10s executions in %s s\n' "$name" "${runs:-0}" "$((SECONDS - begin))"
  if grep -qE 'SUMMARY|ERROR: libFuzzer' <<<"$log"; then
    grep -E 'SUMMARY|ERROR: libFuzzer|Test unit written' <<<"$log" | sort -u
    printf '%s\n' "$log" >"$state/findings/$name-$(date +%s).log"
  fi
}

table() {
  awk -F'\t' '{runs[$1] += $2; seconds[$1] += $3; if ($4 > reached[$1]) reached[$1] = $4; all += $2; time += $3}
    END {for (name in runs) printf "%-24s %14d %10.0f %8d %8d\n", name, runs[name], runs[name] / (seconds[name] ? seconds[name] : 1), seconds[name], reached[name]
         printf "%-24s %14d %10.0f %8d\n", "~ in all", all, all / (time ? time : 1), time}' "$state/turns.tsv" | sort |
    { printf '%-24s %14s %10s %8s %8s\n' fuzzer executions per_second seconds edges; cat; }
  echo "findings: $(find "$state/findings" -type f ! -name '*.log' | wc -l)"
}

keep() {
  local name=$1 room=$kept_in_all left=$kept_files into small
  into=$(seeds_of "$name")
  [[ -d $state/$name ]] || return 0
  small=$(mktemp -d)
  "$programs/$name" -set_cover_merge=1 -rss_limit_mb=2048 -timeout=10 "$small" "$into" "$state/$name" >/dev/null 2>&1 || true
  while read -r bytes file; do
    ((bytes <= kept_bytes && bytes <= room)) || continue
    ((left-- > 0)) || break
    cmp -s "$file" "$into/$(basename "$file")" && continue
    cp "$file" "$into/"
    room=$((room - bytes))
  done < <(find "$small" -type f -printf '%s %p\n' | sort -rn)  # what is longer reaches more
  rm -rf "$small"
  echo "$name: $((kept_in_all - room)) bytes taken into $into"
}

[[ $# -ge 1 ]] || usage
case $1 in
  --table) table; exit ;;
  --keep) action=keep ;;
  *[!0-9.]*) usage ;;
  *) action=turn; end=$((SECONDS + $(awk "BEGIN {print int(3600 * $1)}"))) ;;
esac
shift
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
  mapfile -t names < <(find "$programs" -maxdepth 1 -type f -name 'fuzz_*' -executable -printf '%f\n' | sort)
fi
[[ ${#names[@]} -gt 0 ]] || { echo "no fuzzer is built: cmake --preset fuzz && cmake --build --preset fuzz" >&2; exit 1; }

if [[ $action == keep ]]; then
  for name in "${names[@]}"; do keep "$name"; done
  exit
fi
while ((SECONDS < end)); do
  # Who had least time goes first.
  name=$(for each in "${names[@]}"; do
    awk -F'\t' -v name="$each" '$1 == name {sum += $3} END {printf "%d %s\n", sum, name}' "$state/turns.tsv"
  done | sort -n | head -n 1 | cut -d' ' -f2)
  turn "$name"
done
table
[[ -z $(find "$state/findings" -type f ! -name '*.log') ]]
