"""What is fetched over the network: named, with its size, and given up when nothing comes."""

import urllib.request
from collections.abc import Callable

SECONDS = 20  # without an answer, or without another byte


def announce(say: Callable[[str], None]):
    """From now on say of each file that this process fetches where it is and how large."""
    urllib.request.install_opener(urllib.request.build_opener(Announcer(say)))


class Announcer(urllib.request.BaseHandler):
    def __init__(self, say: Callable[[str], None]):
        self.say = say

    def http_request(self, request):
        self.say(f"Fetching {request.full_url}")
        request.timeout = SECONDS
        return request

    def http_response(self, request, response):
        size = response.headers.get("Content-Length")
        if response.status == 200 and size:
            self.say(f"Its size: {int(size) / 1e6:.1f} MB")
        return response

    https_request, https_response = http_request, http_response
