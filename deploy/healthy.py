"""Asks this container's web whether it is alive; ends with 1 if it is not. Standard library only."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    """By the name of the site, as its proxy would: any other one is refused, and plain http is sent elsewhere."""
    headers = {"Host": urlsplit(os.environ["SITE_URL"]).netloc, "X-Forwarded-Proto": "https"}
    port = int(os.environ.get("GRANIAN_PORT", "8000"))
    try:
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        web.request("GET", "/healthz", headers=headers)
        return int(web.getresponse().status != http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
