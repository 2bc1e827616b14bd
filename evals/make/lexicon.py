"""English words that the rules know by heart: pronouns, roles, given names, countries, units."""

from __future__ import annotations

PRONOUNS = frozenset(
    """he she it they him them we us i you me who whom this that these those here there such same former latter
    himself herself itself themselves ours theirs mine yours one ones another others elsewhere so neither either both
    none each""".split()
)
POSSESSIVES = frozenset("his her its their my our your whose".split())
DANGLING = frozenset(
    """then now today yesterday tomorrow tonight ago later earlier previously recently meanwhile however also too
    again still already instead therefore thus moreover furthermore nevertheless nonetheless otherwise afterwards
    monday tuesday wednesday thursday friday saturday sunday currently soon further more-so likewise similarly
    aforementioned above below following previous respectively""".split()
)
"""Words that point at the day of writing or at another sentence."""

NEGATIVE = frozenset("not no never nor cannot without hardly barely neither nobody nothing".split())
HEDGES = frozenset(
    """would could may might should must will shall can if whether likely unlikely expected due reportedly allegedly
    apparently perhaps possibly probably supposedly hopes hoped plans planned set""".split()
)

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"

ROLES = tuple(
    """chief executive officer|chief executive|managing director|executive director|finance director|finance minister|
    foreign minister|foreign secretary|home secretary|prime minister|defence secretary|defence minister|
    defense secretary|health secretary|education secretary|culture secretary|interior minister|health minister|
    chief economist|chief financial officer|chief operating officer|chief technology officer|chief scientist|
    chief medical officer|secretary general|secretary-general|director general|director-general|
    head coach|team manager|assistant coach|general manager|vice-president|vice president|deputy leader|
    deputy prime minister|attorney general|chief of staff|editor-in-chief|artistic director|technical director|
    shadow chancellor|technology director|marketing director|creative director|founder|co-founder|president|chairman|
    chairwoman|chair|chancellor|coach|manager|captain|leader|director|governor|mayor|spokesman|spokeswoman|spokesperson|
    ceo|boss|editor|treasurer|premier|commissioner|skipper|secretary|curator|principal|owner|inventor""".replace(
        "\n", ""
    ).split("|")
)
ROLES = tuple(role.strip() for role in ROLES)
MANY_HOLD = frozenset(
    """director manager editor secretary spokesman spokeswoman spokesperson commissioner curator principal owner
    vice-president chair boss inventor""".split()
)
"""Roles of which an organisation may have several: "who is the director of X" may have many answers."""

PEOPLE_WORDS = frozenset(
    """actor actress astronomer architect artist author economist engineer explorer general historian inventor
    journalist king lawyer lieutenant mathematician novelist painter philosopher physicist poet politician pope prince
    princess professor queen scientist sculptor singer songwriter writer comedian composer conductor director
    businessman entrepreneur chemist biologist botanist geologist doctor surgeon physician player striker midfielder
    defender goalkeeper champion adventurer geographer designer critic musician guitarist footballer sprinter
    swimmer cyclist boxer golfer president chairman chancellor coach manager captain leader governor mayor spokesman
    spokeswoman ceo boss editor minister secretary senator congressman judge emperor sultan tsar bishop archbishop
    cardinal duke earl lord baron officer admiral colonel major sergeant analyst expert specialist researcher
    co-founder founder premier lawmaker activist producer filmmaker commander linguist theologian merchant
    missionary naturalist pilot astronaut cosmonaut emperor widow daughter son brother sister wife husband""".split()
)

GIVEN = frozenset(
    """aaron abdul adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alfred ali alice alicia alistair
    allan amanda amir amy ana andre andrea andreas andrei andrew andy angela anita ann anna anne annika anthony antoine
    antonio arjun arnold arthur ashley augustin barack barbara barry beatrice ben benjamin bernard bernie beth bill
    billy bjorn bob boris brad brandon brenda brett brian bruce bryan caitlin cameron carl carla carlo carlos carlton
    carmen carol caroline carolyn catherine charles charlie charlotte chelsea chris christian christiaan christina
    christine christopher claire clara claude claudia claudio clive colin craig cristiano cynthia daisy damien dan
    daniel danny darren dave david dean deborah dennis derek diana diane diego dimitri dmitri dominic don donald donna
    doris dorothy doug douglas duncan dwight ed eddie edgar edmund edward edwin eileen elena eleanor elizabeth ella ellen
    elon emily emma emmanuel eric erik ernest esther ethan eugene eva evan evelyn fatima felix fernando fidel fiona
    florence frances francesco francis francisco frank franklin fred frederick friedrich gail galileo gareth gary gavin
    geoff geoffrey george georg gerald gerard gerhard gilbert giovanni giuseppe glen glenn gordon grace graeme graham
    grant greg gregory greta guillermo gustav guy hamid hannah hans harold harry hassan hazel heather hector heinrich
    helen helena henri henry herbert hillary holly howard hugh hugo ian igor ingrid irene isaac isabel isabella ivan
    jack jackie jacob jacques jake james jamie jan jane janet jason javier jay jean jeff jeffrey jennifer jenny jeremy
    jerry jesse jessica jill jim jimmy joan joanna joe joel johan johann johannes john johnny jon jonas jonathan jonny
    jorge jose josé joseph josh joshua joy juan judith judy julia julian julie jurgen justin karen karl kate katherine
    kathleen kathy katie keith kelly kelvin ken kenneth kevin kim kirsten kofi kurt kyle lance larry laura lauren
    laurence lawrence leah lee leo leon leonard leonardo leslie lewis liam linda lionel lisa liz lleyton lorenzo louis
    louise lucas lucius lucy luigi luis luke lynn madonna marc marcel marco marcus margaret maria marie marilyn mario
    marion marjorie mark marta martha martin martina mary masoud mat matt matthew maurice max maxim megan mel melanie
    melissa michael michel michelle miguel mike mikhail miles milton mo mohamed mohammed moira monica morgan muhammad
    nadia nancy naomi natalie nathan neil nelson niall nicholas nick nicola nicolas nigel nikita nikolai nina noah noel
    nora norman oleg oliver olivia omar oscar otto owen pablo paddy pamela paolo pat patricia patrick paul paula pedro
    peggy penny pervez pete peter phil philip philippe phillip pierre rachel rafael ralph ray raymond rebecca renee
    rene ricardo richard rick rita rob robbie robert roberto robin rod roddy rodney roger roland roman romano ron ronald
    ronnie rory rosa rose ross roy rubens rupert russell ruth ryan sally salvador sam samantha samuel sandra sara sarah
    scott sean sebastian serena sergei sergey sergio shane sharon shaun sheila shirley sigmund silvio simon sofia sophie
    stan stanley stefan stella stephanie stephen steve steven stewart stuart sue susan suzanne svetlana sven sylvia
    tara ted terence teresa terry theo theodore theresa thierry thomas tiger tim timothy tina todd tom tommy tony
    tracy trevor tyler ursula valerie vanessa venus vera vernon veronica victor victoria vijay vikram vincent
    vincenzo virginia vitaly vivian vladimir volodymyr walter warren wayne wendy werner wilhelm will william willie
    winston wolfgang xavier yasser yulia yuri yves zoe abraham alexei alfonso ariel benito bertrand carlo cesar clint
    condoleezza constantine dick edith ehud enrico erwin ferdinand gabriel garry gene george gerry giorgio harriet
    hosni hubert hilary ibrahim jacqueline jermaine jonah justine kamala khalid kylie lloyd lorna mahatma mahmoud malcolm
    mansour marat marcelo marvin mervyn mitch mstislav mustafa narendra neville nicole nikolaus niels olga orson
    oswald pat paulo percy pius quentin ramon reuben rishi rosalind rowan rudolf saddam samir sanjay shinzo sidney
    simone spencer subhash suleiman sunil tariq tessa thabo tobias tyrone umberto usain vasily vince wally wesley
    woody yoko zinedine""".split()
)

PLACE_WORDS = frozenset(
    """bay beach bridge castle cathedral city country county canal cape coast desert forest garden gardens gulf hall
    harbour hill hotel house island islands lake mount mountain mountains ocean palace park peninsula port prison
    province river road sea square stadium state station strait street tower town university valley village airport
    church abbey museum temple theatre theater zoo""".split()
)
GROUP_WORDS = frozenset(
    """academy administration agency alliance army assembly association authority bank board brothers bureau
    cabinet center centre championship championships club college commission committee company conference congress
    corp corporation council court cup department election federation fleet force forces foundation fund games group
    government inc institute institution league library ltd medal ministry movement navy office olympics legislature
    organisation organization parliament party plc police press prize programme program project school senate service
    services society studio studios summit team trophy treaty trust union united war world act agreement awards
    records radio television news times post street journal festival open tour series airlines airways motors
    system systems software industries health show diet hurricane award awards building international national rovers athletic wanderers""".split()
)
STRUCTURES = frozenset(
    """bridge canal castle cathedral tower stadium museum palace temple theatre theater abbey dam tunnel airport
    station lighthouse telescope observatory hall church library hotel prison university college academy""".split()
)

COUNTRIES = frozenset(
    """afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahrain bangladesh
    barbados belarus belgium belize benin bhutan bolivia botswana brazil britain brunei bulgaria burundi cambodia
    cameroon canada chad chile china colombia croatia cuba cyprus denmark djibouti ecuador egypt england eritrea estonia
    ethiopia fiji finland france gabon gambia georgia germany ghana greece greenland grenada guatemala guinea guyana
    haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan
    kenya kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg
    madagascar malawi malaysia maldives mali malta mauritania mauritius mexico moldova monaco mongolia montenegro
    morocco mozambique namibia nepal netherlands nicaragua niger nigeria norway oman pakistan panama paraguay peru
    philippines poland portugal qatar romania russia rwanda samoa scotland senegal serbia singapore slovakia slovenia
    somalia spain sudan suriname swaziland sweden switzerland syria taiwan tajikistan tanzania thailand togo tonga
    tunisia turkey turkmenistan uganda ukraine uruguay uzbekistan vanuatu venezuela vietnam wales yemen zambia
    zimbabwe""".split()
)
CITIES = frozenset(
    """amsterdam athens atlanta baghdad bangkok barcelona beijing belfast belgrade berlin birmingham bombay boston bristol
    brussels bucharest budapest cairo calcutta cardiff chicago copenhagen dallas damascus delhi detroit dublin durban
    edinburgh florence frankfurt geneva glasgow hamburg hanoi havana helsinki houston istanbul jakarta jerusalem
    johannesburg kabul karachi kiev kyiv lagos leeds lima lisbon liverpool london lyon madrid manchester manila
    marseille melbourne miami milan montreal moscow mumbai munich nairobi naples nottingham oslo oxford paris
    philadelphia prague riga rome rotterdam santiago seattle seoul shanghai sheffield stockholm sydney taipei tehran
    tokyo toronto tripoli turin vancouver venice vienna warsaw washington wellington zagreb zurich""".split()
)
DEMONYM_END = ("ish", "ese", "ian", "ean", "ican", "sian", "uan", "aqi", "aeli", "ani")
DEMONYMS = frozenset(
    """french dutch german greek swiss czech danish welsh thai irish english scottish arab asian roman kiwi
    american british european african mexican christian muslim jewish islamic catholic protestant soviet communist
    conservative democratic republican liberal labour tory nazi olympic internet premier afghan pakistani iraqi
    israeli saudi kuwaiti bengali turk spaniard democrat democrats dem unionist green""".split()
)

UNIQUE = frozenset(
    """world earth sun moon sea ocean sky internet web public north south east west end beginning first
    last only most largest biggest highest longest smallest oldest youngest tallest fastest best worst greatest fewest
    least deepest heaviest richest poorest universe equator atmosphere future past""".split()
)
"""After "the" these need nothing more to be understood."""

UNITS = (
    r"(?:kilomet(?:er|re)s?|met(?:er|re)s?|centimet(?:er|re)s?|millimet(?:er|re)s?|miles?|feet|foot|inches|yards|km|cm|mm|ft|"
    r"kilograms?|kilos?|kg|tonn?es?|tons?|pounds|lbs?|grams?|litres?|liters?|gallons|hectares?|acres?|"
    r"square (?:kilomet(?:er|re)s|miles|met(?:er|re)s|feet)|degrees|per cent|percent|%|mph|km/h|knots)"
)
DIMENSIONS = {
    "long": "long",
    "wide": "wide",
    "tall": "tall",
    "high": "high",
    "deep": "deep",
    "thick": "thick",
}
