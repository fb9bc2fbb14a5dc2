#compdef pupil
# SPDX-License-Identifier: Apache-2.0
# zsh: asks the program, so that it knows the options of whichever one is installed. Nothing offered: files.
local -a lines candidates
local line
lines=("${(@f)$(${words[1]} --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
for line in $lines; do
  [[ -n $line ]] && candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
done
if (( ${#candidates} )); then
  _describe pupil candidates
else
  _files
fi
