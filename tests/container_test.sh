#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The containers as far as they can be tried without one: what their files copy is there, the health check against a running
# `pupil listen`, and the Home Assistant app: its configuration, and what its start script makes of options.
#   tests/container_test.sh SOURCE PUPIL TONE_MODEL FULL     FULL: 1, pupil has MQTT
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/expect.sh"
source=$1 pupil=$2 tone_model=$3 full=$4
python=/usr/bin/python3
for program in jq git; do
  command -v $program >/dev/null || { echo "SKIP: $program is not installed (scripts/setup.sh)"; exit 77; }
done
git -C "$source" rev-parse --git-dir >/dev/null 2>&1 || { echo "SKIP: not a git clone"; exit 77; }
"$python" -c 'import yaml' 2>/dev/null || { echo "SKIP: python3-yaml is not installed (scripts/setup.sh)"; exit 77; }
work=$(mktemp -d)
listener=
trap 'kill $listener 2>/dev/null; rm -rf "$work"' EXIT

copies_exist() {  # DOCKERFILE CONTEXT
  local from
  while read -r from; do
    [[ -e $2/$from ]] || fail "$1 copies $from, which is not there"
  done < <(sed -nE '/--from=/d; s/^(COPY|ADD) +([^ ]+) .*/\2/p' "$1")
}
copies_exist "$source/packaging/docker/Dockerfile" "$source"
"$source/packaging/home-assistant/make.sh" "$work/app" >/dev/null || fail "make.sh"
copies_exist "$work/app/pupil/Dockerfile" "$work/app/pupil"
tar -tzf "$work/app/pupil/pupil.tar.gz" >"$work/sources"
for file in CMakeLists.txt packaging/docker/build.sh packaging/pupil-listen.service edge/CMakeLists.txt; do
  grep -qx "$file" "$work/sources" || fail "the app's sources have no $file"
done
for script in "$source"/packaging/docker/{build.sh,runtime.sh}; do sh -n "$script" || fail "$script"; done

# Options, their schema and their words have the same keys; nothing that lowers the app's rating is asked for.
"$python" - "$work/app/pupil" <<'PYTHON' || fail "the app's configuration"
import json, pathlib, sys, yaml
app = pathlib.Path(sys.argv[1])
config = yaml.safe_load((app / "config.yaml").read_text())
schema = set(config["schema"])
assert set(config["options"]) <= schema, "options without a schema"
for words in (app / "translations").glob("*.yaml"):
    assert set(yaml.safe_load(words.read_text())["configuration"]) == schema, f"{words.name} has other keys"
script = (app / "run.sh").read_text()
for key in schema - {"sources"}:
    assert f"option {key})" in script, f"run.sh does not read {key}"
for asked in ("host_network", "full_access", "privileged", "devices", "hassio_api", "host_dbus", "docker_api"):
    assert not config.get(asked), asked
assert set(config["arch"]) <= {"aarch64", "amd64"} and config["ingress"] and config["services"] == ["mqtt:want"]
(app.parent / "options.json").write_text(json.dumps(config["options"]))
PYTHON

start() {  # OPTIONS: writes the configuration that they make
  mkdir -p "$work/data" "$work/config"
  echo "$1" >"$work/data/options.json"
  PUPIL_APP_ONLY=1 PUPIL_APP_DATA=$work/data PUPIL_APP_CONFIG=$work/config PATH=$work/bin:$PATH "$work/app/pupil/run.sh"
}
made=$work/data/listen.toml
mkdir -p "$work/bin"
printf '#!/bin/sh\nexit 22\n' >"$work/bin/curl"  # a supervisor without a broker
chmod +x "$work/bin/curl"
expect 0 "there is no model yet" start "$(cat "$work/app/options.json")"
"$tone_model" "$work/config" && mv "$work/config/tone.pupil" "$work/config/model.pupil"
start "$(cat "$work/app/options.json")" >/dev/null || fail "run.sh with the default options"
expect 0 "good: 1 models, 1 sources" "$pupil" listen "$made" --check
[[ $(stat -c %a "$made") == 600 ]] || fail "the configuration can be read by others"
start '{"model": "model.pupil", "keep_clips": "unless speech", "quota_mb": 7, "threshold": 0.25, "sources": [
  {"name": "yard", "input": "rtsp://user:pa\"ss@camera/live"}, {"name": "mic", "input": "pulse"}]}' >/dev/null || fail "run.sh"
expect 0 "good: 1 models, 2 sources" "$pupil" listen "$made" --check
grep -q '^threshold = 0.25$' "$made" && grep -q '^keep = "unless speech"$' "$made" && grep -q '^quota_mb = 7$' "$made" || fail "options were lost"

# The supervisor's broker, its password in the environment alone; the token is in no command's words.
cat >"$work/bin/curl" <<'EOF2'
#!/bin/sh
echo "$*" >>"$0.words"
grep -q "Authorization: Bearer secret-token" || exit 22
echo '{"data": {"host": "core-mosquitto", "port": 1883, "ssl": false, "username": "addons", "password": "pass-word"}}'
EOF2
SUPERVISOR_TOKEN=secret-token start "$(cat "$work/app/options.json")" >/dev/null || fail "run.sh with a broker"
grep -q '^url = "mqtt://core-mosquitto:1883"$' "$made" || { fail "the supervisor's broker is not used"; cat "$made"; }
! grep -q pass-word "$made" || fail "the password is in the file"
! grep -q secret-token "$work/bin/curl.words" || fail "the token is in curl's words"
if [[ $full == 1 ]]; then expect 0 "good" "$pupil" listen "$made" --check; fi
echo "# mine" >"$work/config/listen.toml"
cp "$made" "$work/before"
start "$(cat "$work/app/options.json")" >/dev/null
cmp -s "$made" "$work/before" || fail "the options counted beside a listen.toml"

# The health check.
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '[[model]]\npath = "%s/config/model.pupil"\n[[source]]\nname = "noise"\ninput = "cmd:cat /dev/urandom"\n[[sink]]\nkind = "http"\nport = %s\n' \
  "$work" "$port" >"$work/health.toml"
! "$source/packaging/docker/health" "$port" 2>/dev/null || fail "healthy without a program"
"$pupil" listen "$work/health.toml" >"$work/log" 2>&1 &
listener=$!
healthy=no
for _ in $(seq 100); do
  "$source/packaging/docker/health" "$port" 2>/dev/null && { healthy=yes; break; }
  sleep 0.1
done
[[ $healthy == yes ]] || { fail "not healthy while it listens"; cat "$work/log"; }
((failures == 0))
