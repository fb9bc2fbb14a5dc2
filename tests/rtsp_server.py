#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# A camera's sound: rtsp://127.0.0.1:PORT/live, a tone of 1 kHz, until it is killed. Says "ready".
#   rtsp_server.py PORT
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( audiotestsrc is-live=true freq=1000 volume=0.3 ! audio/x-raw,rate=8000,channels=1"
                   " ! alawenc ! rtppcmapay name=pay0 pt=8 )")
factory.set_shared(True)
server.get_mount_points().add_factory("/live", factory)
if server.attach(None) == 0:
    sys.exit(f"rtsp_server: port {sys.argv[1]} is in use")
print("ready", flush=True)
GLib.MainLoop().run()
