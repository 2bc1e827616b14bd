"""Promotion inside an article's text: sign-up offers, privacy notices, page furniture.

Web text arrives with the page's own advertising in the middle, at times with its words swapped by
a rewriting machine, so no list of sentences would do. Each line and sentence is scored by classes
of words (who asks whom for what) against the marks of reporting; quoted speech never counts. A
sentence is removed only above a threshold and only through a gate (an imperative, an offer of
one's own, a legal notice): an article about newsletters, cookies or promotion keeps its sentences.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from index import furniture

THRESHOLD = 3.25
"""A sentence is removed from this score on (the scale is that of the weights below)."""

_MAX_LINE = 800
_MAX_FURNITURE = 120
_MAX_SENTENCE = 1_000
_MAX_BLOCK_LINES = 8
_MAX_BLOCK_CHARACTERS = 1_500

# --- classes of words, with the synonyms that rewriting machines put in their place -----------------

_LETTER = r"(?:e-?newsletters?|newsletters?|e-?mailings?|mailings?|mailing (?:list|checklist)|inbox|subscriptions?|push notifications?)"
_OFFER = (
    r"(?:e-?mails?|bulletins?|briefings?|digests?|publications?|alerts?|updates?|apps?|podcasts?|memberships?|accounts?"
    r"|channels?|trial|journalism|coverage|magazine|e-?paper|digital edition|notifications?|round-?ups?|wrap)"
)
_MINE = r"(?:our|my)"
_PROMO = (
    r"(?:e-?newsletters?|newsletters?|bulletins?|publications?|mailings?|promotions?|promos?|publicity|advancements?"
    r"|advertisements?|adverts?|ads?|commercials?|marketing|offers?|sign-?ups?|subscriptions?|banners?|e-?mails?)"
)
_PLATFORM = (
    r"(?:facebook|twitter|instagram|whatsapp|youtube|telegram|tiktok|linkedin|snapchat|threads|bluesky|mastodon"
    r"|google news|apple news|flipboard|pinterest|reddit|spotify|social media|x)"
)
_STORE = r"(?:app store|google play|play store|app retailer|ios|android|iphone|ipad)"

_OPEN_MARK = re.compile(
    rf"(?:skip|bypass|jump|leap|hop|omit|ignore|move|pass|scroll)(?: (?:past|previous|beyond|over|after|by|the|this|our|to|end|of))*(?: {_PROMO}){{1,3}}"
)
_CLOSE_MARK = re.compile(
    rf"(?:after|following|end of|past|finish of)(?: (?:the|this|our))?((?: {_PROMO}){{1,3}})"
)

_LINE_FURNITURE = re.compile(
    r"(?:advertisements?|adverts?|ads?|sponsored(?: (?:content|links?|post))?|paid (?:post|content|for by .{1,40})|promoted(?: content)?|publicity)"
    r"|(?:(?:the |this )?(?:story|article|report|content|piece|tale|video|text) )?(?:continues?|proceeds?|resumes?|goes on) (?:below|after|under|beneath|underneath|following)(?: (?:the|this|our))?(?: \w+){0,2}"
    r"|scroll (?:down )?(?:for more|to continue)(?: .{1,30})?"
    r"|(?:read|learn|see|study|view|show|load)(?: (?:more|extra|further|next|also|the full (?:story|article)|full (?:story|article)))(?: (?:here|now|below))?"
    r"|(?:continue|proceed|keep|carry on) (?:reading|studying)(?: .{1,40})?"
    r"|(?:the )?(?:most|hottest) (?:popular|read|viewed|shared|watched|commented|learn|tales|stories)(?: (?:stories|articles|now|today|on .{1,30}))?"
    r"|trending(?: (?:now|stories|topics))?|popular (?:now|stories|articles)|more (?:stories|articles)|more like this"
    r"|(?:recommended|suggested|chosen|picked)(?: (?:for you|stories|reading|articles))|you (?:may|might|could) (?:also )?(?:like|be interested in|enjoy)(?: (?:these|this).{0,30})?"
    r"|editor'?s'? (?:picks?|choice)|(?:listen|hearken) to (?:this|the) (?:article|story)(?: .{1,30})?|\d{1,2}[ -]?min(?:ute)?s?(?: of)? read"
    r"|skip to (?:main )?content|back to top|return to top|leave a (?:comment|reply)|post a comment|view comments|join the (?:conversation|discussion)"
    r"|(?:click|tap|press) (?:here|below|the link)(?: .{1,60})?|share (?:this|on|via|with)(?: .{1,40})?|share|tweet|log ?in(?: or .{1,30})?|sign in(?: .{1,30})?"
    r"|(?:loading|please wait)(?: comments?)?|copy(?: the)? link|all rights reserved|this (?:article|story) is (?:for|exclusive to) (?:our )?subscribers(?: only)?"
)
_LABEL_FURNITURE = re.compile(
    r"(?:read (?:more|also|next|too)|learn (?:more|extra)|also read|also see|see also|related(?: (?:articles?|stor(?:y|ies)|content|coverage|reading|topics|links|news))?"
    r"|more (?:on|from|about) (?:this|the|our)(?: \w+){0,3}|recommended(?: (?:for you|reading))?|don'?t miss|in case you missed it|up next|trending(?: now)?|most (?:popular|read)|for subscribers(?: only)?|subscribers only|sponsored)"
    r" ?[:>»|–—-]+ ?\S.*",
)
# The first words any of the patterns on whole lines can begin with: nearly all lines end here.
_FURNITURE_WORDS = (
    "skip bypass jump leap hop omit ignore move pass scroll after following end past finish advertisement advertisements advert adverts"
    " ad ads sponsored paid promoted publicity the this story article report content piece tale video text continue continues proceed"
    " proceeds resume resumes goes read learn see study view show load keep carry most hottest trending popular more recommended"
    " suggested chosen picked you editor's editors editors' editor listen hearken back return leave post join click tap press share tweet log login sign"
    " loading please copy all also related don't dont in up for subscribers print email facebook twitter"
)
_FURNITURE_BEGINS = frozenset(_FURNITURE_WORDS.split())
_SHARE_WORDS = re.compile(
    rf"(?:share|tweet|pin|post|e-?mail|print|save|copy|link|comments?|like|bookmark|{_PLATFORM}|messenger|sms|more|this|article|story|on|via|by|to|the|your|friends|with|or|and)"
)

# Each entry: weight, pattern. Patterns run on one sentence in lower case, quotations blanked out.
_HEAD = r"^\W*(?:[^:.!?\n]{1,60}:\W*)?(?:(?:please|also|and|or|then|so|now|just|don'?t forget to|be sure to|to)\b\W*)*(?:(?:click|tap|press)(?: here| below)?(?: to| and)\b\W*)?"
_SIGN_UP = r"(?:sign(?:al)?[ -]?up|signup|subscribe|register|enrol+|join|opt[ -]in|enlist)"

_ASKS: tuple[tuple[float, re.Pattern[str]], ...] = (
    (1.5, re.compile(rf"{_HEAD}{_SIGN_UP}\b")),
    (1.0, re.compile(
        rf"{_HEAD}(?:download|obtain|get|receive|follow|comply with|like us|support|assist|help|donate|contribute|become|start|begin|try|unlock|upgrade|read|watch|listen"
        r"|find|discover|explore|stay|keep up|never miss|don'?t miss|catch up|check out|tell us|let us|send us|share|add|allow|enable|turn on"
        r"|log in|continue|want|love|enjoy(?:ing|ed)?|looking for|interested in|click|tap|give|make|take|have|hit|see|buy|purchase|choose)\b"
    )),
    (1.5, re.compile(rf"\b{_SIGN_UP}\b(?:\W+\w+){{0,5}}\W+(?:here|now|today|below)\b")),
    (1.5, re.compile(rf"\b{_SIGN_UP} (?:here )?(?:to|for) (?:{_MINE}|the free|a free)\b")),
)  # fmt: skip
_OWN_OFFER = re.compile(rf"\b{_MINE}\b(?:[\s,-]+[\w'&-]+){{0,4}}[\s,-]+(?:{_LETTER}|{_OFFER})\b")
_FOLLOW = re.compile(
    rf"{_HEAD}(?:follow|like|comply with|find (?:him|her|me|us|them))\b(?: \S+){{0,5}} (?:on|at|via) {_PLATFORM}\b"
)
_FOLLOW_US = re.compile(
    rf"\b(?:follow|like|join|find|comply with|observe) (?:us|@\w+|our)\b(?: \S+){{0,5}} (?:on|at|via) {_PLATFORM}\b"
)
_CONTACT = re.compile(
    r"\W*(?:contact|reach|call|e-?mail|text|message|write to|(?:got|have|do you have) an? (?:\w+ )?(?:tip|story|question))\b"
)
_WRITER = re.compile(
    r"\b(?:reporter|writer|editor|columnist|correspondent|producer|critic|the author|him|her|me|us)\b|(?<!\S)@\w{3,}|\btwitter\b"
)
_ADDRESS = re.compile(r"([a-z0-9._-]{2,64})@[a-z0-9-]{1,64}\.[a-z]|\(?\d{3}\)?[ -]\d{3}[ -]\d{4}|@\w{3,}")
_SUPPORTING: tuple[tuple[float, re.Pattern[str]], ...] = (
    (1.5, re.compile(rf"\b{_LETTER}\b")),
    (0.75, re.compile(rf"\b{_OFFER}\b")),
    (0.5, re.compile(rf"'s?(?: [\w&'-]+){{0,5}} (?:{_LETTER}|{_OFFER})\b")),
    (1.0, re.compile(r"\b(?:you|your|yours|you're|you'll)\b")),
    (0.5, re.compile(r"\b(?:we|us|our)\b")),
    (0.75, re.compile(
        r"\b(?:every|each) (?:day|morning|evening|week|weekday|\w+day|month)\b|\b(?:daily|weekly|day by day|morning|twice a week|of the day)\b"
    )),
    (0.75, re.compile(
        r"\b(?:straight|direct|directly|delivered|despatched|sent|proper) (?:in)?to\b|\b(?:free(?: of charge)?|cancel any ?time|per month|a month|limited time|exclusive(?:ly)?|unlimited|ad-free|for just|for only|% off|as little as)\b"
    )),
    (0.75, re.compile(r"\b(?:latest|breaking|top|newest|best|important thing|key) (?:\w+ )?(?:news|headlines|updates|stories|tales|coverage|offers)\b|\bheadlines\b")),
    (0.75, re.compile(rf"\b(?:{_STORE}|independent|quality|trusted) ?(?:journalism|reporting)?\b")),
    (1.0, re.compile(r"\bsubscrib(?:e|er|ers|ing)\b|\bsign(?:al)? ?up\b")),
    (1.0, re.compile(rf"\b(?:support|assist|fund|help|back) (?:{_MINE}|independent|local|quality|the \w+'s) (?:\w+ )?(?:journalism|reporting|journalists|work|newsroom)\b")),
    (1.0, re.compile(rf"\b(?:download|obtain|get|install)\b.{{0,40}}\bapps?\b.{{0,60}}(?:{_STORE}|\bfree\b|\bnow\b|\btoday\b)?")),
)  # fmt: skip
# What tells a publication's offer from an article's advice ("sign up for the course by email").
_BACKING = re.compile(
    rf"\b(?:we|us|our|{_LETTER}|{_STORE})\b|\b{_SIGN_UP}\b(?:\W+\w+){{0,5}}\W+(?:here|now|today|below)\b"
    r"|\b(?:latest|breaking|top) (?:\w+ )?(?:news|headlines|updates|stories)\b|\bjournalism\b|\bsubscribe\b"
)
_PRIVACY_PAIR = re.compile(
    r"\b(?:privacy|privateness|confidentiality|cookies?|cookie) (?:policy|policies|coverage|notice|discover|statement|settings|preferences|choices|assertion)\b"
)
_LEGAL_LABEL = re.compile(
    r"^\W*(?:privacy|privateness|confidentiality|cookies?|legal|data protection) (?:notice|discover|policy|coverage|statement|info|information)\s*[:.–—-]"
)
_LEGAL: tuple[tuple[float, re.Pattern[str]], ...] = (
    (2.5, _LEGAL_LABEL),
    (1.5, re.compile(r"\b(?:re)?captcha\b")),
    (1.5, _PRIVACY_PAIR),
    (1.0, re.compile(r"\b(?:terms|phrases|conditions|circumstances) (?:of|and|&) (?:service|services|use|utilization|sale|conditions|circumstances)\b|\buser agreement\b")),
    (0.75, re.compile(r"\bappl(?:y|ies)\b")),
    (0.75, re.compile(r"\b(?:third|outside|outdoors|exterior) (?:part(?:y|ies)|events)\b")),
    (0.75, re.compile(r"\b(?:ads|adverts|advertising|advertisements|commercials|charities|personali[sz]e|analy[sz]e (?:our )?traffic)\b")),
    (1.0, re.compile(r"\bcookies\b")),
    (0.75, re.compile(r"\b(?:consent|accept|agree|opt out|unsubscribe|manage)\b")),
    (1.5, re.compile(r"\bby (?:continuing|clicking|using|signing up|subscribing|submitting|registering|proceeding|closing|visiting)\b")),
    (1.5, re.compile(r"\b(?:this|our) (?:site|website|web site|page|webpage|service) (?:is (?:protected|guarded|shielded)|uses|makes use of)\b|\bwe(?: and our partners)? (?:use|utilize|make use of|may use) (?:\w+ )?(?:cookies|recaptcha)\b")),
    (0.75, re.compile(r"\bfor (?:more|extra|further|additional) (?:info|information|details|particulars)\b")),
    (0.75, re.compile(r"\b(?:see|read|learn|view|check) our\b")),
    (2.25, re.compile(r"^\W*(?:copyright (?:©|\(c\)|\d{4})|©|\(c\) ?\d{4})")),
    (3.25, re.compile(r"\ball rights reserved\W*$")),
    (0.75, re.compile(r"^\W*this (?:material|article|story|content)\b")),
    (2.5, re.compile(r"\bmay not be (?:published|reproduced|copied|broadcast|redistributed)\b")),
    (1.5, re.compile(r"\b(?:we|this (?:site|story|article|page)|\w+ today|our \w+) (?:may|might|could) (?:earn|receive|get) (?:a |an )?(?:\w+ )?(?:commissions?|fee|revenue)\b")),
    (1.5, re.compile(r"\baffiliate links?\b")),
)  # fmt: skip
_LEGAL_HINTS = (
    "privacy", "privateness", "confidential", "cookie", "captcha", "terms", "phrases", "conditions", "legal", "data protection",
    "copyright", "©", "(c)", "reserved", "may not be", "commission", "affiliate", "fee", "revenue", "agreement",
)  # fmt: skip
_LEGAL_GATE = re.compile(
    _LEGAL_LABEL.pattern
    + r"|captcha|\b(?:we|our|us|your|you|this (?:site|website|page|story|article))\b|rights reserved|©|\bcopyright\b|may not be "
)

# Offers and notices of the same kind in German, French and Spanish: sentences that begin like these.
_FOREIGN = re.compile(
    r"\W*(?:(?:wir(?: und unsere partner)?|diese (?:website|webseite|seite)|unsere (?:website|webseite|seite)) (?:verwende[nt]|nutz(?:en|t)|benutz(?:en|t)|setz(?:en|t)) (?:\w+ ){0,4}cookies\b"
    r"|(?:mit|durch) (?:der|die|ihre[rm]?) (?:weiteren? )?nutzung (?:unserer|dieser) (?:website|webseite|seite|angebote)"
    r"|(?:weitere|mehr|nähere) (?:informationen|infos|details)\b.{0,60}\b(?:datenschutzerklärung|datenschutzhinweise\w*|cookie-richtlinie)"
    r"|(?:melden sie sich|melde dich|tragen sie sich|trag dich)\b.{0,60}\bnewsletter|(?:abonnieren sie|abonniere|bestellen sie)\b.{0,60}\b(?:newsletter|kanal|podcast)"
    r"|(?:jetzt|hier|kostenlos)\b.{0,40}\bnewsletter (?:abonnieren|bestellen|anmelden)|(?:folgen sie|folge) uns\b|(?:laden sie|lade)\b.{0,30}\b(?:unsere|die) (?:\w+-)?app\b"
    r"|(?:nous|ce site|notre site)(?: et nos partenaires)?(?: web)? (?:utilis\w+|dépos\w+|stock\w+|emplo\w+) (?:\S+ ){0,4}cookies\b|en (?:poursuivant|continuant) (?:votre|la) navigation\b"
    r"|(?:pour|plus)\b.{0,40}\b(?:informations?|savoir plus)\b.{0,40}\bpolitique de (?:confidentialité|cookies)"
    r"|(?:inscrivez-vous|abonnez-vous|recevez)\b.{0,80}\b(?:newsletters?|infolettre|boîte (?:mail|e-mail|de réception)|chaîne|lettre d'information)|(?:suivez|retrouvez|rejoignez)-nous\b|téléchargez\b.{0,30}\b(?:notre|l')\s?appli"
    r"|(?:utilizamos|usamos|empleamos|este sitio(?: web)? (?:utiliza|usa)|esta (?:web|página) (?:utiliza|usa)) (?:\S+ ){0,4}cookies\b|si (?:continúa|continúas|sigues|sigue) navegando\b|al continuar navegando\b"
    r"|(?:más|para más) información\b.{0,40}\b(?:política de (?:privacidad|cookies))"
    r"|(?:suscríb(?:ete|ase)|recib[ea]|apúntate|regístrate)\b.{0,80}\b(?:boletín|boletines|newsletters?|tu correo|su correo|bandeja)|síguenos\b|(?:descarga|descárgate)\b.{0,30}\bapp\b)"
)
_FOREIGN_NARRATION = re.compile(
    r"\b(?:sagte|erklärte|teilte|laut|kritisierte|hatte|wurde[n]?|a déclaré|a indiqué|selon|avait|ont été|dijo|según|declaró|había|fueron)\b"
)

_REPORTING = re.compile(
    r"\b(?:said|says|told|announced|reported|wrote|writes|according to|argued|argues|added|warned|warns|asked|ruled|fined|sued|launched"
    r"|introduced|accused|claimed|claims|explained|showed|voted|confirmed|revealed|advised|advises|recalled|joked|noted|posted|testified|stated|suggests?|recommends?|urged|criticised|criticized|insisted|estimated?|found|began|became|grew|fell|rose|cost|sold|bought|won|lost|left|made|went|came|used to|persuaded|let us|gave us|taught)\b"
)
_OTHERS = re.compile(r"\b(?:he|she|his|him|hers?|they|their|them|its)\b")
_NARRATION = re.compile(r"\b(?:was|were|had|has|have been|would|did|could|might have|been)\b")
_FIGURES = re.compile(r"\d ?(?:%|percent|per cent|million|billion)|\b(?:1[5-9]|20)\d\d\b")

_QUOTE_MARKS = '"“„«'
_QUOTED = re.compile(r"“[^”\n]*(?:”|$)|\"[^\"\n]*(?:\"|$)|«[^»\n]*(?:»|$)|„[^“”\n]*(?:[“”]|$)", re.M)
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[)\]']*+\s++")
_ABBREVIATION = re.compile(
    r"\b(?:mr|mrs|ms|dr|st|sen|rep|gov|gen|inc|co|corp|no|vs|u\.s|e\.g|i\.e|a\.m|p\.m|[a-z])$"
)
_ADDRESSED = re.compile(r"\b(?:you|your|we|us|our)\b|\bhere\b|@\w")
_WORD = re.compile(r"[\w'-]+")

# A line without any of these cannot reach the threshold: most lines are settled by this look alone.
_TRIGGERS = (
    "newsletter", "mailing", "inbox", "subscri", "bulletin", "briefing", "digest", "notification", "sign up", "signup",
    "sign-up", "signal up", "register", "enrol", "opt in", "opt-in", "enlist", "join us", "join our", "join the", "join now", " us on", "@",
    " here", "twitter", "facebook", "instagram", "whatsapp", "telegram", "youtube", "tiktok", "linkedin", "social media",
    "privacy", "privateness", "confidentiality", "captcha", "cookie", "terms of", "terms and", "phrases of", "copyright", "©",
    "rights reserved", "redistributed", "reproduced", "commission", "affiliate", " app", "podcast", "membership", "journalis",
    "boletín", "boletines", "suscr", "abonn", "inscrivez", "recevez", "datenschutz", "confidentialité", "privacidad", "síguenos", "suivez-nous",
    "retrouvez-nous", "rejoignez-nous", "navegando", "votre navigation", "la navigation", "nutzung unserer", "nutzung dieser", "folgen sie uns", "folge uns", "bandeja", "correo",
    "our coverage", "our update", "our live", "our magazine", "our channel", "e-mail", "email", "headlines",
)  # fmt: skip


def without_promotion(text: str) -> str:
    """`text` less the lines and sentences that promote the publication rather than tell the story.

    Expects normal form (index.clean.normalize); what stays is unchanged and in its order.
    """
    lines = text.split("\n")
    kept: list[str | None] = list(lines)
    lower = text.lower()
    triggers = tuple(trigger for trigger in _TRIGGERS if trigger in lower)
    for place, line in enumerate(lines):
        if line:
            kept[place] = _judged(line, triggers)
    _close_blocks(lines, kept)
    _drop_lists(lines, kept)
    _drop_biographies(text, kept)
    if all(mine is theirs for mine, theirs in zip(kept, lines, strict=True)):
        return text
    return "\n".join(line for line in kept if line is not None)


def score(sentence: str) -> float:
    """How much a sentence promotes, on the scale of `THRESHOLD`; 0.0 when no gate is open."""
    return _weigh(_masked(sentence)).total


@dataclass(frozen=True, slots=True)
class _Weight:
    total: float
    addressed: bool = False
    """Speaks to the reader or of the publication: company that a promotional sentence keeps."""


def _judged(line: str, triggers: tuple[str, ...] = _TRIGGERS) -> str | None:
    """The line, less its promotion; None when nothing of it should stay."""
    if (len(line) <= _MAX_FURNITURE and _is_furniture(line)) or furniture.is_furniture(line):
        return None
    lower = line.lower()
    if not any(trigger in lower for trigger in triggers):
        return line
    masked = _masked(line)
    spans = _sentences(masked)
    sentences = [masked[start:end] for start, end in spans]
    suspects = (part for part in sentences if any(trigger in part for trigger in triggers))
    if not any(_weigh(part).total >= THRESHOLD for part in suspects):
        return line
    weights = [_weigh(part) for part in sentences]
    promoting = sum(weight.total >= THRESHOLD for weight in weights)
    mostly = len(line) <= _MAX_LINE and 2 * promoting >= len(weights)
    if mostly and all(weight.total >= THRESHOLD or weight.addressed for weight in weights):
        return None
    stay = [
        line[start:end].strip()
        for (start, end), weight in zip(spans, weights, strict=True)
        if weight.total < THRESHOLD
    ]
    return " ".join(stay) or None


def _masked(line: str) -> str:
    """Lower case, plain apostrophes, quotations blanked: same length, so offsets stay true."""
    plain = line.replace("’", "'").replace("‘", "'")
    lower = plain.lower()
    if len(lower) != len(plain):  # a few letters grow when lowered
        lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in plain)
    if any(mark in lower for mark in _QUOTE_MARKS):
        lower = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), lower)
    return lower


def _sentences(masked: str) -> list[tuple[int, int]]:
    """Spans of the sentences, each with the space after it; capitals are gone, abbreviations known."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _SENTENCE_END.finditer(masked):
        if not _ABBREVIATION.search(masked[max(0, end.start() - 6) : end.start()]):
            spans.append((start, end.end()))
            start = end.end()
    if start < len(masked):
        spans.append((start, len(masked)))
    return spans


def _weigh(sentence: str) -> _Weight:
    """See the module: weights for, weights against, and the gates."""
    if len(sentence) > _MAX_SENTENCE:
        return _Weight(0.0)
    addressed = bool(_ADDRESSED.search(sentence))
    if _FOREIGN.match(sentence) and not _FOREIGN_NARRATION.search(sentence):
        return _Weight(4.0, True)
    if _to_the_writer(sentence):
        return _Weight(4.0, True)
    follow = 4.0 if _FOLLOW_US.search(sentence) else (3.75 if _FOLLOW.match(sentence) else 0.0)
    asks = sum(weight for weight, pattern in _ASKS if pattern.search(sentence))
    own = 1.0 if _OWN_OFFER.search(sentence) else 0.0
    legal = _legal_weight(sentence)
    addressed = addressed or asks > 0 or legal > 0
    if not (follow or asks or own or legal):
        return _Weight(0.0, addressed)
    total = follow + asks + own + legal
    total += sum(weight for weight, pattern in _SUPPORTING if pattern.search(sentence))
    if not (follow or own or legal or _BACKING.search(sentence)):
        total -= 2.0
    count = len(_WORD.findall(sentence))
    if count <= 25 and not sentence.rstrip(" )]'*").endswith((".", "!", "?", "…")):
        total += 0.5
    if sentence.rstrip().endswith("?"):
        total -= 1.0
    if _REPORTING.search(sentence):
        total -= 2.0
    if _NARRATION.search(sentence):
        total -= 1.0
    if _OTHERS.search(sentence) and not follow:
        total -= 0.75
    if _FIGURES.search(sentence) and not legal:
        total -= 0.75
    total -= 2.0 if count > 70 else (1.0 if count > 45 else 0.0)
    return _Weight(total, addressed or total >= THRESHOLD)


def _legal_weight(sentence: str) -> float:
    """0.0 below two signs of a notice: one alone (a policy, cookies) is what articles are about."""
    if not any(hint in sentence for hint in _LEGAL_HINTS) or not _LEGAL_GATE.search(sentence):
        return 0.0
    weight = sum(weight for weight, pattern in _LEGAL if pattern.search(sentence))
    return weight if weight >= 2.25 else 0.0


def _to_the_writer(sentence: str) -> bool:
    """`Contact Jo Doe at jdoe@...`; a company's hotline is part of the story and is none."""
    if not _CONTACT.match(sentence) or not (address := _ADDRESS.search(sentence)):
        return False
    if _WRITER.search(sentence):
        return True
    mailbox = address[1] or ""
    return any(len(word) > 3 and word in mailbox for word in _WORD.findall(sentence[: address.start()])[1:])


def _is_furniture(line: str) -> bool:
    """Buttons and headings of the page around the article: short lines that are no sentence."""
    bare = line.lower().replace("’", "'").strip(" \t.!:>»«|*#_-–—•→[]()…")
    if bare.split(" ", 1)[0].split(":", 1)[0] not in _FURNITURE_BEGINS and not bare[:1].isdigit():
        return False
    if _OPEN_MARK.fullmatch(bare):
        return True
    if (closing := _CLOSE_MARK.fullmatch(bare)) and len(closing[1].split()) > 1:
        return True
    ends_as_sentence = line.rstrip().endswith((".", "!", "?")) and len(bare.split()) > 4
    if not ends_as_sentence and _LINE_FURNITURE.fullmatch(bare):
        return True
    if not ends_as_sentence and _LABEL_FURNITURE.fullmatch(bare):
        return True
    words = bare.replace(",", " ").replace("|", " ").replace("·", " ").split()
    return (
        2 <= len(words) <= 12
        and words[0] in {"share", "tweet", "print", "email", "facebook", "twitter"}
        and all(_SHARE_WORDS.fullmatch(word) for word in words)
    )


def _drop_lists(lines: list[str], kept: list[str | None]) -> None:
    """Headlines below a line that announces other stories: two or more of them, or at the end of the text."""
    below = 0
    found: list[int] = []
    dropped = 0
    for place, line in enumerate(lines):
        if not line or kept[place] is not None or not furniture.opens_a_list(line):
            continue
        if place >= below:  # else it stands in the list of an earlier one, which ends where its own does
            below, found, dropped = place + 1, [], 0
            while below < len(lines) and (
                not lines[below] or furniture.is_headline(lines[below]) or kept[below] is None
            ):
                if lines[below]:
                    found.append(below)
                below += 1
        first = bisect_right(found, place)
        count = len(found) - first
        if count >= 2 or (count and below == len(lines)):
            end = len(found)
            if below < len(lines) and count > 2 and found[-1] - found[-2] > found[first + 1] - found[first]:
                end -= 1  # set off from the others: the heading of what follows
            for inside in found[max(first, dropped) : end]:
                kept[inside] = None
            dropped = max(dropped, end)


def _drop_biographies(text: str, kept: list[str | None]) -> None:
    """Who wrote it, in the last lines that stay."""
    places = [place for place, line in enumerate(kept) if line]
    for place in reversed(places[1:][-3:]):
        if not furniture.is_biography(kept[place] or "", text):
            return
        kept[place] = None


def _close_blocks(lines: list[str], kept: list[str | None]) -> None:
    """Whatever stands between an opening and a closing mark goes, if the block is short."""
    opened: int | None = None
    for place, line in enumerate(lines):
        if len(line) > 80:
            continue
        bare = line.lower().strip(" .:-–—[]()")
        if _OPEN_MARK.fullmatch(bare):
            opened = place
        elif opened is not None and _CLOSE_MARK.fullmatch(bare):
            block = [entry for entry in lines[opened + 1 : place] if entry]
            kept[place] = None
            if len(block) <= _MAX_BLOCK_LINES and sum(map(len, block)) <= _MAX_BLOCK_CHARACTERS:
                for inside in range(opened, place):
                    kept[inside] = None
            opened = None
