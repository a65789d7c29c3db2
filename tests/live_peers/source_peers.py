#!/usr/bin/python3
"""attune live on sources that real servers and publishers give: UDP, RTP, SRT, RTMP, HLS, RTSP, FIFO, growing file.

    source_peers.py BUILD [--peers udp rtp srt rtmp hls rtsp fifo file] [--outage 6] [--work FOLDER]

For each: starts the server, attune live, and a publisher in real time; waits for results; takes the publisher (of RTSP the
server) away for --outage seconds; waits for results again; looks at what /feeds and the events say; ends attune and expects
its clean end. Prints the seconds to the first result and from the return to the next. Ends with 1 when anything was not as it
should be. RTMP and HLS need nginx with libnginx-mod-rtmp, RTSP what rtsp_server.py needs; what is missing is skipped and said.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
NGINX = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
{user}worker_processes 1; daemon off; error_log {folder}/error.log; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{rtmp}; application live {{ live on; hls on; hls_path {folder}/hls; hls_fragment 1s;
  hls_playlist_length 6s; }} }} }}
http {{ access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  server {{ listen 127.0.0.1:{http}; root {folder}; }} }}
"""


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_feed(build, folder):
    raw, feed = folder / "raw.mp4", folder / "feed.ts"
    subprocess.run([build / "bin/attune-scene", "-o", raw, "--no-cuts", "--parts", "dialogue", "--turns", "12"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", raw, "-c:v", "libx264", "-preset", "fast", "-b:v", "2500k", "-g",
                    "25", "-c:a", "aac", "-f", "mpegts", feed], check=True)
    return feed


class Peer:
    """A source: where attune finds it, and what runs to give it."""

    # Seconds of silence after which it is taken for lost.
    patience = 5

    def __init__(self, feed, folder):
        self.feed, self.folder, self.processes = feed, folder, []

    def needs(self):
        return None

    def serve(self):
        pass

    def publish(self):
        self.publisher = self.run(["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", self.feed, "-c",
                                   "copy", *self.target()])

    def interrupt(self):
        self.publisher.kill()
        self.publisher.wait()

    def run(self, command, **options):
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   **options)
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Udp(Peer):
    def serve(self):
        self.source = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"

    def target(self):
        return ["-f", "mpegts", self.source + "?pkt_size=1316"]


class Rtp(Peer):
    def serve(self):
        self.source = f"rtp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"

    def target(self):
        return ["-f", "rtp_mpegts", self.source]


class Srt(Peer):
    def serve(self):
        self.address = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        self.source = self.address + "?mode=listener"

    def target(self):
        return ["-f", "mpegts", self.address]


class Rtmp(Peer):
    def needs(self):
        if not shutil.which("nginx") or not Path("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists():
            return "nginx with libnginx-mod-rtmp"
        return None

    def serve(self):
        rtmp, self.http = free_port(), free_port()
        (self.folder / "hls").mkdir(exist_ok=True)
        config = self.folder / "nginx.conf"
        # Its workers would have no way into a folder of root's.
        user = "user root;\n" if os.geteuid() == 0 else ""
        config.write_text(NGINX.format(folder=self.folder, rtmp=rtmp, http=self.http, user=user))
        self.run(["nginx", "-p", self.folder, "-c", config])
        self.address = self.source = f"rtmp://127.0.0.1:{rtmp}/live/feed"
        wait_for_port(rtmp)

    def target(self):
        return ["-bsf:a", "aac_adtstoasc", "-f", "flv", self.address]


class Hls(Rtmp):
    def serve(self):
        super().serve()
        self.source = f"http://127.0.0.1:{self.http}/hls/feed.m3u8"


class Rtsp(Peer):
    def needs(self):
        probe = subprocess.run([sys.executable, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
                               stderr=subprocess.DEVNULL)
        return None if probe.returncode == 0 else "gir1.2-gst-rtsp-server-1.0 and python3-gi"

    def serve(self):
        self.port = free_port()
        self.source = f"rtsp://viewer:uncommon-word@127.0.0.1:{self.port}/live"

    def publish(self):
        self.publisher = self.run([sys.executable, HERE / "rtsp_server.py", self.port, "--size", "1280x720", "--user",
                                   "viewer", "--password", "uncommon-word"], stdout=subprocess.DEVNULL)


class Fifo(Peer):
    def serve(self):
        self.source = str(self.folder / "feed.fifo")
        os.mkfifo(self.source)

    def target(self):
        return ["-f", "mpegts", "-y", self.source]


class GrowingFile(Peer):
    patience = 10

    def serve(self):
        self.source = str(self.folder / "growing.ts")
        Path(self.source).touch()

    def publish(self):
        growing = open(self.source, "ab")
        self.publisher = self.run(["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", self.feed, "-c",
                                   "copy", "-f", "mpegts", "-"], stdout=growing)
        growing.close()


PEERS = {"udp": Udp, "rtp": Rtp, "srt": Srt, "rtmp": Rtmp, "hls": Hls, "rtsp": Rtsp, "fifo": Fifo, "file": GrowingFile}


def wait_for_port(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def feed_status(http):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/feeds/feed", timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def wait_for_results(http, more_than, patience=40):
    start = time.monotonic()
    while time.monotonic() - start < patience:
        status = feed_status(http)
        if status and status["results"] > more_than:
            return time.monotonic() - start
        time.sleep(0.05)
    return None


def try_peer(name, peer, build, outage):
    """What was wrong, as sentences."""
    wrong = []
    http, out = free_port(), peer.folder / "out"
    log = open(peer.folder / "attune.log", "wb")
    program = subprocess.Popen([build / "bin/attune", "live", peer.source, "-o", out, "--http", f"127.0.0.1:{http}", "--set",
                                "captioner=none"], stdin=subprocess.DEVNULL, stderr=log)
    try:
        peer.publish()
        first = wait_for_results(http, 0)
        if first is None:
            return [f"no results; {feed_status(http)}"], "", ""
        time.sleep(5)
        peer.interrupt()
        time.sleep(outage)
        before = feed_status(http)
        if before["state"] == "running" and outage > peer.patience + 0.5:
            wrong.append("the outage was not noticed")
        peer.publish()
        again = wait_for_results(http, before["results"])
        if again is None:
            wrong.append(f"no results after the outage; {feed_status(http)}")
        time.sleep(2)
        after = feed_status(http)
        if after["state"] != "running":
            wrong.append(f"is {after['state']}: {after['problem']}")
    finally:
        program.send_signal(signal.SIGTERM)
        code = program.wait(20)
        log.close()
    if code not in (0, 143):
        wrong.append(f"ended with {code}")
    events = [json.loads(line) for line in (out / "feed/events.jsonl").read_text().splitlines()]
    if not events or events[-1].get("state") != "ended":
        wrong.append("the events do not end with the end of the feed")
    said = (peer.folder / "attune.log").read_text() + (out / "feed/events.jsonl").read_text()
    if "uncommon-word" in said:
        wrong.append("the password was said")
    return wrong, f"{first:.1f}", f"{again:.1f}" if again else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--outage", type=float, default=6)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    work = args.work or Path(tempfile.mkdtemp(prefix="attune-peers-"))
    work.mkdir(parents=True, exist_ok=True)
    feed = make_feed(args.build, work)
    failed = False
    print("source  first result s  after the outage s")
    for name in args.peers:
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        peer = PEERS[name](feed, folder)
        if missing := peer.needs():
            print(f"{name:6}  skipped: needs {missing}")
            continue
        try:
            peer.serve()
            wrong, first, again = try_peer(name, peer, args.build, args.outage)
        finally:
            peer.end()
        print(f"{name:6}  {first:>14}  {again:>18}  {'; '.join(wrong) or 'ok'}", flush=True)
        failed = failed or bool(wrong)
    print(f"logs: {work}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
