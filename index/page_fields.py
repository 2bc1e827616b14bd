"""What a web page says about itself: title, authors, dates, address, site, language, topic.

Asked in turn are the page's JSON-LD (written for machines), OpenGraph and other meta elements, Dublin
Core, microdata, and at last the page as readers see it. A page is believed about itself only: its
address can name another page of its own site, never another site's (see `address_of`).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

from index.metadata import (
    Fields,
    language_code,
    latest_day,
    line_of,
    parse_date,
    people,
    site_of,
    web_address,
)

_EARLIEST = date(1600, 1, 1)
_MAX_NODES = 2_000
_MAX_SCRIPT = 2_000_000
_URL_DATE = re.compile(r"/((?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])[/-]?(?:0[1-9]|[12]\d|3[01]))(?=[/_.-]|$)")
_ARTICLE = ("Article", "Posting", "Report")
_MORE_ARTICLES = frozenset(
    {"CreativeWork", "WebPage", "Review", "ClaimReview", "VideoObject", "Book", "Recipe"}
)
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»:]{1,2}|::|-|\\)\s+")
_ALNUM = re.compile(r"[^\W_]+")
_PLAIN_HOST = re.compile(r"^(?:(?:www\d?|m|mobile|amp|en)\.)+(?=[^.]+\.)")
_BESIDE = frozenset({"aside", "nav", "footer", "form"})
_BESIDE_NAMES = re.compile(
    r"related|sidebar|recommend|comment|footer|widget|teaser|most-?(?:read|popular)|promo|copyright|card",
    re.I,
)
_PUBLISHED_NAMES = (
    "article:published_time og:article:published_time og:published_time datepublished date dc.date dc.date.issued dcterms.date"
    " dcterms.issued dcterms.created dc.date.created pubdate publishdate publish-date publish_date publication_date parsely-pub-date"
    " sailthru.date citation_publication_date citation_date article.published cxenseparse:recs:publishtime datecreated"
).split()  # fmt: skip
_MODIFIED_NAMES = (
    "article:modified_time og:article:modified_time og:updated_time datemodified dcterms.modified dc.date.modified last-modified"
    " revised lastmod article.updated"
).split()
_AUTHOR_NAMES = "author article:author dc.creator dcterms.creator parsely-author sailthru.author byl citation_author twitter:creator".split()
_TOPIC_NAMES = "article:section section topic parsely-section og:section dc.subject dcterms.subject".split()
_BYLINE = re.compile(
    r"\s*(?:(?:written|reported|posted|analysis|opinion|review|story|words|report) )?(?:by|von|par|por|di|door|text|текст)\b:?\s+",
    re.I,
)
_NAMES_APART = re.compile(r"\s*(?:,|;|/|\||\band\b|\bund\b|\bet\b|&|\by\b)\s+", re.I)
_NAME = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w.'’-]*|de|da|di|du|van|von|der|den|la|le|bin|al|el|del|dos|ter|zu|y)(?:\s+(?:[^\W\d_a-zß-ÿ][\w.'’-]*|de|da|di|du|van|von|der|den|la|le|bin|al|el|del|dos|ter|zu)){1,4}")  # fmt: skip
_NOBODY = frozenset(
    "admin administrator webmaster editor editors staff redaktion redaction author unknown".split()
)
_NOT_A_NAME = re.compile(
    r"\b(?:staff|editor|desk|team|admin|reporter|correspondent|writer|news|press|agency|redaktion)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Page:
    """What `read` gives: the fields, the article's text as the page's data give it, its headline as shown.

    `declared` is "" without one, and where the data say that the text is not free to read.
    """

    fields: Fields
    declared: str
    heading: str


def read(tree: Any, url: str = "") -> Page:
    """The fields of a parsed page.

    Args:
        tree: as `index.page_tree.parse` gives it, before it is changed.
        url: the address it was fetched from; "" for a file.
    """
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = (
            element.get("property")
            or element.get("name")
            or element.get("itemprop")
            or element.get("http-equiv")
            or ""
        )
        if name and (content := element.get("content")):
            meta.setdefault(name.strip().lower(), content)
    heading = next((line for h in tree.iter("h1") if (line := line_of(h.text_content()))), "")
    data = _Data(tree, (meta.get("og:title", ""), heading, line_of(tree.findtext(".//title") or "")))
    article = data.article
    props = _properties(tree)

    def first(*values: object) -> str:
        return next((line for value in values if (line := line_of(_plain(value)))), "")

    address = address_of(
        tree,
        url,
        [meta.get("og:url"), _identifier(article.get("url")), _identifier(article.get("mainEntityOfPage"))],
    )
    site_name = first(
        meta.get("og:site_name"), data.name(article.get("publisher")), meta.get("application-name")
    )
    shown = line_of(tree.findtext(".//title") or "")
    language = language_code(
        tree.get("lang") or tree.get("xml:lang") or meta.get("og:locale") or article.get("inLanguage")
        or meta.get("content-language") or meta.get("dc.language") or meta.get("language")
    )  # fmt: skip
    published = _first_day(_published(tree, article, meta, props, address or url))
    modified = _first_day(
        [
            article.get("dateModified"),
            *(meta.get(name) for name in _MODIFIED_NAMES),
            props.get("datemodified"),
        ]
    )
    if published is None:
        published = _guessed_day(tree, address or url)
    free = article.get("isAccessibleForFree", True)
    body = article.get("articleBody")
    fields = Fields(
        external_id=first(meta.get("id")),
        title=_title(
            [
                first(article.get("headline")),
                first(meta.get("og:title")),
                first(meta.get("twitter:title"), meta.get("dc.title"), props.get("headline")),
                heading,
                shown,
                first(article.get("name")),
            ],
            heading,
            [site_name, site_of(address or url)],
        ),
        url=address,
        site=site_of(address) or site_name,
        published=published,
        modified=modified if modified is None or published is None or modified >= published else None,
        authors=_persons_first(_authors(tree, data, article, meta, props), site_name),
        topic=first(
            article.get("articleSection"),
            *(meta.get(name) for name in _TOPIC_NAMES),
            props.get("articlesection"),
        ),
        language=language,
        corrects=first(meta.get("corrects")),
    )
    declared = body if isinstance(body, str) and str(free).lower() not in {"false", "no"} else ""
    return Page(fields, declared, heading)


def _plain(value: object) -> object:
    """Texts in JSON and meta elements are at times escaped twice."""
    if isinstance(value, str) and "&" in value:
        return html.unescape(value)
    return value


# --- JSON-LD ----------------------------------------------------------------------------------------


class _Data:
    """The page's JSON-LD: its objects by their `@id`, and the one that is about this page's article."""

    def __init__(self, tree: Any, titles: tuple[str, ...]) -> None:
        self._by_id: dict[str, dict[str, Any]] = {}
        self._left = _MAX_NODES
        candidates: list[dict[str, Any]] = []
        for script in tree.iter("script"):
            if (
                "ld+json" not in (script.get("type") or "").lower()
                or len(text := script.text or "") > _MAX_SCRIPT
            ):
                continue
            for node in self._nodes(_loaded(text), 0):
                identifier = node.get("@id")
                if isinstance(identifier, str) and len(node) > len(self._by_id.get(identifier, ())):
                    self._by_id[identifier] = node
                if _rank(node):
                    candidates.append(node)
        self.article = self._chosen(candidates, titles)

    def _nodes(self, loaded: object, depth: int) -> Iterator[dict[str, Any]]:
        """The objects that may be about the page: of lists, graphs, `mainEntity`; not of item lists inside."""
        if depth > 6 or self._left <= 0:
            return
        if isinstance(loaded, list):
            for entry in loaded[:200]:
                yield from self._nodes(entry, depth + 1)
        elif isinstance(loaded, dict):
            self._left -= 1
            yield loaded
            for key in ("@graph", "mainEntity", "mainEntityOfPage", "author", "publisher"):
                if isinstance(inner := loaded.get(key), dict | list):
                    yield from self._nodes(inner, depth + 1)

    @staticmethod
    def _chosen(candidates: list[dict[str, Any]], titles: tuple[str, ...]) -> dict[str, Any]:
        """The article among them; of several the one whose headline is this page's."""
        known = {_letters(title) for title in titles if title}

        def worth(node: dict[str, Any]) -> tuple[int, bool]:
            headline = _letters(line_of(_plain(node.get("headline"))))
            agrees = bool(headline) and any(
                headline in title or title in headline for title in known if title
            )
            return _rank(node), agrees

        best = max(candidates, key=worth, default={})
        return best if best and (_rank(best) == 2 or "datePublished" in best or "headline" in best) else {}

    def resolved(self, value: object) -> object:
        """An object that only points to another (`{"@id": ...}`) replaced by that other."""
        if (
            isinstance(value, dict)
            and "name" not in value
            and isinstance(identifier := value.get("@id"), str)
        ):
            return self._by_id.get(identifier, value)
        return value

    def name(self, value: object) -> str:
        """The name of a person, an organization or the first of a list of them."""
        entries = value if isinstance(value, list) else [value]
        return next(
            (line for entry in entries[:20] if (line := line_of(_plain_name(self.resolved(entry))))), ""
        )

    def names(self, value: object) -> tuple[str, ...]:
        """The names of all of them."""
        entries = value if isinstance(value, list) else [value]
        return tuple(filter(None, (self.name(entry) for entry in entries[:50])))


def _plain_name(value: object) -> object:
    if isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, list):
            name = next((entry for entry in name if isinstance(entry, str)), None)
        if not name and isinstance(value.get("familyName"), str):
            name = f"{value.get('givenName') or ''} {value['familyName']}"
        return _plain(name)
    return _plain(value)


def _rank(node: dict[str, Any]) -> int:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    names = [kind.rsplit("/", 1)[-1] for kind in kinds if isinstance(kind, str)]
    if any(name.endswith(_ARTICLE) for name in names):
        return 2
    return 1 if any(name in _MORE_ARTICLES for name in names) else 0


def _loaded(text: str) -> object:
    """JSON as pages write it: in comments, with line breaks inside texts, with a semicolon at the end."""
    text = text.strip()
    text = re.sub(
        r"^(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*.*?\*/)+|(?:-->|//\s*\]\]>|\]\]>|;)+$", "", text
    ).strip()
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _identifier(value: object) -> object:
    return value.get("@id") or value.get("url") if isinstance(value, dict) else value


def _letters(text: str) -> str:
    return "".join(_ALNUM.findall(text.lower()))


# --- microdata --------------------------------------------------------------------------------------

_PROPERTIES = frozenset(
    {"datepublished", "datemodified", "datecreated", "headline", "author", "articlesection"}
)


def _properties(tree: Any) -> dict[str, str]:
    """The first value of each `itemprop` that is about the page's own article, not of what stands beside it."""
    found: dict[str, str] = {}
    for element in tree.xpath("//*[@itemprop]"):
        names = (element.get("itemprop") or "").lower().split()
        for name in names:
            if name not in _PROPERTIES or name in found or _is_beside(element):
                continue
            inner = next(iter(element.xpath(".//*[@itemprop='name']")), None) if name == "author" else None
            value = element.get("content") or element.get("datetime")
            value = value or (inner if inner is not None else element).text_content()
            if value.strip():
                found[name] = value
    return found


def _is_beside(element: Any) -> bool:
    return any(
        a.tag in _BESIDE or _BESIDE_NAMES.search(f"{a.get('class') or ''} {a.get('id') or ''}")
        for a in (element, *element.iterancestors())
        if a.tag not in {"html", "body", "main", "article"}
    )


# --- dates ------------------------------------------------------------------------------------------


def _first_day(values: Any) -> date | None:
    """The first that is a day, not before printing and at most a day ahead of today (zones differ)."""
    last = latest_day()
    for value in values:
        day = parse_date(value)
        if day is not None and _EARLIEST <= day <= last:
            return day
    return None


def _published(
    tree: Any, article: dict[str, Any], meta: dict[str, str], props: dict[str, str], address: str
) -> Iterator[object]:
    yield article.get("datePublished")
    for name in _PUBLISHED_NAMES:
        yield meta.get(name)
    yield props.get("datepublished")
    yield article.get("dateCreated")
    yield props.get("datecreated")
    times = [time for time in tree.iter("time") if not _is_beside(time)]
    for time in sorted(times, key=lambda time: time.get("pubdate") is None):
        yield time.get("datetime") or time.text_content()
    if found := _URL_DATE.search(address):
        yield found[1]
    for element in tree.xpath(
        "//*[self::p or self::span or self::div or self::li or self::small][@class or @id]"
    ):
        names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if any(word in names for word in ("date", "byline", "publish")) and "updat" not in names:
            text = " ".join(element.text_content().split())
            if 6 <= len(text) <= 150 and not _is_beside(element):
                yield _DATED.sub("", text, count=1)
    for element in tree.xpath("//*[self::p or self::span or self::div or self::small][not(*)]")[:500]:
        text = (element.text or "").strip()
        if 10 <= len(text) <= 60 and (found := _DATED.match(text)) and not _is_beside(element):
            yield text[found.end() :]


_DATED = re.compile(
    r"\W*(?:(?:first )?(?:published|posted)|publiziert|veröffentlicht|erschienen|publié|mis en ligne|publicado|date|datum)\b:?\s*(?:(?:on|am|le|el)\b)?\W*",
    re.I,
)


def _guessed_day(tree: Any, address: str) -> date | None:
    """htmldate's guess from the head of the page and its markup; asked last, and not of its running text."""
    import copy

    from htmldate import find_date
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    last = latest_day()
    reduced = copy.deepcopy(tree)
    for element in list(reduced.iter("aside", "nav", "footer", "time")):
        if element.tag != "time" or _is_beside(element):
            element.drop_tree()
    try:
        found = find_date(
            reduced,
            extensive_search=False,
            original_date=True,
            url=address or None,
            max_date=last.isoformat(),
        )
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError, etree.LxmlError):
        return None
    return _first_day([found])


# --- people and titles ------------------------------------------------------------------------------


def _authors(
    tree: Any, data: _Data, article: dict[str, Any], meta: dict[str, str], props: dict[str, str]
) -> tuple[str, ...]:
    for value in (article.get("author"), article.get("creator")):
        if names := people(list(_split_names(data.names(value)))):
            return names
    for name in _AUTHOR_NAMES:
        if (value := meta.get(name)) and (names := byline(str(_plain(value)))):
            return names
    if (value := props.get("author")) and (names := byline(value)):
        return names
    for element in tree.xpath("//a[@rel='author' or @rel='author nofollow']"):
        if not _is_beside(element) and (names := byline(element.text_content())):
            return names
    for element in tree.xpath("//*[self::p or self::span or self::div or self::address][@class]"):
        kind = (element.get("class") or "").lower()
        if ("byline" in kind or "author" in kind) and not _is_beside(element):
            text = " ".join(element.text_content().split())
            if (
                len(text) <= 120
                and (_BYLINE.match(text) or "name" in kind)
                and (names := byline(text, strict=True))
            ):
                return names
    return ()


def _persons_first(names: tuple[str, ...], site: str) -> tuple[str, ...]:
    """Less the publication itself, where anybody else wrote it."""
    others = tuple(name for name in names if _letters(name) != _letters(site))
    return others or names


def _split_names(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        bare = _BYLINE.sub("", name, count=1) if _BYLINE.match(name) else name
        bare = bare.split(" | ")[0]
        parts = [part.strip() for part in _NAMES_APART.split(bare)]
        persons = [part for part in parts if _NAME.fullmatch(part) and not _NOT_A_NAME.search(part)]
        if len(parts) > 1 and persons and persons[0] == parts[0]:
            yield from persons
        elif bare.lower() not in _NOBODY:
            yield bare


def byline(text: str, *, strict: bool = False) -> tuple[str, ...]:
    """The names in `By Ann Lee and Jo Doe, Political editor`; what is an address, a handle or a role is none.

    A single name that is no person's (`example`) is taken as it stands, unless `strict`.
    """
    text = line_of(text)
    if not text or "://" in text or text.startswith(("@", "/")) or "@" in text.split()[0]:
        return ()
    text = _BYLINE.sub("", text, count=1) if _BYLINE.match(text) else text
    parts = [part.strip() for part in _NAMES_APART.split(text) if part.strip()]
    names = [part for part in parts if _NAME.fullmatch(part) and not _NOT_A_NAME.search(part)]
    if names:
        return people(names)
    return people([text]) if not strict and len(text) <= 60 and text.lower() not in _NOBODY else ()


def _title(values: list[str], heading: str, sites: list[str]) -> str:
    """The first that is more than the site's name, without the site's name before or after it."""
    names = {name for site in sites if site for name in _site_forms(site)}
    for value in values:
        title = without_site(value, heading, names)
        if title and _letters(title) not in names:
            return title
    return next((value for value in values if value), "")


def _site_forms(site: str) -> set[str]:
    """The site's name in letters only, for a host also without its ending: `thedailyexample`, `dailyexample`."""
    forms = {_letters(site)}
    if "." in site and " " not in site:
        label = _letters(site.rsplit(".", 1)[0].rsplit(".", 1)[-1])
        forms |= {label}
    return forms | {form.removeprefix("the") for form in forms if len(form) > 6}


def without_site(title: str, heading: str, names: set[str]) -> str:
    """A title less `| Site`: cut where a part is one of `names`, or where what is left is the shown heading."""
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    shown = _letters(heading)
    marks = [(m.start(), m.end()) for m in _SEPARATOR.finditer(title)]
    for start, end in marks:
        if shown and _letters(title[:start]) == shown:
            return title[:start]
        if shown and _letters(title[end:]) == shown:
            return title[end:]

    def is_site(part: str) -> bool:
        letters = _letters(part)
        return bool(letters) and (letters in names or letters.removeprefix("the") in names)

    while marks and is_site(title[marks[-1][1] :]):
        title = title[: marks.pop()[0]]
    while (found := _SEPARATOR.search(title)) and is_site(title[: found.start()]):
        title = title[found.end() :]
    return title


# --- the address ------------------------------------------------------------------------------------


def address_of(tree: Any, url: str, others: list[object]) -> str:
    """The address an article is known by.

    A page that was fetched from `url` may name another address of the same host (as `www.` or mobile host
    too) as its own, with a path; never one of another host, or any page could take the place of another
    site's article, and never the site's front page. A file from disk is believed: nobody else can say
    where it is from, and whoever wrote the file wrote all of it.
    """
    base = url or next((b.get("href") or "" for b in tree.iter("base")), "")
    link = next(
        (
            link.get("href")
            for link in tree.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
        ),
        None,
    )
    own = web_address(url)
    for value in (link, *others):
        if not isinstance(value, str) or not value.strip():
            continue
        try:
            address = web_address(urljoin(base, value.strip()) if base else value)
        except ValueError:
            continue
        if not address:
            continue
        if not own:
            return address
        if may_be(address, own):
            return re.sub(r"^http:", "https:", address) if own.startswith("https:") else address
    return own


def may_be(address: str, own: str) -> bool:
    """Whether the page at `own` may call `address` its own: on the same host and port (see `plain_host`), and not the
    site's front page unless it is that itself."""
    claimed, real = urlsplit(address), urlsplit(own)
    if plain_host(claimed.hostname or "") != plain_host(real.hostname or "") or claimed.port != real.port:
        return False
    return not (claimed.path in {"", "/"} and not claimed.query and real.path not in {"", "/"})


def plain_host(host: str) -> str:
    """A host without `www.`, `m.`, `mobile.`, `amp.`: the same site under another of its names."""
    return _PLAIN_HOST.sub("", host.lower())
