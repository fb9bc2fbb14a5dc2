#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the last stage of a container: the libraries and the programs that bring audio, and the account. Not root: uid 990, in the
# group audio, which may read /dev/snd.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends libmosquitto1 libcurl4 ca-certificates tzdata tini alsa-utils libasound2-plugins \
  pulseaudio-utils ffmpeg
rm -rf /var/lib/apt/lists/*
groupadd --system --gid 990 pupil
useradd --system --uid 990 --gid pupil --groups audio --home-dir /var/lib/pupil --shell /usr/sbin/nologin pupil
install -d -o pupil -g pupil /var/lib/pupil
