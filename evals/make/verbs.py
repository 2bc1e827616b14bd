"""English verbs, closed tables: a past form to its base, which verbs say one thing once, and so on.

Only verbs that stand here are ever put into a question: an unknown word is never taken for a verb.
"""

from __future__ import annotations

_IRREGULAR = """
arise arose arisen|break broke broken|bear bore borne|beat beat beaten|become became become|begin began begun|bring brought brought
build built built|buy bought bought|catch caught caught|choose chose chosen|come came come|cost cost cost
cut cut cut|deal dealt dealt|draw drew drawn|drive drove driven|eat ate eaten|fall fell fallen|fight fought fought
find found found|fly flew flown|forbid forbade forbidden|gain gained gained|give gave given|go went gone
grow grew grown|hide hid hidden|hit hit hit|hold held held|keep kept kept|lay laid laid|lead led led
leave left left|lend lent lent|lie lay lain|lose lost lost|make made made|meet met met|overcome overcame overcome
overtake overtook overtaken|overthrow overthrew overthrown|pay paid paid|read read read|rebuild rebuilt rebuilt
ride rode ridden|rise rose risen|run ran run|sail sailed sailed|sell sold sold|send sent sent|set set set
shoot shot shot|show showed shown|sing sang sung|sink sank sunk|speak spoke spoken|spend spent spent
stand stood stood|steal stole stolen|strike struck struck|sweep swept swept|swim swam swum|take took taken
teach taught taught|throw threw thrown|undergo underwent undergone|wear wore worn|win won won|write wrote written
""".replace("\n", "|")

_REGULAR = """
abandon abdicate abolish absorb accept accompany accuse acquire adapt add adopt advertise advise agree allow ally
announce annex appear appoint approve arrange arrest arrive ask assassinate assemble assign attack attain attend
attract award ban bankrupt base bomb borrow broadcast bury call cancel capture carry carve cast cause cede celebrate
challenge charge circle circulate claim classify close coin collapse collect colonize combine command commission
commit compete compile complete compose conclude conduct confirm conquer consecrate consist constitute construct
contain contract contribute convert convict cover create cross crown cure damage debut decide declare decorate
decrease dedicate defeat defend define deliver demolish deny deploy depict describe design destroy develop devise die
direct disappear discover dismantle dismiss dissolve divide divorce donate double draft drop drown earn edit educate
elect eliminate emerge emigrate employ enact encourage end enlarge enter equal eradicate erect erupt escape establish
evacuate excavate exceed execute exhibit exile expand expel explain explode explore export express extend fail
feature fill film finance finish fire flee flood follow force form found free fund graduate grant guide halt hand
harvest head hire host house identify illustrate import impose impress imprison improve inaugurate include
incorporate increase inherit injure inspire install introduce invade invent invest investigate invite isolate issue
join jail judge kidnap kill knight knock land last launch license lift limit link list live locate lock lower maintain
manage manufacture march mark marry master measure merge migrate mine move murder name narrate negotiate nickname
nominate number observe obtain occupy occur offer open operate oppose orbit order organize organise originate outlaw own
paint participate partner pass patent perform pioneer place plan plant play plead pledge portray possess praise
prepare present preserve preside prevent print privatise privatize proclaim produce promise promote propose protect
prove provide publish punish purchase push qualify race raise rank ratify reach rebel recall receive recognise
recognize record recover recruit reduce refuse regain reform register reign reject relaunch release relinquish
relocate remain remove rename renovate reopen repeal replace report represent require rescue reserve resign restore
retain retire return reunite reveal revive revise rival rule save scan score screen seal search secure seize
separate serve settle shape share shelter ship sign slash smash sponsor stage star start state stay stop store
strengthen struggle study sue suffer supply support surpass surrender survive suspend switch target tax test
topple tour trace train transfer transform translate travel treat trigger turn unearth unify unite unveil upgrade
uphold use vaccinate visit voice volunteer vote vow walk weigh welcome widen withdraw witness work
"""

_DOUBLES = frozenset(
    "ban bar drop equip ship stop star scan plan step slip knit commit admit permit submit refer".split()
)
_REGULAR_ODD = {
    "broadcast": "broadcast",
    "cast": "cast",
    "uphold": "upheld",
    "withdraw": "withdrew",
    "flee": "fled",
}
_PARTICIPLE_ODD = {"withdraw": "withdrawn"}


def regular_past(base: str) -> str:
    """The -ed form of a regular verb ("create" -> "created", "carry" -> "carried")."""
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    if base in _DOUBLES:
        return base + base[-1] + "ed"
    return base + "ed"


def _tables() -> tuple[dict[str, str], dict[str, str]]:
    past: dict[str, str] = {}
    participle: dict[str, str] = {}
    for entry in filter(None, map(str.strip, _IRREGULAR.split("|"))):
        base, simple, perfect = entry.split()
        past[simple], participle[perfect] = base, base
    for base in _REGULAR.split():
        form = _REGULAR_ODD.get(base) or regular_past(base)
        past.setdefault(form, base)
        participle.setdefault(_PARTICIPLE_ODD.get(base, form), base)
    for base in ("cancel", "travel", "label", "fuel", "signal", "total"):  # both spellings
        for form in (base + "ed", base + "led"):
            past[form] = participle[form] = base
    participle |= {"born": "bear", "known": "know", "seen": "see", "shot": "shoot", "named": "name"}
    return past, participle


PAST, PARTICIPLE = _tables()
"""Past form -> base ("flew" -> "fly"); participle -> base ("flown" -> "fly")."""

# "found" is nearly always the past of "find" and "founded" that of "found"; "lay" that of "lie".
PAST["found"], PAST["founded"], PAST["lay"] = "find", "found", "lie"
PARTICIPLE["found"], PARTICIPLE["founded"] = "find", "found"

PRESENT = {
    "has": "have", "have": "have", "contains": "contain", "covers": "cover", "employs": "employ", "owns": "own",
    "holds": "hold", "houses": "house", "produces": "produce", "comprises": "comprise", "operates": "operate",
    "includes": "include", "serves": "serve", "costs": "cost", "weighs": "weigh", "measures": "measure",
    "runs": "run", "flies": "fly", "makes": "make", "sells": "sell", "receives": "receive", "attracts": "attract",
    "publishes": "publish", "orbits": "orbit", "supplies": "supply", "uses": "use",
    "needs": "need", "spends": "spend", "earns": "earn", "teaches": "teach",
}  # fmt: skip
"""Third person of verbs that state how something is -> base."""

FINITE = (
    frozenset(PAST)
    | frozenset(PRESENT)
    | frozenset(
        """is are was were has had have do does did will would can could may might must shall should said says say told
    tells thinks thought knew knows believes believed felt feels seems seemed looks looked wants wanted hopes hoped
    expects expected insists insisted warned warns saw sees heard put puts got gets made makes took takes came comes
    went goes remains means meant let lets tried tries helped helps continues continued appeared needs needed""".split()
    )
)
"""Forms that may be a finite verb: a second one in a clause means the clause was misread."""

ONCE = frozenset(
    """abolish abdicate annex arise assassinate bear become begin bury coin colonize complete compose conquer consecrate
    construct create crown debut dedicate demolish design die discover dissolve end enact erect establish emigrate
    found graduate inaugurate incorporate introduce invent join launch marry merge murder name open patent publish ratify
    rebuild reopen resign retire sign sink write build adopt outlaw release start broadcast unveil devise rename elect
    appoint assassinate execute imprison eradicate privatise privatize nationalise eliminate arrest acquire buy convict
    jail defeat depose overthrow topple close divorce translate pioneer develop knight excavate unearth proclaim form
    introduce steal destroy""".split()
)
"""Verbs of what happens to one thing once: "When was X founded?" needs no more than X."""

AGENTIVE = frozenset(
    """acquire buy launch found build develop sue own sell beat defeat sign release publish win hire appoint invent
    discover design invade annex sponsor organise organize commission construct manufacture produce establish create
    write compose paint direct translate rebuild patent introduce coin devise pioneer overthrow topple conquer capture
    fund finance host operate manage command lead head unveil broadcast film edit record ban abolish propose adopt
    assassinate murder arrest succeed replace occupy liberate attack bomb award nominate donate lend steal excavate
    unearth name nickname rename call elect sing star guide promote rescue negotiate chair captain play portray voice
    purchase present rule govern""".split()
)
"""Verbs whose subject acts: "Who" may ask for it, also where it is a company or a country."""

TRANSITIVE = AGENTIVE - frozenset(
    "play lead star sing win win beat manage rule record head write paint operate".split()
)
"""Verbs that need an object: before "in", "by" or a comma such a form is a participle, not a past."""

LOCATED = {
    "located": "located", "situated": "situated", "based": "based", "headquartered": "headquartered",
    "born": "born", "buried": "buried", "held": "held", "raised": "raised", "educated": "educated",
    "found": "found", "filmed": "filmed", "stored": "stored", "kept": "kept", "built": "built",
}  # fmt: skip
"""Participles after which "in PLACE" answers "Where"."""
