"""What XML can hold."""

import re

from petitions.documents.markdown import visible

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def allowed(words: str) -> str:
    return FORBIDDEN.sub("", visible(words))
