"""Texts and changes of texts that `evals.near` makes near copies and their look-alikes of. All are written for it."""

from __future__ import annotations

import random
import re

STORIES = (
    "{Town} beat {Other} {a}-{b} on {day} evening in front of {crowd} spectators at the {Name} ground. {Person} put the home side "
    "ahead after {m} minutes with a low shot from the edge of the area, and {Second} added another shortly before the break. "
    "The visitors had the better of the second half but rarely troubled the goalkeeper.\n\n"
    "\"We kept our shape and took our chances,\" said {Town} coach {Third}. \"There is still a lot to do before {Month}.\" "
    "{Other} have now gone {n} matches without a win and stay in the lower half of the table.\n\n"
    "{Town} travel to {Far} next week, where they lost by two goals last season. {Fourth} is expected to return from injury.",
    "The council of {Town} voted {a}{b} to {b} on {day} to build a new {thing} at {Name} Street for {sum} million. Work is to begin in "
    "{Month} and should take about {n} months, the head of planning, {Person}, told the meeting.\n\n"
    "Residents had collected {crowd} signatures against the plan. \"Nobody has explained where the traffic will go,\" said {Second}, "
    "who lives opposite the site. The mayor, {Third}, replied that a study by engineers from {Far} had found no grounds for concern.\n\n"
    "A first proposal failed in {year} because the money was not there. This time the region pays {share} percent of the cost.",
    "{Firm} reported a quarterly profit of {sum} million on {day}, {share} percent more than a year before, as demand for {thing}s "
    "recovered in {Far}. Revenue rose to {big} million, above the {big2} million that analysts had expected.\n\n"
    "Chief executive {Person} said the company would open {n} new branches before the end of {year} and hire {crowd} people. The board "
    "proposes a dividend of {m} cents a share.\n\n"
    "Shares of {Firm} closed {b}.{a} percent higher. \"The margin is the real surprise here,\" said {Second}, an analyst at {Name} Bank. "
    "Rival {Town} Holdings publishes its figures in {Month}.",
    "An earthquake of magnitude {b}.{a} shook the region around {Town} early on {day}, the {Far} seismological service said. Its centre lay "
    "{m} kilometres below the ground near {Other}. {n} people were hurt, most of them by falling tiles.\n\n"
    "{crowd} households were without electricity until noon. \"We ran out in our night clothes,\" said {Person}, who keeps a shop on "
    "{Name} Square. Schools stayed closed while engineers looked at the buildings.\n\n"
    "The area was last hit in {year}, when damage came to {sum} million. {Second} of the civil protection office warned that "
    "aftershocks were likely until {Month}.",
    "A court in {Town} sentenced the former treasurer of {Firm}, {Person}, to {n} years in prison on {day} for taking {sum} million from "
    "the company between {year} and the spring of last year. Judge {Second} spoke of a breach of trust without equal in the district.\n\n"
    "The money had gone into a house in {Far}, {m} vintage cars and a stake in a {thing} maker. The defence, led by {Third}, had asked for a "
    "suspended sentence and said it would appeal.\n\n"
    "The case came to light when an auditor from {Other} found {crowd} invoices without an order. A civil suit is to be heard in {Month}.",
    "Rain and strong wind will reach {Town} on {day}, the weather office in {Far} said, with gusts of up to {m} kilometres an hour on the "
    "coast near {Other}. Temperatures fall to {n} degrees in the night and hardly rise above {b}{a} in the afternoon.\n\n"
    "Ferries between {Other} and {Name} Island do not sail before the evening. Forecaster {Person} advised {crowd} campers to leave the "
    "lower meadows, which were under water in {year}.\n\n"
    "From the weekend on it turns drier. {Month} as a whole has brought {share} percent more rain than usual so far.",
    "The museum of {Town} has bought a lost painting by {Person} for {sum} million, its director, {Second}, announced on {day}. The work, "
    "{m} centimetres wide, had hung in a dining room in {Far} for {n} decades without anybody knowing what it was.\n\n"
    "Restorers found the signature under a layer of soot. \"I have looked at it every morning since,\" said {Third}, who led the "
    "work. Experts from the {Name} Institute confirmed it in {Month}.\n\n"
    "It can be seen from next week. The museum expects {crowd} visitors, twice as many as came to its show of {year}.",
    "Workers at the {thing} plant of {Firm} in {Town} walked out on {day} over pay. The union wants {share} percent more for {crowd} employees; "
    "the company offers half of that over {n} months. Talks led by {Person} broke off after {m} minutes.\n\n"
    "\"We were promised our part when things went well,\" said shop steward {Second}. Personnel manager {Third} called the strike "
    "irresponsible while orders from {Far} were waiting.\n\n"
    "The last stoppage, in {year}, cost {sum} million. The regional government in {Other} has offered to mediate before {Month}.",
)  # fmt: skip
"""Stories with places for facts (`filled`)."""

BOILERPLATE = (
    "This report is brought together by the newsroom from several wires and checked by an editor before it goes out. Corrections are "
    "shown at the foot of the page with the day on which they were made. Readers who notice a mistake may write to the desk at the address "
    "in the imprint, and the desk replies within two working days. Pictures are by staff photographers unless another name stands beside them.",
    "The writer has covered the region for the paper since it opened its office there and holds no shares in any company named in the text. "
    "Figures have been rounded, and sums in other currencies were converted at the rate of the day before. Quotations were taken down "
    "in the language of the speaker and translated by the desk, which keeps the recordings for a year in case anybody asks for them.",
    "All times are given in the local time of the place where the event happened. Distances follow the road, not the straight line. Names of "
    "towns are written as the towns themselves write them, with older forms in brackets where they are better known. A list of all forms "
    "is kept by the archive and can be seen there on weekdays between nine and four, without an appointment and free of charge.",
)  # fmt: skip

AGENCIES = (
    "LONDON (Northern Wire) - ", "BERLIN, Nov 3 (KPA) -- ", "(Harbour News) - ", "By our own correspondent\n\n",
    "NEW YORK, March 9, Atlantic Press - ", "From the news desk\n\n",
)  # fmt: skip

TITLES = (
    "What we know so far", "The day in brief", "Here is what happened", "News from the region", "A closer look", "Latest report",
)  # fmt: skip

_SYNONYMS = """said:stated also:additionally but:yet because:since about:roughly after:following many:numerous big:large new:recent
show:demonstrate shows:demonstrates showed:demonstrated began:started begin:start help:assist helped:assisted buy:purchase bought:purchased
get:obtain got:obtained make:produce made:produced need:require needs:requires needed:required want:desire wanted:desired use:employ
used:employed people:persons money:funds company:firm companies:firms increase:rise increased:rose end:finish ended:finished
important:significant problem:difficulty problems:difficulties last:previous first:initial good:favourable bad:poor small:little
old:former home:residence house:dwelling work:labour job:post jobs:posts country:nation countries:nations government:administration
told:informed asked:requested think:believe thinks:believes thought:believed plan:scheme plans:schemes planned:intended
report:account reports:accounts chief:head leader:chief talks:discussions while:whereas however:nevertheless although:though
more:further most:nearly-all before:prior-to during:throughout near:close-to large:sizeable quickly:rapidly often:frequently
again:once-more still:even-now now:currently never:at-no-time only:merely very:extremely almost:nearly just:simply
expected:anticipated expect:anticipate announced:declared agreed:consented decided:resolved found:discovered held:kept left:departed
called:termed set:fixed took:seized take:seize given:granted give:grant gave:granted years:twelvemonths year:twelvemonth week:seven-days
city:municipality town:borough police:officers court:tribunal children:youngsters women:ladies game:match win:triumph won:triumphed
lost:forfeited play:perform played:performed players:sportsmen team:squad growth:expansion rate:pace price:cost prices:costs
market:marketplace sales:turnover shares:stock profit:gain cut:reduction rise:climb fall:drop fell:dropped high:elevated low:modest
strong:robust weak:feeble would:might should:ought-to could:was-able-to against:versus between:amid under:beneath over:above
such:similar several:various other:different part:portion place:spot time:moment day:date way:manner world:globe life:existence
war:conflict attack:assault killed:slain died:perished hurt:injured death:demise security:safety official:functionary
officials:functionaries law:statute vote:ballot election:poll party:grouping minister:secretary president:head-of-state"""
SYNONYMS: dict[str, str] = {a: b for a, _, b in (pair.partition(":") for pair in _SYNONYMS.split())}
"""Words and others a rewriting tool might put in their place."""

_NAMES = """Harrow Lindholm Castell Brenning Ostwick Marle Tavish Quenby Rostock Veldon Sandmere Ulverby Pellworth Dunmar Ashgrove
Korvik Mirefield Norbeck Halden Trevane Solberg Wexholm Ardley Fenmoor Birkness Calder Elverum Gatwood Ingleby Jorvik Kelmore Lusby
Morwen Nethercott Orford Penhale Quarley Redmoss Stavely Thornby Upwell Varden Westray Yarnton Zelmar Abrax Belling Corrow Dorne
Eskdale Farrow Grindle Hobley Istrell Juneau Kestrel Lanark Mossley Nairn Odell""".split()
_FIRST = "Anna Bruno Clara Dario Edith Farid Greta Hugo Ines Jonas Karin Leon Mira Nils Olga Pavel Rosa Stefan Tilda Viktor".split()
_THINGS = "pump bridge library turbine tram clinic furnace market loom kettle harbour lift".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April June July August September October November December".split()

WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def filled(story: str, chance: random.Random) -> str:
    """A story with facts by chance; the same story filled twice shares its words and none of its names."""
    names = chance.sample(_NAMES, 12)
    facts: dict[str, object] = {
        "Town": names[0], "Other": names[1], "Far": names[2], "Name": names[3], "Firm": f"{names[4]} {names[5]}",
        "day": chance.choice(_DAYS), "Month": chance.choice(_MONTHS), "thing": chance.choice(_THINGS),
        "a": chance.randrange(10), "b": chance.randrange(1, 9), "m": chance.randrange(10, 99), "n": chance.randrange(2, 30),
        "crowd": f"{chance.randrange(1, 90)},{chance.randrange(100, 999)}", "sum": f"{chance.randrange(2, 900)}",
        "big": chance.randrange(1000, 4000), "big2": chance.randrange(1000, 4000), "share": chance.randrange(3, 80),
        "year": chance.randrange(1960, 2023),
    }  # fmt: skip
    for role, name in zip(("Person", "Second", "Third", "Fourth"), names[6:], strict=False):
        facts[role] = f"{chance.choice(_FIRST)} {name}"
    return story.format(**facts)


def reworded(text: str, chance: random.Random, share: float) -> str:
    """The text with this share (0 to 1) of the words that `SYNONYMS` knows replaced; names and figures stay."""

    def swap(found: re.Match[str]) -> str:
        other = SYNONYMS.get(found[0])
        return other.replace("-", " ") if other and chance.random() < share else found[0]

    return WORD.sub(swap, text)


def refacted(text: str, chance: random.Random) -> str:
    """The text with all its figures and its names in the middle of sentences replaced by others: the same words about
    something else."""
    other: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        before = text[: found.start()].rstrip(" \"“‘'(")
        if not found[0][0].isupper() or not before or before[-1] in ".!?\n" or len(found[0]) < 2:
            return found[0]
        return other.setdefault(found[0], chance.choice(_NAMES))

    def number(found: re.Match[str]) -> str:
        return other.setdefault(found[0], str(chance.randrange(2, 10 ** min(len(found[0]) + 1, 6))))

    text = WORD.sub(name, text)
    return NUMBER.sub(number, text)
