#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is typed is checked before anything is made: names that become file names, classes that are the same but for case,
# numbers out of their range. A project's name with a slash was once found out only after the training.
. "$(dirname "$0")/lib.sh"
name() { printf 'name = %s\n[[class]]\nname = "a"\nprompts = ["a"]\n' "$1" >p/pupil.toml; }
class() { printf '[[class]]\nname = "%s"\nprompts = ["%s"]\n' "$1" "$2" >>p/pupil.toml; }

mkdir p
for bad in '"a/b"' '"../../x"' '""' '"."' '".."' '".x"' '"con\n"' '"a\u0000"' '"a "' '"a\\b"' "\"$(printf 'x%.0s' {1..300})\""; do
  name "$bad"
  expect 1 "p/pupil.toml:1: name:" "$PUPIL" run p
done
name '"yard 2"'
class Dog x
class "dog" y
expect 1 "p/pupil.toml:9: class 'dog': differs from class 'Dog' (line 6) in case or blanks only" "$PUPIL" collect p
name '"p"'
class b a
printf '[[source]]\npath = "none"\n' >>p/pupil.toml
expect 1 "share the prompt 'a'" "$PUPIL" run p
[[ $(ls p) == pupil.toml ]] || fail "something was made: $(ls p)"
expect 2 "is a path" "$PUPIL" export p --name a/b
expect 2 "begins with a dot" "$PUPIL" export p --name ..

expect 0 "" "$PUPIL" init q --classes "dog barking,rain" bird, "Music"
[[ $(grep -c '^\[\[class' q/pupil.toml) == 4 ]] || fail "commas do not divide classes"
[[ $(grep -ci '^name = "music"' q/pupil.toml) == 1 ]] || fail "music is a class and a negative"
expect 2 "are the same class" "$PUPIL" init r --classes Dog,dog
expect 2 "names no class" "$PUPIL" init r --classes ,
expect 2 "cannot be seen" "$PUPIL" init r --classes $'a\nb'
[[ ! -e r ]] || fail "a refused project was made"
expect 0 "the project is named 'pupil'" "$PUPIL" init .r --classes a

expect 2 "--threads: expected a whole number from 0 to 1024, found '4294967297'" "$PUPIL" collect q --threads 4294967297
expect 2 "--threads: expected a whole number" "$PUPIL" run q --threads -1
expect 2 "--seed: expected a whole number from -1 to 4294967295, found '1e3'" "$PUPIL" run q --seed 1e3
expect 2 "--shard: expected I/N" "$PUPIL" label q --shard 2/2
expect 2 "--seconds: expected a number from 0.5 to 600, found 'nan'" "$PUPIL" synth s --seconds nan
expect 2 "--clips: expected" "$PUPIL" synth s --clips -1
expect 2 "--snr: expected" "$PUPIL" synth s --snr 0,inf
expect 2 "--split: expected" "$PUPIL" synth s --split 0x46,15,15
expect 2 "expected 2 numbers" "$PUPIL" synth s --snr 1,2,3
expect 2 "--hop-ms: expected" "$PUPIL" classify "$MODEL" x.wav --hop-ms 0
expect 2 "--width: expected" "$PUPIL" plot x.wav --width 99999999999999999999
expect 2 "--snr: expected" "$PUPIL" evaluate-separation x --model m --snr 0 1,5
expect 2 "--json takes no value" "$PUPIL" status q --json=1
expect 2 "DIR is empty" "$PUPIL" status ""
expect 2 "did you mean '--json'" "$PUPIL" status q -json
expect 2 "unexpected word" "$PUPIL" status q r
expect 2 "MODEL is missing" "$PUPIL" classify
expect 2 "no such stage" "$PUPIL" run q --from labels
expect 2 "usage: pupil COMMAND" "$PUPIL" --quiet
expect 0 "usage: pupil bench teacher" "$PUPIL" help bench teacher
expect 0 'behind "--"' "$PUPIL" collect --help
[[ ! -e s ]] || fail "refused sounds were made"
exit $failures
