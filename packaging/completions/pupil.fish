# SPDX-License-Identifier: Apache-2.0
# fish: asks the program, so that it knows the options of whichever one is installed. Nothing offered: files.
function __pupil_complete
    set -l words (commandline -opc)
    set -l found ($words[1] --complete $words[2..-1] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pupil -f -a '(__pupil_complete)'
