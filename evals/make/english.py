"""Rules that turn an English sentence into questions: who did it, when, where, why, what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evals.make import english_names
from evals.make import english_numbers as numbers
from evals.make import english_what as what
from evals.make import lexicon as lex
from evals.make.clauses import Clause, ask, base_form, clauses_of, is_past, told
from evals.make.drafts import Draft, day_forms, person_forms, sentence_case
from evals.make.names import Setting
from evals.make.nouns import Noun, noun
from evals.make.pointing import clean
from evals.make.tokens import Words, decapitalised, read
from evals.make.verbs import AGENTIVE, LOCATED, ONCE, PAST, TRANSITIVE

_PAST_OF = {base: past for past, base in PAST.items()}
_PAST_OF |= {"find": "found", "found": "founded", "lie": "lay", "read": "read"}
_STATE = frozenset("own lead head operate manage fund publish produce sponsor host rule govern".split())
_AT_TIME = re.compile(r"p[TY](?=$|[p&,.;])")
_ASIDE = re.compile(r"^(?:following|after|before|during|despite|from|as|at|with|when|since|amid|by)\b")
_VAGUE = frozenset(
    """begin start go come make take give get put keep hold run fall rise show find lead leave face call set turn move
    bring send meet cause force ask help add follow include remain stand lie agree decide offer claim explain
    describe deny confirm insist promise receive attend join enter visit study graduate travel tour play appear star work
    serve live move return record score hit earn""".split()
)


def english(sentence: str, setting: Setting) -> list[Draft]:
    """All questions the rules find in a sentence, each at most once."""
    words = read(sentence, setting.common, setting.names)
    drafts = list(english_names.named(words, setting))
    drafts.extend(numbers.age(words, setting))
    drafts.extend(numbers.counted_subject(words, setting))
    drafts.extend(numbers.there_are(words, setting))
    drafts.extend(what.inverted(words, setting))
    for clause in clauses_of(words, setting):
        for rule in _CLAUSE_RULES:
            drafts.extend(rule(clause, setting))
    seen: dict[str, Draft] = {}
    for draft in drafts:
        whole = completed(draft, setting)
        if whole is not None:
            seen.setdefault(whole.question, whole)
    return list(seen.values())


def completed(draft: Draft, setting: Setting) -> Draft | None:
    """Last names that stand alone in the question become the full names they stand for; None where
    the article does not say whose name one is."""
    words = read(draft.question, setting.common)
    question = draft.question
    for at in range(len(words.tokens) - 1, 0, -1):
        token = words.tokens[at]
        plain = re.sub(r"['’]s$", "", token.text)
        if token.tag not in "NS" or (
            setting.full.get(plain, plain) in draft.question and plain not in setting.unclear
        ):
            continue
        if words.tags[at - 1] in "NS" or words.tags[at + 1 : at + 2] in ("N", "S"):
            continue
        if plain in setting.unclear:
            return None
        if any(plain in answer.split() for answer in draft.answers):
            continue
        question = question[: token.start] + setting.full[plain] + question[token.start + len(plain) :]
    return Draft(question, draft.answers, draft.rule, draft.subject)


def _agent(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """Titan was discovered by Christiaan Huygens in 1655 -> Who discovered Titan?"""
    words = clause.words
    be = words.tokens[clause.verb].lower
    if clause.passive not in AGENTIVE or (be in ("is", "are") and clause.passive not in _STATE):
        return
    places = [i for i in range(clause.first, clause.last) if words.tokens[i].lower == "by"]
    if len(places) != 1:
        return
    by = places[0]
    agent, end = _agent_at(words, by + 1, clause.last, setting)
    if agent is None or agent.name not in words.text:
        return
    if not clean(words, clause.first, by, owner=clause.subject.kind) or "V" in words.tags[clause.first : by]:
        return
    between = words.span(clause.first, by)
    after = re.match(r"p[TY]", words.tags[end : clause.last])
    stop = end + (after.end() if after else 0)
    more = words.span(stop, clause.last)
    if not clean(words, stop, clause.last) or clause.last - stop > 6 or "V" in words.tags[stop : clause.last]:
        more = ""
    when = words.span(end, stop) if clause.passive not in ONCE else ""
    if clause.passive not in ONCE and be in ("was", "were", "has", "have") and not (between or more or when):
        return
    verb = (
        _third(clause.passive)
        if be in ("is", "are")
        else f"has {clause.form}"
        if clause.perfect and clause.passive not in ONCE
        else _PAST_OF[clause.passive]
    )
    question = f"Who {clause.adverb} {verb} {clause.subject.text} {between} {more} {when}"
    known = person_forms(agent.name) if agent.kind == "person" else (agent.name,)
    yield Draft(sentence_case(question), known, "who did it, from a passive", clause.subject.name)


def _agent_at(words: Words, first: int, last: int, setting: Setting) -> tuple[Noun | None, int]:
    end = first
    while end < last and words.tags[end] in "NDwSo":
        end += 1
    agent = noun(words, first, end, setting)
    if agent is None or agent.plural or words.tags[end : end + 1] == "&":
        return None, end
    nxt = words.tags[end : end + 3]
    if (nxt[:1] == "p" and words.tokens[end].lower in ("to", "for", "from")) or (
        nxt[:1] == "," and re.match(r",[ND]", nxt) and "&" in words.tags[end : end + 9]
    ):
        return None, end
    lower = agent.name.lower()
    if agent.kind == "place" and lower.split()[0] not in lex.COUNTRIES:
        return None, end
    if lower.startswith(("hurricane", "cyclone", "typhoon", "tropical", "storm")):
        return None, end
    return agent, end


def _third(base: str) -> str:
    return base + ("es" if base.endswith(("sh", "ch", "s", "x")) else "s")


def _time(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X opened on 15 August 1914 -> When did X open?"""
    words = clause.words
    base = clause.passive or base_form(clause)
    if clause.perfect or not (
        is_past(clause) or (words.tokens[clause.verb].lower in ("was", "were") and clause.passive)
    ):
        return
    found = list(_AT_TIME.finditer(clause.rest))
    if clause.fronted != (0, 0):
        if re.search("[TY]", clause.rest) or words.tokens[0].lower not in ("in", "on"):
            return
        day, before, after = words.tokens[clause.fronted[1] - 1], clause.last, clause.last
    elif len(found) == 1 and len(re.findall("[TY]", clause.rest)) == 1:
        before = clause.first + found[0].start()
        day, after = words.tokens[before + 1], before + 2
        if words.tokens[before].lower not in ("in", "on") or (
            words.tags[after : after + 1] == "&" and words.tags[after + 1 : after + 2] in ("Y", "T", "t", "p")
        ):
            return
    else:
        return
    if (
        not clean(words, clause.first, before, owner=clause.subject.kind)
        or "V" in words.tags[clause.first : before]
    ):
        return
    if not clause.passive and before == clause.first and base not in _ALONE:
        return
    middle = re.sub(r"\s*\bat (?:noon|midnight|dawn|dusk)\b", "", words.span(clause.first, before))
    if re.search(r"\bsince\b", middle):
        return
    if clause.passive in ONCE and (by := re.search(r"\bby\b", middle)):
        middle = middle[: by.start()]
    tail = words.span(after, clause.last)
    if tail and base not in ONCE and not _ASIDE.match(tail):
        if not clean(words, after, clause.last, owner=clause.subject.kind):
            return
        middle = f"{middle} {tail}"
    if base not in ONCE and (len(middle.split()) < 3 or (base in _OFTEN and not numbers.anchored(middle))):
        return
    if clause.passive in ("elect", "appoint", "name", "promote", "nominate") and not middle.strip():
        return
    if base in ("begin", "end", "appear", "remain", "stand", "start") and clause.subject.kind == "person":
        return
    yield Draft(
        sentence_case(ask(clause, "When", middle)), day_forms(day.text), "a date", clause.subject.name
    )


_OFTEN = frozenset("win lose beat score play join receive visit meet make set record earn".split())
_ALONE = frozenset(
    "open launch merge die close end begin start retire resign marry emigrate collapse dissolve graduate arrive debut reopen".split()
)


def _place(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X is based in Oslo -> Where is X based?"""
    words = clause.words
    be = words.tokens[clause.verb].lower
    if be not in ("is", "was", "are", "were"):
        return
    at = clause.first - 1 if clause.passive else clause.first
    if at >= clause.last or words.tokens[at].lower not in LOCATED:
        return
    match = re.match(r"p(D?N+(?:,N+)?(?:oD?N+)?)(?=$|[p,.;r&(])", words.tags[at + 1 : clause.last + 3])
    if not match or words.tokens[at + 1].lower not in ("in", "at"):
        return
    verb = words.tokens[at].lower
    first, last = at + 1 + match.start(1), at + 1 + match.end(1)
    if words.tags[last : last + 1] == "&" and words.tags[last + 1 : last + 2] in ("N", "D"):
        return
    if verb in ("held", "found", "kept", "built", "raised") and clause.subject.kind == "person":
        return
    if verb in ("held", "found") and not re.search(r"\d{4}", clause.subject.text):
        return
    place = words.span(first, last)
    head = place.split(",")[0]
    answers = (place,) if head == place else (place, head)
    yield Draft(
        sentence_case(f"Where {be} {clause.subject.text} {verb}"), answers, "a place", clause.subject.name
    )


def _reason(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """X closed because Y -> Why did X close?"""
    words = clause.words
    if clause.last >= len(words.tokens) or words.tokens[clause.last].lower != "because":
        return
    end = len(words.tags)
    while end > clause.last and words.tags[end - 1] == ".":
        end -= 1
    if re.search(r'[;("r]', words.tags[clause.last + 1 : end]) or not 4 <= end - clause.last <= 16:
        return
    if clause.form in ("is", "was", "are", "were"):
        return
    if not clean(words, clause.first, clause.last, owner=clause.subject.kind):
        return
    reason = words.span(clause.last + 1, end)
    if re.search(r", .*\b(?:said|says|told|tells|according)\b", reason):
        return
    question = ask(clause, "Why", words.span(clause.first, clause.last))
    named = re.search(r"[NS]", words.tags[clause.first : clause.last])
    if question and (named or clause.last - clause.first > 2):
        yield Draft(sentence_case(question), (reason.removeprefix("of "),), "a reason", clause.subject.name)


def _subject_answers(clause: Clause) -> tuple[str, ...]:
    """The subject as the sentence has it, then in full; () when it does not stand there by name."""
    name = clause.subject.name
    known = person_forms(name) if clause.subject.kind == "person" else (name,)
    stands = [form for form in known if form in clause.words.text]
    return tuple(dict.fromkeys((stands[0], *known))) if stands else ()


def _actor(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """Jane Doe founded the Acme Museum in 1950 -> Who founded the Acme Museum?"""
    words, subject, base = clause.words, clause.subject, base_form(clause)
    if not (is_past(clause) or (clause.perfect and not clause.passive)) or subject.plural or not base:
        return
    if subject.text not in (subject.name, f"the {subject.name}"):
        return
    if subject.kind == "person":
        if base in _VAGUE:
            return
    elif subject.kind != "thing" or base not in TRANSITIVE or _IS_A_TEXT.search(subject.name):
        return
    first, last = clause.first, clause.last
    match = _AT_TIME.search(clause.rest)
    if match and base in ONCE and match.end() == len(clause.rest):
        last = first + match.start()
    if (
        not clean(words, first, last)
        or "V" in words.tags[first:last]
        or not re.match(r"[DNSAw#]", words.tags[first:last])
    ):
        return
    names = re.findall(r"[NS]+", words.tags[first:last])
    when = re.search("[YT]", words.tags[first:last])
    functional = re.match(r"[DNS]", words.tags[first:last]) and (
        (base in ONCE and subject.kind != "person")
        or base in ("found", "invent", "discover", "design", "write", "compose", "direct", "paint")
    )
    if not names or (not functional and len(names) + bool(when) < 2) or (last - first < 2 and not functional):
        return
    answers = _subject_answers(clause)
    if answers:
        anchor = next(t.text for t in words.tokens[first:last] if t.tag in "NS")
        question = (
            f"Who {told(clause, words.span(first, last))} {'' if functional else _fronted_time(clause)}"
        )
        yield Draft(sentence_case(question), answers, "who did it", anchor)


_IS_A_TEXT = re.compile(
    r"\b(?:Report|Act|Study|Bill|Bridge|Canal|Tunnel|Tower|War|Treaty|Agreement|Plan|Law|Festival|Award|Awards|Cup)\b"
)


def _patient(clause: Clause, setting: Setting) -> Iterator[Draft]:
    """Jane Doe was appointed chair of Acme -> Who was appointed chair of Acme?"""
    words = clause.words
    if clause.subject.kind != "person" or clause.passive not in (
        "name",
        "appoint",
        "elect",
        "crown",
        "award",
        "nominate",
        "jail",
        "promote",
    ):
        return
    first, last = clause.first, clause.last
    if (
        not clean(words, first, last)
        or "V" in words.tags[first:last]
        or words.lowers(first, first + 1) in (["after"], ["to"])
    ):
        return
    names = len(re.findall(r"[NS]+", words.tags[first:last])) + bool(
        re.search("[YT]", words.tags[first:last])
    )
    when = _fronted_time(clause)
    answers = _subject_answers(clause)
    if (
        answers
        and last - first >= 3
        and names + bool(when) >= (2 if clause.passive in ("name", "award", "nominate") else 1)
    ):
        anchor = next((t.text for t in words.tokens[first:last] if t.tag in "NS"), clause.subject.name)
        question = f"Who {told(clause, words.span(first, last))} {when}"
        yield Draft(sentence_case(question), answers, "to whom it happened", anchor)


def _fronted_time(clause: Clause) -> str:
    """The time that stands before the subject, to be put at the end of a question: "in 1974"."""
    return decapitalised(clause.words, *clause.fronted).rstrip(",") if clause.fronted != (0, 0) else ""


_CLAUSE_RULES = (
    _agent, _time, _place, _reason, what.identity, _actor, _patient,
    numbers.count, numbers.price, numbers.size, numbers.died_aged,
)  # fmt: skip
