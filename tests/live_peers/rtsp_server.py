#!/usr/bin/env python3
"""An RTSP server on loopback: rtsp://127.0.0.1:PORT/live, with H.264 and AAC in real time.

    rtsp_server.py PORT [--size 1280x720] [--rate 25] [--user NAME --password WORD]

Serves a moving test picture with a ticking tone to everybody who has the password, if there is one.
Writes "ready" to its standard output once it listens. Needs gir1.2-gst-rtsp-server-1.0,
gstreamer1.0-plugins-good, -bad and -ugly, and python3-gi.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def first_element(*names):
    for name in names:
        if Gst.ElementFactory.find(name):
            return name
    sys.exit(f"rtsp_server: GStreamer has none of the elements {', '.join(names)}")


def test_sources(size, rate):
    width, height = size.split("x")
    aac = first_element("voaacenc", "avenc_aac", "fdkaacenc", "faac")
    return (
        f"videotestsrc is-live=true pattern=ball ! "
        f"video/x-raw,width={width},height={height},framerate={rate}/1 ! "
        f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max={rate} bitrate=1500 ! "
        f"h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96 "
        f"audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=2 ! "
        f"audioconvert ! {aac} ! aacparse ! rtpmp4gpay name=pay1 pt=97"
    )


def require_login(server, factory, user, password):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rate", type=int, default=25)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {test_sources(arguments.size, arguments.rate)} )")
    factory.set_shared(True)
    if arguments.user:
        require_login(server, factory, arguments.user, arguments.password)
    server.get_mount_points().add_factory("/live", factory)
    if server.attach(None) == 0:
        sys.exit(f"rtsp_server: cannot listen on port {arguments.port}")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
