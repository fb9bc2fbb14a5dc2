#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of each parser the fuzzers' corpora reach, and the lines that they do not.

    fuzz_coverage.py [--lines] [NAME...]     NAME: fuzz_csv...; without: every fuzzer that is built (preset fuzz)

Replays fuzz/corpus and what scripts/fuzz_campaign.sh has gathered. Counted are the lines of the parser's own files at which a block of
code begins, by the counters that libFuzzer guides itself with: a second build of everything, for llvm-cov, says the same of fewer
inputs. A line of which any block was reached is reached; functions that were never entered are listed apart.
"""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "build/fuzz/fuzz"

# What each fuzzer is for.
FILES = {
    "fuzz_address": ["src/fetch/url.cpp"],
    "fuzz_c_face": ["edge/model/c_face.cpp", "edge/model/stream.cpp", "edge/events/event_detector.cpp", "edge/frontend/resampler.cpp"],
    "fuzz_checkpoint": ["src/nn/checkpoint.cpp", "src/nn/zip_directory.cpp", "src/nn/pickle.cpp", "src/nn/pickle_globals.cpp", "src/nn/tensor_layout.cpp"],
    "fuzz_csv": ["src/corpus/csv.cpp"],
    "fuzz_decoder": ["src/audio/decoder.cpp", "src/audio/byte_source.cpp"],
    "fuzz_device_home": ["src/corpus/device_source.cpp"],
    "fuzz_golden": ["edge/model/golden.cpp"],
    "fuzz_http_request": ["src/web/request_parser.cpp", "src/web/message.cpp", "src/web/access.cpp"],
    "fuzz_index": ["src/corpus/csv_sources.cpp", "src/corpus/index_columns.cpp", "src/corpus/csv.cpp"],
    "fuzz_json": ["src/base/json_parse.cpp", "src/base/json.cpp"],
    "fuzz_library_answer": ["src/harvest/archive.cpp", "src/harvest/commons.cpp", "src/harvest/freesound.cpp", "src/harvest/inaturalist.cpp",
                            "src/harvest/openverse.cpp", "src/harvest/xeno_canto.cpp", "src/harvest/json_fields.cpp"],
    "fuzz_licence": ["src/corpus/licences.cpp"],
    "fuzz_listen_table": ["src/listen/table_line.cpp", "src/listen/pcm_reader.cpp"],
    "fuzz_listen_toml": ["src/listen/listen_config.cpp", "src/base/toml.cpp", "src/base/toml_section.cpp"],
    "fuzz_model": ["edge/model/model.cpp", "edge/model/model_check.cpp", "edge/model/shapes.cpp", "edge/model/plan.cpp"],
    "fuzz_mqtt_discovery": ["src/listen/sinks/home_assistant.cpp"],
    "fuzz_mqtt_verdict": ["src/listen/sinks/mqtt.cpp"],
    "fuzz_pickle": ["src/nn/pickle.cpp"],
    "fuzz_review_labels": ["src/review/exchange.cpp"],
    "fuzz_safetensors": ["src/nn/safetensors.cpp", "src/nn/tensor_layout.cpp"],
    "fuzz_submission": ["src/submit/recording.cpp"],
    "fuzz_submission_record": ["src/corpus/submissions.cpp"],
    "fuzz_tflite": ["src/tflite/model_file.cpp", "src/tflite/network.cpp", "src/tflite/plans.cpp"],
    "fuzz_tokenizer": ["src/nn/bpe_tokenizer.cpp", "src/nn/pre_tokenizer.cpp", "src/nn/unicode.cpp"],
    "fuzz_tokenizer_files": ["src/nn/bpe_files.cpp", "src/nn/bpe_tokenizer.cpp"],
    "fuzz_toml": ["src/project/project_file.cpp", "src/base/toml.cpp", "src/base/toml_section.cpp"],
    "fuzz_wav": ["src/device/wav_reader.cpp"],
    "fuzz_web_list": ["src/harvest/lists.cpp"],
}


def corpora(name):
    seeds = "decoder" if name == "fuzz_submission" else name.removeprefix("fuzz_")
    return [str(folder) for folder in (ROOT / "fuzz/corpus" / seeds, ROOT / "build/fuzz-campaign" / name) if folder.is_dir()]


def counters(program):
    """(file, line) of every block that libFuzzer counts, and the function that it is in: the table of the program's blocks is filled
    in when it is loaded, so that its addresses are among the relocations."""
    sections = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
    begin, size = (int(word, 16) for word in re.search(r"__sancov_pcs\s+\w+\s+(\w+)\s+\w+\s+(\w+)", sections).groups())
    blocks = []
    for line in subprocess.run(["readelf", "-rW", program], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] == "R_X86_64_RELATIVE" and begin <= int(words[0], 16) < begin + size and int(words[0], 16) % 16 == begin % 16:
            blocks.append(words[3])
    said = subprocess.run(["llvm-symbolizer", "--obj=" + str(program)], input="".join(f"0x{address}\n" for address in blocks), capture_output=True,
                          text=True, check=True).stdout
    for entry in said.strip().split("\n\n"):
        frames = entry.split("\n")
        yield place_of(frames[1]), frames[-2]


def place_of(text):
    found = re.search(r"(?:^|[\s/])((?:src|edge)/[\w/]+\.cpp):(\d+)", text)
    return (found[1], int(found[2])) if found and found[2] != "0" else None


def replay(name):
    """Reached and unreached (file, line), functions never entered as (name, file)."""
    ran = subprocess.run([PROGRAMS / name, "-runs=0", "-print_coverage=1", *corpora(name)],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    missed, never = collections.Counter(), {}
    for line in ran.stdout.splitlines():
        if "UNCOVERED_FUNC" in line and place_of(line):
            never[re.sub(r".*edges: \S+ ", "", line.rpartition(" /")[0])] = place_of(line)[0]
        elif "UNCOVERED_PC" in line:
            missed[place_of(line)] += 1
    there = collections.Counter(place for place, function in counters(PROGRAMS / name) if place and function not in never)
    return ({place for place in there if there[place] > missed[place]}, {place for place in there if there[place] <= missed[place]},
            list(never.items()))


def short(function):
    return re.sub(r"\(.*", "", re.sub(r"\(anonymous namespace\)::|pupil::|\[abi:cxx11\]", "", function))


def main():
    arguments = sys.argv[1:]
    lines = "--lines" in arguments
    names = [name for name in arguments if name != "--lines"] or sorted(path.name for path in PROGRAMS.glob("fuzz_*") if path.name in FILES)
    print(f"{'fuzzer':24} {'file':34} {'lines':>6} {'reached':>8}   never entered")
    for name in names:
        reached, missed, never = replay(name)
        for file in FILES[name]:
            hit = {line for path, line in reached if path == file}
            not_hit = {line for path, line in missed if path == file}
            unentered = sorted({short(function) for function, path in never if path == file})
            count = len(hit) + len(not_hit)
            share = f"{100 * len(hit) / count:.0f} %" if count else "-"
            print(f"{name:24} {file:34} {count:6} {share:>8}   {', '.join(unentered)}")
            if lines and not_hit:
                print(f"{'':24} not reached: {', '.join(map(str, sorted(not_hit)))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
