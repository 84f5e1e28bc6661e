"""A user sees what is fetched over the network, and does not wait for what never comes."""

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import downloads


class Server(BaseHTTPRequestHandler):
    """Half of 2.5 MB for the path /half, and no more; else all of it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2500000")
        self.end_headers()
        self.wfile.write(bytes(2_500_000 if self.path != "/half" else 1_250_000))
        if self.path == "/half":
            self.server.enough.wait()

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    server = HTTPServer(("127.0.0.1", 0), Server)
    server.enough = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.enough.set()
    server.shutdown()
    urllib.request.install_opener(None)


def test_address_and_size_are_said(address, tmp_path):
    said = []
    downloads.announce(said.append)
    urllib.request.urlretrieve(f"{address}/weights.h5", tmp_path / "weights.h5")
    assert said == [f"Fetching {address}/weights.h5", "Its size: 2.5 MB"]
    assert (tmp_path / "weights.h5").stat().st_size == 2_500_000


def test_a_transfer_that_stops_is_given_up(address, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "SECONDS", 0.5)
    downloads.announce(lambda _: None)
    with pytest.raises(TimeoutError):
        urllib.request.urlretrieve(f"{address}/half", tmp_path / "weights.h5")
