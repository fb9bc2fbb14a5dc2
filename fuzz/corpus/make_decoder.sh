#!/usr/bin/env bash
# Makes the decoder's corpus again: short synthetic tones in every family of containers and codecs.
#   fuzz/corpus/make_decoder.sh
set -euo pipefail
cd "$(dirname "$0")/decoder"

encode() {  # NAME CHANNELS RATE OPTIONS...
  local name=$1 channels=$2 rate=$3
  shift 3
  ffmpeg -v error -nostdin -y -f lavfi -i "sine=frequency=440:duration=0.06:sample_rate=$rate" \
    -ac "$channels" -fflags +bitexact -flags:a +bitexact -map_metadata -1 "$@" "$name"
}
encode pcm_u8.wav 1 8000 -c:a pcm_u8
encode pcm_s16_stereo.wav 2 8000 -c:a pcm_s16le
encode pcm_s24.wav 1 8000 -c:a pcm_s24le
encode pcm_f32.wav 1 8000 -c:a pcm_f32le
encode pcm_f64.wav 1 8000 -c:a pcm_f64le
encode adpcm_ms.wav 1 8000 -c:a adpcm_ms
encode pcm_s16.aiff 1 8000
encode pcm_s16.caf 1 8000
encode mulaw.au 1 8000 -c:a pcm_mulaw
encode mono.flac 1 16000
encode stereo.flac 2 16000
encode mono.mp3 1 16000 -b:a 16k
encode mono.mp2 1 16000 -b:a 32k
encode vorbis.ogg 1 16000 -c:a libvorbis -q:a 0
encode mono.opus 1 48000 -b:a 16k
encode opus.webm 1 48000 -c:a libopus -b:a 16k
encode aac.m4a 1 16000 -c:a aac -b:a 16k
encode adts.aac 1 16000 -b:a 16k
encode alac.m4a 1 16000 -c:a alac
encode wmav2.wma 1 16000 -b:a 32k
encode ac3.mka 1 32000 -c:a ac3 -b:a 64k
encode mono.wv 1 16000
encode mono.tta 1 16000
printf '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nmono.flac\n#EXT-X-ENDLIST\n' > playlist.m3u8
printf "ffconcat version 1.0\nfile 'mono.flac'\n" > list.ffconcat
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n' > session.sdp
: > empty
head -c 600 stereo.flac > truncated.flac
