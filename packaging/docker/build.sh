#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the build stage of a container: installs what the device program is built from, builds it with MQTT and webhooks
# (PUPIL_STATIC=OFF) and installs it below the folder named.
#   packaging/docker/build.sh OUT
set -eu
out=$1
source=$(cd "$(dirname "$0")/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends g++ cmake ninja-build pkg-config libmosquitto-dev libcurl4-openssl-dev nlohmann-json3-dev
cmake -S "$source" -B /tmp/pupil-build -G Ninja -D CMAKE_BUILD_TYPE=Release -D PUPIL_FORGE=OFF -D PUPIL_STATIC=OFF -D BUILD_TESTING=OFF
cmake --build /tmp/pupil-build --target pupil pupil_packaging
DESTDIR=$out cmake --install /tmp/pupil-build --prefix /usr --component device
