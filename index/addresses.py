"""Web addresses of articles: which ones mean the same page."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

MOST_CHARS = 2_000
_TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "ref_src"})


def page_key(address: str) -> str:
    """One key for all spellings of a page's address (see `spellings`); "" for what is no http(s) address.

    >>> page_key("https://www.Example.org:443/a/?utm_source=x&b=1#top")
    'example.org/a?b=1'
    """
    return (
        without_tracking(address)
        .partition("://")[2]
        .removeprefix("www.")
        .replace("/?", "?")
        .removesuffix("/")
    )


def without_tracking(address: str) -> str:
    """The address as it is asked for and stored: host in small letters, without a default port, without what only
    counts visits and the place in the page; "" for what is no http(s) address.

    >>> without_tracking("HTTPS://Example.org?fbclid=1#top")
    'https://example.org/'
    """
    if (found := _parts(address)) is None:
        return ""
    parts, host, port, _, query = found
    number = "" if port in (None, 80 if parts.scheme == "http" else 443) else f":{port}"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{number}{parts.path or '/'}" + (f"?{query}" if query else "")


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site: the same host, or one host below the other (`news.example.org` and
    `example.org`), without regard to `www.`; ports must agree.

    Without a list of public suffixes two sites below one registry (`a.co.uk`, `co.uk`) would count as one where the
    suffix itself were a site, which it is not.
    """
    try:
        a, b = urlsplit(one), urlsplit(other)
        hosts = [(parts.hostname or "").removesuffix(".").removeprefix("www.") for parts in (a, b)]
        ports = [parts.port or (443 if parts.scheme == "https" else 80) for parts in (a, b)]
    except ValueError:
        return False
    if not all(hosts) or (ports[0] != ports[1] and not set(ports) <= {80, 443}):
        return False
    short, long = sorted(hosts, key=len)
    return short == long or ("." in short and long.endswith("." + short))


def _parts(address: str) -> tuple[SplitResult, str, int | None, list[tuple[str, str]], str] | None:
    """An http(s) address taken apart: its parts, host and port, the pairs of its query that do not only count visits,
    and the query of these (as written where that is all of them); None for what is none."""
    address = address.strip()
    if len(address) > MOST_CHARS:
        return None
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if not name.startswith("utm_") and name not in _TRACKING]
    return parts, host, port, kept, parts.query if kept == asked else urlencode(kept)


def spellings(address: str) -> tuple[str, ...]:
    """The ways in which the address of one page may be written: with http or https, with and without `www.` and a
    slash at the end, without what only counts visits (`utm_source` and the like) and the place in the page. The
    address as given comes first; () for what is no http(s) address.

    >>> spellings("https://example.org/a?utm_source=x#top")[1:3]
    ('https://example.org/a', 'https://example.org/a/')
    """
    if (found := _parts(address)) is None:
        return ()
    parts, host, port, kept, query = found
    bare = host.removeprefix("www.")
    number = "" if port in (None, 80, 443) else f":{port}"
    queries = dict.fromkeys(
        (
            "?" + parts.query if parts.query and query == parts.query else "",
            "?" + urlencode(kept) if kept else "",
        )
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
