#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Starts pupil listen with the app's options (/data/options.json) as its listen.toml, or with the listen.toml of the
# configuration folder, where there is one. The broker is that of the options, else the one that the supervisor offers, else none.
#   PUPIL_APP_DATA, PUPIL_APP_CONFIG: other folders than /data and /config (tests); PUPIL_APP_ONLY=1 writes the file alone.
set -euo pipefail
data=${PUPIL_APP_DATA:-/data}
config=${PUPIL_APP_CONFIG:-/config}
options=$data/options.json
option() { jq -r ".$1 // empty" "$options"; }
quoted() { jq -Rn --arg text "$1" '$text'; }  # JSON's strings are TOML's

model=$config/$(option model)
file=$data/listen.toml
if [[ -f $config/listen.toml ]]; then
  file=$config/listen.toml
else
  url=$(option mqtt_url)
  MQTT_USERNAME=$(option mqtt_user)
  MQTT_PASSWORD=$(option mqtt_password)
  if [[ -z $url && -n ${SUPERVISOR_TOKEN:-} ]]; then
    # The token goes by standard input: words of a command can be read by others.
    service=$(curl -fsS --max-time 10 -H @- http://supervisor/services/mqtt <<<"Authorization: Bearer $SUPERVISOR_TOKEN" 2>/dev/null || true)
    if [[ -n $service ]]; then
      url=$(jq -r '.data | "mqtt\(if .ssl then "s" else "" end)://\(.host):\(.port)"' <<<"$service")
      MQTT_USERNAME=$(jq -r '.data.username // empty' <<<"$service")
      MQTT_PASSWORD=$(jq -r '.data.password // empty' <<<"$service")
    else
      echo "no broker is offered (Mosquitto app) and none is named in the options: findings go to the page and the log"
    fi
  fi
  export MQTT_USERNAME MQTT_PASSWORD
  umask 077
  {
    echo "# Made from the app's options at every start."
    echo "[listen]"
    echo "home = $(quoted "$data/home")"
    echo "[[model]]"
    echo "path = $(quoted "$model")"
    jq -r '.sources[] | "[[source]]\nname = \(.name | tojson)\ninput = \(.input | tojson)"' "$options"
    echo "[clips]"
    echo "keep = $(quoted "$(option keep_clips)")"
    echo "quota_mb = $(option quota_mb)"
    threshold=$(option threshold)
    if [[ -n $threshold ]]; then printf '[events]\nthreshold = %s\n' "$threshold"; fi
    printf '[[sink]]\nkind = "terminal"\n'
    # Ingress alone is believed; it has checked the user.
    printf '[[sink]]\nkind = "http"\naddress = "0.0.0.0"\nport = 8099\nproxies = ["172.30.32.2"]\n'
    if [[ -n $url ]]; then printf '[[sink]]\nkind = "mqtt"\nurl = %s\n' "$(quoted "$url")"; fi
  } >"$file"
  if [[ ! -f $model ]]; then
    echo "there is no model yet: put $(option model) into this app's configuration folder (addon_configs)"
    [[ -n ${PUPIL_APP_ONLY:-} ]] || exit 1
  fi
fi
[[ -z ${PUPIL_APP_ONLY:-} ]] || exit 0
unset SUPERVISOR_TOKEN
if ((EUID == 0)); then
  # Options and what was kept before belong to root or pupil; the model is read only.
  mkdir -p "$data/home"
  chown -R pupil:pupil "$data/home"
  if [[ $file == "$data/listen.toml" ]]; then chown pupil:pupil "$file"; fi
  exec setpriv --reuid=pupil --regid=pupil --init-groups --inh-caps=-all --no-new-privs pupil listen "$file"
fi
exec pupil listen "$file"
