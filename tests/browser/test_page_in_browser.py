"""The page in a real browser: width, pictures, requests, hostile names."""

import html
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skoverfit._plain import printable
from skoverfit.diagnosis._report._html import render_html

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")

WIDTHS = (320, 390, 1280)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
    "--virtual-time-budget=5000",
    "--dump-dom",
]
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')

# Frames give every page a viewport of its own; the outer page looks into them.
OUTER = """<!doctype html><title>outer</title>{frames}<pre id="result"></pre>
<script>
onload = () => {{
  const seen = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument;
    return {{
      name: frame.name,
      width: frame.clientWidth,
      scrollWidth: page.documentElement.scrollWidth,
      title: page.title,
      height: page.documentElement.scrollHeight,
      pictures: [...page.images].map(image => image.naturalWidth),
    }};
  }});
  document.getElementById("result").textContent =
    JSON.stringify({{title: document.title, frames: seen}});
}};
</script>"""


class Recorder(BaseHTTPRequestHandler):
    """Serves one page and remembers what else is asked for."""

    def do_GET(self):
        self.server.seen.append(f"{self.headers.get('Host')}{self.path}")
        body = self.server.page if self.path == "/" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


def _frame(name, width, page):
    return (
        f'<iframe name="{name}" srcdoc="{html.escape(page)}" height="800" '
        f'style="border: 0; width: {width}px"></iframe>'
    )


def _browse(outer, profile):
    """Return the page after loading, and the requests that were made meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.page, server.seen = outer.encode(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    try:
        done = subprocess.run(
            [
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={profile}",
                # every other host leads to the same server, which would notice
                f"--host-resolver-rules=MAP * {address}",
                f"http://{address}/",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    finally:
        server.shutdown()
        server.server_close()
    own = [name for name in server.seen if name.startswith(address)]
    return done.stdout, [name.removeprefix(address) for name in own]


@pytest.fixture(scope="module")
def seen(samples, tmp_path_factory):
    pages = {
        "sample": render_html(samples.sample_report()),
        # without the policy, only the escaping keeps scripts from running
        "hostile": POLICY.sub("", render_html(samples.hostile_report())),
    }
    frames = [
        _frame(f"{name} {width}", width, page)
        for name, page in pages.items()
        for width in WIDTHS
    ]
    outer = OUTER.format(frames="".join(frames))
    dom, requests = _browse(outer, tmp_path_factory.mktemp("profile"))
    (text,) = re.findall(r'<pre id="result">(.*?)</pre>', dom, re.DOTALL)
    result = json.loads(html.unescape(text))
    return {frame["name"]: frame for frame in result["frames"]}, requests


def test_the_policy_was_taken_out_of_the_hostile_page(samples):
    assert len(POLICY.findall(render_html(samples.hostile_report()))) == 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_nothing_sticks_out(seen, name, width):
    frame = seen[0][f"{name} {width}"]
    assert frame["width"] == width
    assert frame["scrollWidth"] <= width
    assert frame["height"] > 800


@pytest.mark.parametrize("name", ["sample", "hostile"])
def test_pictures_are_shown(seen, name):
    pictures = seen[0][f"{name} 390"]["pictures"]
    assert len(pictures) == 5
    assert min(pictures) > 100


def test_hostile_names_do_not_run(seen, samples):
    for width in WIDTHS:
        assert printable(samples.HOSTILE) in seen[0][f"hostile {width}"]["title"]


def test_nothing_is_requested(seen):
    assert set(seen[1]) - {"/favicon.ico"} == {"/"}
