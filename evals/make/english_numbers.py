"""Rules that ask for a number: how many, how much, how long, how old."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evals.make import lexicon as lex
from evals.make.clauses import Clause, ask, base_form, is_past
from evals.make.drafts import Draft, number_forms, sentence_case
from evals.make.names import Setting, person_like
from evals.make.pointing import clean
from evals.make.tokens import Words, decapitalised, number_end

_APPROXIMATE = frozenset("about around nearly almost roughly approximately some over".split())
_MORE_OR_LESS = (["more", "than"], ["fewer", "than"], ["up", "to"], ["at", "least"], ["as", "many"])
_LASTING = frozenset("have contain cover employ own hold house comprise operate include serve".split())
_EVENTFUL = frozenset("hit score win make play lose take throw catch run beat miss kick".split())
_NOT_COUNTED = re.compile(
    rf"\b(?:{lex.UNITS}|times?|years?|months?|weeks?|days?|hours?|minutes?|seconds?|points?|pence|p|dollars?|euros?|"
    r"pounds?|others?|men|more|further|per|consecutive|successive|straight|new|additional|different|such|key|things|"
    r"reasons?|ways?|options?|words|o'clock|hundred|thousand|million|billion)\b",
    re.IGNORECASE,
)
_CURRENCIES = frozenset("dollars euros pounds kroner kronor yen francs rupees marks roubles pesos".split())
_SUM_VERBS = frozenset("cost raise pay spend earn donate invest sell buy purchase acquire".split())


def anchored(text: str) -> bool:
    """A name or a year stands in it: enough to tell one occasion from others."""
    return bool(re.search(r"\b(?:[A-Z][\w-]+|(?:1\d|20)\d\d)\b", text))


def count(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """Saturn has 274 moons -> How many moons does Saturn have?"""
    words = clause.words
    base = base_form(clause)
    if not base or base == "cost" or clause.form in ("is", "was"):
        return
    number_at, end, approximate = _number(words, clause.first)
    if not end:
        return
    noun_end = end
    while noun_end < clause.last and words.tags[noun_end] == "w" and noun_end - end < 3:
        if words.tokens[noun_end].lower.endswith("ing") and noun_end > end:
            break
        noun_end += 1
    things = words.span(end, noun_end)
    if not _countable(things) or words.tags[noun_end : noun_end + 1] in ("&", "N"):
        return
    if re.search(r"[#$V]", words.tags[noun_end : clause.last]):
        return
    if not clean(words, noun_end, clause.last, owner=clause.subject.kind):
        return
    tail = words.span(noun_end, clause.last)
    when = decapitalised(words, *clause.fronted) if clause.fronted != (0, 0) else ""
    if not (base in _LASTING and not clause.perfect) and not anchored(f"{tail} {when}"):
        return
    if base in _LASTING and is_past(clause) and not when:
        return
    if base in _EVENTFUL and not re.search(r"\b(?:1\d|20)\d\d\b", f"{tail} {when} {things}"):
        return
    if of := re.fullmatch(r"(of (?:the )?(?:[A-Z][\w-]*|[a-z]+s))( .*)?", tail):
        things, tail = f"{things} {of[1]}", of[2] or ""
    question = ask(clause, f"How many {things}", f"{tail} {when}")
    if question and not re.match(r"(?:including|excluding|compared|such|each|apiece|apart)\b", tail):
        number = words.span(number_at, end)
        yield Draft(sentence_case(question), _counted(number, approximate), "a number", clause.subject.name)


def _number(words: Words, at: int) -> tuple[int, int, str]:
    """Where a plain count stands at token `at` (after "about"), and the word before it; 0 for none."""
    lowers = words.lowers(at, at + 2)
    approximate = ""
    if lowers[:1] and lowers[0] in _APPROXIMATE:
        approximate, at = lowers[0], at + 1
    elif lowers in _MORE_OR_LESS:
        approximate, at = " ".join(lowers), at + 2
        if lowers == ["as", "many"]:
            return 0, 0, ""
    end = number_end(words, at)
    if end == at or words.tags[at] == "Y":
        return 0, 0, ""
    text = words.tokens[at].text
    if re.search(r"[%:/–]|\d-\d|^0|st$|nd$|rd$|th$", text) or text.lower() in (
        "one",
        "hundred",
        "thousand",
        "million",
        "dozen",
        "billion",
    ):
        return 0, 0, ""
    return at, end, approximate


def _counted(number: str, approximate: str) -> tuple[str, ...]:
    return (*number_forms(number), f"{approximate} {number}") if approximate else number_forms(number)


def _countable(things: str) -> bool:
    parts = things.split()
    if not parts or _NOT_COUNTED.search(things) or "-" in parts[-1]:
        return False
    last = parts[-1].lower()
    if any(part.lower() in ("out", "away", "per", "year-old", "long", "wide", "tall") for part in parts):
        return False
    return (last.endswith("s") and not last.endswith(("ss", "us", "'s", "is"))) or last in (
        "people",
        "children",
        "women",
        "species",
    )


_STATIVE = frozenset("live work speak use own".split())


def counted_subject(words: Words, setting: Setting) -> Iterator[Draft]:
    """About 45,000 people live in Tromsø -> How many people live in Tromsø?"""
    number_at, end, approximate = _number(words, 0)
    if not end or '"' in words.tags:
        return
    match = re.match(r"w{1,2}(?=[Vw])", words.tags[end:])
    if not match:
        return
    verb = end + match.end()
    if words.tags[verb] != "V" and words.tokens[verb].lower not in _STATIVE:
        match = re.match(r"w(?=[Vw])", words.tags[end:])
        verb = end + 1
        if not match or words.tokens[verb].lower not in _STATIVE:
            return
    things = words.span(end, verb)
    lower = words.tokens[verb].lower
    if not _countable(things) or lower in (
        "is",
        "are",
        "said",
        "say",
        "has",
        "have",
        "had",
        "told",
        "will",
        "would",
    ):
        return
    stop = re.search(r"[,;.r(]", words.tags[verb:])
    last = verb + stop.start() if stop else len(words.tags)
    if re.match(r",[^;.V]{1,8}&", words.tags[last:]) or re.match(r",[NSD]{1,3},", words.tags[last:]):
        return
    if re.search(r"#|&V", words.tags[verb:last]) or not clean(words, verb + 1, last):
        return
    if re.search(r"V.*V", words.tags[verb:last]) and lower not in ("was", "were"):
        return
    if set(words.lowers(verb, last)) & (lex.NEGATIVE | lex.HEDGES):
        return
    predicate = words.span(verb, last)
    names = re.findall(r"[NS]+", words.tags[verb:last])
    lasting = lower in _STATIVE
    if not names or not (lasting or re.search("[YT]", words.tags[verb:last]) or len(names) > 1):
        return
    name = next(t.text for t in words.tokens[verb:last] if t.tag in "NS")
    answers = _counted(words.span(number_at, end), approximate)
    yield Draft(sentence_case(f"How many {things} {predicate}"), answers, "a number", name)


def there_are(words: Words, setting: Setting) -> Iterator[Draft]:
    """In 1750 there were 250,000 slaves in Virginia -> How many slaves were there in Virginia in 1750?"""
    match = re.match(r"(?:(p[TY]),?)?PV", words.tags)
    if not match or '"' in words.tags:
        return
    verb = match.end() - 1
    be = words.tokens[verb].lower
    if words.tokens[verb - 1].lower != "there" or be not in ("are", "were"):
        return
    number_at, end, approximate = _number(words, verb + 1)
    noun = re.match(r"w{1,3}(?=[po.,])", words.tags[end:]) if end else None
    if not noun:
        return
    stop = re.search(r"[,;.r(&]", words.tags[end + noun.end() :])
    last = end + noun.end() + (stop.start() if stop else 0)
    things, tail = words.span(end, end + noun.end()), words.span(end + noun.end(), last)
    when = decapitalised(words, *match.span(1)) if match[1] else ""
    if (
        not _countable(things)
        or not clean(words, end + noun.end(), last)
        or re.search("[V#]", words.tags[end + noun.end() : last])
    ):
        return
    names = [t.text for t in words.tokens[end + noun.end() : last] if t.tag in "NS"]
    if not names or words.tags[last : last + 1] == "&":
        return
    answers = _counted(words.span(number_at, end), approximate)
    yield Draft(sentence_case(f"How many {things} {be} there {tail} {when}"), answers, "a number", names[0])


def price(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X cost about 375 million dollars -> How much did X cost?"""
    words = clause.words
    base = base_form(clause)
    if base not in _SUM_VERBS:
        return
    sums = [i for i in range(clause.first, clause.last) if words.tags[i] == "$"]
    if not sums:
        for i in range(clause.first, clause.last):
            end = number_end(words, i)
            if (
                end > i
                and end < clause.last
                and words.tokens[end].lower in _CURRENCIES
                and words.tags[i - 1] != "#"
            ):
                sums.append(i)
    if len(sums) != 1:
        return
    at = sums[0]
    end = at + 1 if words.tags[at] == "$" else number_end(words, at) + 1
    amount = words.span(at, end)
    while words.tags[end : end + 1] == "(":  # the same in another currency, in brackets
        close = next((i for i in range(end, len(words.tags)) if words.tokens[i].text == ")"), end)
        end = close + 1
    before = at
    while before > clause.first and words.tokens[before - 1].lower in (
        *_APPROXIMATE,
        "than",
        "more",
        "least",
        "at",
        "up",
        "to",
        "estimated",
        "a",
        "an",
        "just",
    ):
        before -= 1
    if (
        not clean(words, end, max(end, clause.last), owner=clause.subject.kind)
        or "V" in words.tags[end : clause.last]
    ):
        return
    tail = words.span(end, clause.last)
    if base in ("sell", "buy", "purchase", "acquire"):
        if words.tokens[before - 1].lower != "for" or not clean(
            words, clause.first, before - 1, owner=clause.subject.kind
        ):
            return
        if not re.search("[NS]", words.tags[clause.first : before - 1]):
            return
        question = ask(clause, "For how much", f"{words.span(clause.first, before - 1)} {tail}")
    elif before == clause.first and (
        base == "cost" or (anchored(tail) and re.match(r"(?:for|to|on|in)\b", tail))
    ):
        question = ask(clause, "How much", tail)
    else:
        return
    if question:
        yield Draft(
            sentence_case(question), (amount, *_amounts(amount)), "a sum of money", clause.subject.name
        )


def _amounts(amount: str) -> tuple[str, ...]:
    long = {"m": "million", "mn": "million", "bn": "billion", "k": "thousand", "b": "billion"}
    if match := re.fullmatch(r"((?:US)?[$£€¥])\s?([\d.,]+)(bn|mn|m|k|b)", amount):
        return (f"{match[1]}{match[2]} {long[match[3]]}", f"{match[2]}{match[3]}")
    if match := re.fullmatch(r"((?:US)?[$£€¥])\s?([\d.,]+ (?:million|billion|trillion))", amount):
        return (match[2],)
    return ()


def size(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X is 427 metres long -> How long is X?; X weighs 3 tonnes -> How much does X weigh?"""
    words = clause.words
    if clause.passive or clause.perfect:
        return
    text = words.span(clause.first, clause.last)
    match = re.match(
        rf"(?:(?:about|around|nearly|almost|roughly|approximately|over|more than|up to) )?([\d.,]+ {lex.UNITS})\b ?(\w*)",
        text,
    )
    if (
        not match
        or re.search(r"\d", text[match.end() :])
        or re.match(r" ?(?:away|from|north|south|east|west|off)\b", text[match.end(1) :])
    ):
        return
    name = clause.subject.name
    if clause.form in ("is", "was") and match[2] in lex.DIMENSIONS:
        yield Draft(
            sentence_case(f"How {match[2]} {clause.form} {clause.subject.text}"), (match[1],), "a size", name
        )
    elif base_form(clause) == "weigh" and match.end() == len(text):
        yield Draft(sentence_case(ask(clause, "How much", "")), (match[1],), "a size", name)


def died_aged(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X died in 1928 at the age of 69 -> At what age did X die?"""
    if base_form(clause) != "die" or clause.subject.kind != "person" or clause.perfect:
        return
    rest = clause.words.text[clause.words.tokens[clause.verb].start :]
    match = re.match(r"died\b[^;.\"“]{0,40}?\b(?:aged|at the age of|at age) (\d{1,3})\b", rest)
    if match:
        question = f"At what age did {clause.subject.text} die"
        yield Draft(sentence_case(question), (match[1],), "an age", clause.subject.name)


def age(words: Words, setting: Setting) -> Iterator[Draft]:
    """Jane Doe, 45, ... -> How old is Jane Doe?"""
    for match in re.finditer(r"(?<![NSo&])(N{2,4}),#(?=[,.])", words.tags):
        name, number = words.span(*match.span(1)), words.tokens[match.end() - 1].text
        if not re.fullmatch(r"[1-9]\d", number) or not (name in setting.people or person_like(name)):
            continue
        told = words.tags[match.end() :].split("r")[0]
        if re.search("[YT]", words.tags) or "V" not in words.tags[: match.start()] + told:
            continue  # an age in another year, or a line of a list
        if re.search(r"\bdied|\bkilled|\bdeath\b|\bdead\b|\blate\b", words.text):
            continue
        yield Draft(sentence_case(f"How old is {name}"), (number,), "an age", name)
