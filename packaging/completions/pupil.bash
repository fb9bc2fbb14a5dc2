# SPDX-License-Identifier: Apache-2.0
# bash: asks the program, so that it knows the options of whichever one is installed. Nothing offered: files.
_pupil() {
  local candidate
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    COMPREPLY+=("$candidate")
  done < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _pupil pupil
