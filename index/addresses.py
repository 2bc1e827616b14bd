"""Web addresses of articles: which ones mean the same page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

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
    address = address.strip()
    if len(address) > MOST_CHARS:
        return ""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    number = "" if port in (None, 80 if parts.scheme == "http" else 443) else f":{port}"
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in asked if not _counts_visits(pair[0])]
    query = parts.query if kept == asked else urlencode(kept)
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


def _counts_visits(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING


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
    kept = [pair for pair in asked if not _counts_visits(pair[0])]
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
