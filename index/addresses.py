"""Web addresses of articles: which ones mean the same page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

MOST_CHARS = 2_000
_TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src"})


def spellings(address: str) -> tuple[str, ...]:
    """The ways in which the address of one page may be written: with http or https, with and without `www.` and a
    slash at the end, without what only counts visits (`utm_source` and the like) and the place in the page. The
    address as given comes first; () for what is no http(s) address.

    >>> spellings("https://example.org/a?utm_source=x#top")[1:3]
    ('https://example.org/a', 'https://example.org/a/')
    """
    if len(address) > MOST_CHARS:
        return ()
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return ()
    if parts.scheme not in ("http", "https") or not host:
        return ()
    bare = host.removeprefix("www.")
    number = "" if port in (None, 80, 443) else f":{port}"
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in asked if not pair[0].startswith("utm_") and pair[0] not in _TRACKING]
    queries = dict.fromkeys(
        ("?" + parts.query if parts.query and kept == asked else "", "?" + urlencode(kept) if kept else "")
    )
    path = parts.path.rstrip("/")
    schemes = ("https", "http") if parts.scheme == "https" else ("http", "https")
    found = [
        f"{scheme}://{name}{number}{path}{slash}{query}"
        for query in queries
        if query or not kept
        for scheme in schemes
        for name in dict.fromkeys((host, bare, f"www.{bare}"))
        for slash in ("", "/")
    ]
    return (address, *found)
