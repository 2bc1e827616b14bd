"""A web page's tree: parsed once, freed of what no reader reads, its forms put so that extraction keeps them."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from index.decode import NotAnArticleError
from index.page_tables import (
    bound_tables,
    flatten_deep_lists,
    flatten_definitions,
    flatten_table,
    number_lists,
    words_of,
)

MAX_ELEMENTS = 100_000
"""Most opening tags a page may have (libxml2 itself cuts what is nested deeper than 256)."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CONTROL_REFERENCE = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|7f)|0*(?:[0-8]|1[124-9]|2\d|3[01]|127))(?:;|(?![0-9a-f]))", re.I
)
_OPENING = re.compile(r"<[A-Za-z]")

# Names of classes and identifiers, in any case; trafilatura's own list knows most in lower case only.
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:sign-?up|paywall|regwall|cookie-?(?:banner|consent|notice|bar)|gdpr|onetrust|(?:share|sharing|social)(?:-?(?:tools?|bar|buttons?|links?|icons?|list|media|widget|menu|box|container|wrap(?:per)?|this))?(?=$|\s)"
    r"|related|recommended|recirc|most-?(?:read|popular|viewed)|trending|read-?(?:more|next|also)|promo|outbrain|taboola"
    r"|advert(?:isement)?s?|ad-?(?:slot|unit|container|wrapper)|sponsored|donate|donation"
    r"|author-?(?:bio|box|card|profile)|about-?the-?author|breadcrumbs?|skip-?link)(?:$|[\s_-])|newsletter",
    re.I,
)
_CAPTION = re.compile(
    r"(?:^|[\s_-])(?:captions?|caption-?text|(?:photo|image|picture|media|img)-?(?:credits?|captions?))(?:$|[\s_-])",
    re.I,
)
_COMMENT = re.compile(r"comment|respond|repl(?:y|ies)|disqus", re.I)
# What trafilatura would drop later: gone before it copies the tree several times.
_DROPPED = tuple(
    "template dialog svg canvas object embed video audio script style link iframe nav select button picture source input textarea map aside footer".split()
)
_HIDDEN = "//*[@hidden or @role='dialog' or @role='alertdialog'][not(self::html or self::body)]"
_NAMED = (
    "//*[self::div or self::section or self::aside or self::ul or self::ol or self::p or self::span or self::form"
    " or self::h2 or self::h3 or self::h4 or self::small or self::em or self::cite][@class or @id]"
)
_SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_POWER = re.compile(r"[+−-]?\d{1,4}")
_NOTE_MARK = re.compile(r"\W{0,2}(?:\d{1,3}|[a-z]|note \d{1,3}|[*†‡§])\W{0,2}", re.I)
_BACK_MARK = re.compile(r"[\s↩↑^\ufe0e\ufe0f⏎]*")
_QUOTE_MARKS = {"de": "„“", "fr": "«»", "es": "«»", "it": "«»"}
_TARGET = re.compile(r"(?:(?:https?:)?//(?P<host>[^/?#:]+)(?::\d+)?)?(?P<path>/?(?![a-zA-Z]+:)[^?#/][^?#]*)")
_LABELS_APART = re.compile(r"\s{2,}|[|\]\n]")
_ENDS = (".", ".”", '."', ".)", ":", ",")
_CODE = re.compile(r"[{};=<>$]|\w\(|^[ \t]*(?:#|//|def |import |from )", re.M)
_GONE, _OPENED = "taken-out", "opened-up"
# Within one parent; libxml2's searches take the square of it.
_MAX_INLINE = 5_000
_INLINE = frozenset("a abbr b cite code em font i mark q small span strong sub sup time u".split())
_MAX_LINKS = 20
_LEAST_CHUNK = 200


def parse(page: str) -> Any:
    """The tree of a page, comments left out.

    Raises `NotAnArticleError` for more than `MAX_ELEMENTS` elements and for what cannot be parsed.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)
    from lxml import html as lxml_html

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    if len(_OPENING.findall(page)) > MAX_ELEMENTS:
        raise NotAnArticleError(f"this page has more than {MAX_ELEMENTS:,} elements")
    page = _CONTROL.sub(" ", page)
    if "&#" in page:  # a control character would make extraction drop the page
        page = _CONTROL_REFERENCE.sub(" ", page)
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise NotAnArticleError("malformed HTML: it cannot be parsed") from error
    for element in list(tree.iter("*")):
        if len(element) > _MAX_INLINE:
            _bound_inline(element)
    return tree


def _bound_inline(parent: Any) -> None:
    """Makes one text of the inline elements of a parent that has too many of them."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    inline = [
        child
        for child in parent
        if child.tag in _INLINE and all(inner.tag in _INLINE for inner in child.iterdescendants())
    ]
    if len(inline) <= _MAX_INLINE:
        return
    gone = set(inline)
    text = [parent.text or ""]
    before: Any = None
    for child in [*parent, None]:
        if child is not None and child in gone:
            text += [child.text_content(), child.tail or ""]
            child.tag = _GONE
            continue
        if before is None:
            parent.text = "".join(text)
        else:
            before.tail = "".join(text)
        before, text = child, [child.tail or ""] if child is not None else []
    etree.strip_elements(parent, _GONE, with_tail=True)


def prepare(tree: Any, address: str, language: str) -> None:
    """Changes a parsed page in place, before its main text is looked for.

    Out go what is hidden, photo captions, boxes whose names say newsletter, share, related and the
    like (unless they hold much of the page), links to other stories between paragraphs, marks of
    footnotes. Data tables and definition lists become lines (`Year: 1914; Length: 82 km`), ordered
    lists get their numbers, quotations their marks and speakers, and an article that is cut into
    parts of one kind is put together again.

    Args:
        tree: as `parse` gives it.
        address: the page's own, by which links to the same site are known; "" when unknown.
        language: chooses quotation marks.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    for footer in list(tree.iterfind(".//blockquote//footer")):
        footer.tag = "p"
    etree.strip_elements(tree, *_DROPPED, with_tail=False)
    _remove(tree, tree.xpath(_HIDDEN))
    _drop_furniture(tree)
    _marks(tree, language)
    _figures(tree)
    _verses(tree)
    _quotes(tree)
    _drop_story_links(tree, address)
    bound_tables(tree)
    for table in list(tree.iter("table")):
        flatten_table(table)
    for listing in list(tree.iter("dl")):
        flatten_definitions(listing)
    number_lists(tree)
    flatten_deep_lists(tree)
    _join_parts(tree)


def _remove(tree: Any, elements: Iterable[Any]) -> None:
    """Takes elements out; the text after them stays. All at once: one by one, that text is copied again each time."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    for element in elements:
        if element.getparent() is not None:
            element.tag = _GONE
    etree.strip_elements(tree, _GONE, with_tail=False)


def _names(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _drop_furniture(tree: Any) -> None:
    """Boxes and captions known by their names; never one that holds a headline or much of the page's paragraphs."""
    suspects = [
        element
        for element in tree.xpath(_NAMED)
        if _FURNITURE.search(names := _names(element)) or _CAPTION.search(names)
    ]
    if not suspects:
        return
    whole, inside = _paragraph_sizes(tree, suspects)
    gone: list[Any] = []
    for element in suspects:
        alone = element.tag == "p" or len(element) == 0
        size = len(element.text_content()) if alone else inside[element]
        if size <= max(250, 0.15 * whole) and next(element.iter("h1", "article", "main"), None) is None:
            gone.append(element)
    _remove(tree, gone)


def _paragraph_sizes(tree: Any, elements: list[Any]) -> tuple[int, dict[Any, int]]:
    """Characters in the paragraphs of the page, and in those inside each of the elements; in one walk, since boxes
    may stand inside each other."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    sizes = dict.fromkeys(elements, 0)
    whole = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "end" and element.tag == "p":
            whole += len(element.text_content())
        if element in sizes:
            sizes[element] = whole if event == "start" else whole - sizes[element]
    return whole, sizes


def _marks(tree: Any, language: str) -> None:
    """Footnote marks out, digits raised as signs (10⁶ is not 106), inline quotations between marks."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)

    gone: list[Any] = []
    for sup in list(tree.iter("sup")):
        link = sup.find(".//a")
        text = sup.text_content().strip()
        if link is not None and "#" in (link.get("href") or "") and _NOTE_MARK.fullmatch(text):
            gone.append(sup)
        elif _POWER.fullmatch(text) and len(sup) == 0:
            sup.text = text.translate(_SUPERSCRIPTS)
    _remove(tree, gone)
    gone = []
    for link in list(tree.iter("a")):
        target = link.get("href") or ""
        if target.startswith("#") and (
            _BACK_MARK.fullmatch(link.text_content()) or link.get("role") == "doc-backlink"
        ):
            gone.append(link)
    _remove(tree, gone)
    sizes: dict[Any, int] = {}
    for time in list(tree.iter("time")):
        if next(time.iterancestors("p", "li", "blockquote", "td"), None) is None:
            continue
        parent = time.getparent()
        if parent not in sizes:
            sizes[parent] = len(parent.text_content().strip())
        if sizes[parent] > len(time.text_content().strip()) + 20:  # words of the same parent stand beside it
            time.tag = _OPENED
    etree.strip_tags(tree, _OPENED)
    opening, closing = _QUOTE_MARKS.get(language, "“”")
    for quote in list(tree.iter("q")):
        quote.text = opening + (quote.text or "")
        if len(quote):
            quote[-1].tail = (quote[-1].tail or "") + closing
        else:
            quote.text += closing
    etree.strip_tags(tree, "q")


def _figures(tree: Any) -> None:
    """A figure around a table, quotation or code is opened, its caption a paragraph before it."""
    for figure in list(tree.iter("figure")):
        if figure.find(".//img") is not None or figure.find(".//picture") is not None:
            continue
        if next(figure.iter("table", "blockquote", "pre", "dl", "ul", "ol"), None) is None:
            continue
        figure.tag = "div"
        figure.attrib.clear()
        for caption in list(figure.iter("figcaption")):
            caption.tag = "p"
            caption.attrib.clear()
            caption.tail = None
            figure.insert(0, caption)


def _verses(tree: Any) -> None:
    """Lines of set text that is no code (verse, letters) stay lines."""
    from lxml import html as lxml_html

    for block in list(tree.iter("pre")):
        text = block.text_content().strip("\n")
        if len(block) or "\n" not in text or _CODE.search(text):
            continue
        first, *others = text.split("\n")
        block.tag = "p"
        block.attrib.clear()
        block.text = first
        for line in others:
            end = lxml_html.Element("br")
            end.tail = line.strip()
            block.append(end)


def _quotes(tree: Any) -> None:
    """A quotation keeps its speaker, who stands in a footer or cite; its class (embed, tweet) says nothing."""
    sizes: dict[Any, int] = {}
    for quote in list(tree.iter("blockquote")):
        quote.attrib.clear()
        size = len(quote.text_content().strip())
        for around in quote.iterancestors("div", "section", "span", "figure"):
            if around not in sizes:
                sizes[around] = len(around.text_content().strip())
            if sizes[around] > size + 40:
                break
            around.tag = "div"
            around.attrib.clear()
        for footer in list(quote.iter("figcaption")):
            footer.tag = "p"
            footer.attrib.clear()
        for cite in list(quote.iter("cite")):
            text = words_of(cite)
            before = _text_before(cite)
            if text and before and not before.endswith(("—", "–", "-", ",", ":", "(")):
                cite.text = f" — {cite.text or ''}"


def _text_before(element: Any) -> str:
    """The text that runs up to an element inside its parent; "" where the element begins it."""
    previous = element.getprevious()
    parent = element.getparent()
    if previous is not None:
        if (previous.tail or "").strip():
            return previous.tail.strip()
        return words_of(previous) if previous.tag not in {"p", "br", "div"} else ""
    return (parent.text or "").strip() if parent is not None else ""


def _drop_story_links(tree: Any, address: str) -> None:
    """Paragraphs, headings and lists that are nothing but links to other pages of the same site.

    Only between other text, and only when they are few beside it: a page that consists of links keeps them.
    """
    host = _host(address)
    found: dict[Any, list[str]] = defaultdict(list)
    for link in tree.iter("a"):
        block = _block_of(link)
        if block is not None and _leads_to_a_story(link.get("href") or "", host):
            found[block].append(words_of(link))
    blocks = [block for block, links in found.items() if _is_only_links(words_of(block), links)]
    if not blocks:
        return
    body = sum(len(p.text_content()) for p in tree.iter("p"))
    if sum(len(words_of(block)) for block in blocks if block.tag == "p") < 0.35 * body:
        _remove(tree, blocks)


def _is_only_links(text: str, links: list[str]) -> bool:
    """Whether a block is headlines that lead elsewhere: no sentence, and beside them no more than a label."""
    if (
        len(links) > _MAX_LINKS
        or len(text) > 200 * len(links)
        or min(len(link.split()) for link in links) < 4
    ):
        return False
    rest = text
    for link in links:
        rest = rest.replace(link, " ", 1)
    if text.endswith(_ENDS) or any(link.endswith(_ENDS) for link in links):
        return False
    labels = [label.strip(" :|>»•–—-[]()") for label in _LABELS_APART.split(rest)]
    return all(len(label) <= 25 and len(label.split()) <= 4 for label in labels) and len(rest) <= 25 * (
        len(links) + 1
    )


def _block_of(link: Any) -> Any:
    """The paragraph, heading or list item that a link is all of; None for a link in running text."""
    element = link.getparent()
    for _ in range(4):
        if element is None:
            return None
        if element.tag in {"p", "h2", "h3", "h4", "h5", "h6", "li"}:
            return element
        if element.tag not in {"strong", "b", "em", "i", "u", "span", "div", "font"}:
            return None
        element = element.getparent()
    return None


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _leads_to_a_story(target: str, host: str) -> bool:
    """Whether a link leads to another page of the same host; without a known host only relative links do."""
    found = _TARGET.match(target.strip())
    if found is None:
        return False
    where = (found["host"] or "").lower().removeprefix("www.")
    return len(found["path"]) > 1 and (
        not where or where == host or (bool(host) and where.endswith("." + host))
    )


# --- articles in parts ------------------------------------------------------------------------------


def _join_parts(tree: Any) -> None:
    """An article in several containers of one kind (for advertisements between them) becomes one container."""
    groups: dict[tuple[Any, str], list[Any]] = defaultdict(list)
    for element in tree.iter("div", "section"):
        names = element.get("class")
        if not names or _COMMENT.search(_names(element)):
            continue
        paragraphs = [child for child in element if child.tag == "p"]
        if len(paragraphs) < 2 or sum(len(p.text_content()) for p in paragraphs) < _LEAST_CHUNK:
            continue
        home = next(element.iterancestors("article", "main"), None)
        if home is not None and next(element.iter("article", "h1"), None) is None:
            groups[(home, names)].append(element)
    emptied: list[Any] = []
    for parts in groups.values():
        first = parts[0]
        for part in parts[1:]:
            if (
                next((a for a in part.iterancestors() if a is first or _COMMENT.search(_names(a))), None)
                is None
            ):
                for child in list(part):
                    first.append(child)
                emptied.append(part)
    _remove(tree, emptied)
