"""Styles moved onto the elements they belong to, because many mail programs ignore style sheets."""

import css_inline

# Nothing is fetched: a mail is built from its template alone, whatever address or file is named in it.
# At-rules stay in a style sheet of their own: programs that read it get the dark and the narrow form.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_link_tags=False, keep_at_rules=True)


def inline(html: str) -> str:
    return _INLINER.inline(html)
