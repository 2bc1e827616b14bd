"""What questions and articles say about time."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.when import TimeScope, mentioned_dates, said, scope

THURSDAY = date(2022, 6, 16)

# (question, kind, since, until, flags); the day of asking is Thursday, 16 June 2022; "" is open or nothing
NEWS = [
    ("What happened last week?", "recent", "2022-06-06", "2022-06-12", ""),
    ("Which bank failed in the last week?", "recent", "2022-06-09", "2022-06-16", ""),
    ("How many people were shot in Chicago in the past 7 days?", "recent", "2022-06-09", "2022-06-16", ""),
    ("What did the Senate vote on this week?", "recent", "2022-06-13", "2022-06-19", ""),
    ("Which automaker recalled 2.9 million vehicles this past week?", "recent", "2022-06-09", "2022-06-16", ""),
    ("Who resigned yesterday?", "recent", "2022-06-15", "2022-06-15", ""),
    ("Who died the day before yesterday?", "recent", "2022-06-14", "2022-06-14", ""),
    ("What happened today?", "recent", "2022-06-16", "2022-06-16", ""),
    ("Who won today's race?", "recent", "2022-06-16", "2022-06-16", ""),
    ("Who is speaking in parliament today?", "recent", "2022-06-16", "2022-06-16", ""),
    ("What was decided last night?", "recent", "2022-06-15", "2022-06-15", ""),
    ("Where did the fire break out this morning?", "recent", "2022-06-16", "2022-06-16", ""),
    ("What did the minister say on Friday?", "recent", "2022-06-10", "2022-06-10", ""),
    ("What did the minister say on Thursday?", "recent", "2022-06-16", "2022-06-16", ""),
    ("What did the minister say last Thursday?", "recent", "2022-06-09", "2022-06-09", ""),
    ("Who won Sunday's game?", "recent", "2022-06-12", "2022-06-12", ""),
    ("SpaceX launched a rocket Wednesday. What was its destination?", "recent", "2022-06-15", "2022-06-15", ""),
    ("What was announced on Tuesday of last week?", "recent", "2022-06-07", "2022-06-07", ""),
    ("Who will meet in Madrid on Saturday?", "span", "2022-06-18", "2022-06-18", ""),
    ("What is planned for next week?", "span", "2022-06-20", "2022-06-26", ""),
    ("What happens tomorrow?", "span", "2022-06-17", "2022-06-17", ""),
    ("What did the Fed decide in June?", "span", "2022-06-01", "2022-06-30", ""),
    ("What did the Fed decide in July?", "span", "2021-07-01", "2021-07-31", ""),
    ("What will open in September?", "span", "2022-09-01", "2022-09-30", ""),
    ("How high was inflation last June?", "recent", "2021-06-01", "2021-06-30", ""),
    ("How high was inflation last month?", "recent", "2022-05-01", "2022-05-31", ""),
    ("How high was inflation last May?", "recent", "2022-05-01", "2022-05-31", ""),
    ("How many jobs were lost last year?", "recent", "2021-01-01", "2021-12-31", ""),
    ("How many mass shootings have there been so far this year?", "recent", "2022-01-01", "2022-06-16", ""),
    ("How many mass shootings have there been this year?", "recent", "2022-01-01", "2022-12-31", ""),
    ("Which singer will start a residency later this year?", "span", "2022-06-16", "2022-12-31", ""),
    ("Who was arrested earlier this month?", "recent", "2022-06-01", "2022-06-16", ""),
    ("Which phone is Apple to show early next month?", "span", "2022-07-01", "2022-07-10", ""),
    ("Which treaty was signed two weeks ago?", "recent", "2022-05-30", "2022-06-05", ""),
    ("Who was elected three months ago?", "recent", "2022-03-01", "2022-03-31", ""),
    ("What burned down a few days ago?", "recent", "2022-06-10", "2022-06-14", ""),
    ("What was the population ten years ago?", "span", "2012-01-01", "2012-12-31", ""),
    ("How did prices change in the past three months?", "recent", "2022-03-16", "2022-06-16", ""),
    ("How has rent risen over the last twelve months?", "recent", "2021-06-16", "2022-06-16", ""),
    ("What has changed in the past decade?", "recent", "2012-06-16", "2022-06-16", ""),
    ("Who scored over the weekend?", "recent", "2022-06-11", "2022-06-12", ""),
    ("Who scored last weekend?", "recent", "2022-06-11", "2022-06-12", ""),
    ("Where were the fires last summer?", "recent", "2021-06-01", "2021-08-31", ""),
    ("How cold was it last winter?", "recent", "2021-12-01", "2022-02-28", ""),
    ("What has Ukraine lost since February?", "open", "2022-02-01", "", ""),
    ("What has happened in Sudan since last week?", "open", "2022-06-06", "", ""),
    ("How many have fled since 24 February 2022?", "open", "2022-02-24", "", ""),
    ("What is the latest on the trams in Edinburgh?", "recent", "", "", "newest"),
    ("What is the most recent estimate of ocean plastic?", "recent", "", "", "newest"),
    ("Who is currently the mayor of Venice?", "recent", "", "", ""),
    ("Who is the current mayor of Venice?", "recent", "", "", ""),
    ("Who is the mayor of Venice now?", "recent", "", "", ""),
    ("Who is the head of the IMF today?", "recent", "", "", ""),
    ("How many Huguenots live in France today?", "recent", "", "", ""),
    ("Which park was recently flooded?", "recent", "", "", ""),
    ("Which nation plunged into chaos in recent days?", "recent", "", "", ""),
    ("What is the women's world best for the marathon at present?", "recent", "", "", ""),
    ("Who won the last election?", "recent", "", "", "newest"),
    ("When did England last win the World Cup?", "recent", "", "", "newest when"),
    ("Rents hit a record recently. Which city saw the biggest rise compared to a year ago?", "recent", "", "", ""),
    ("Which team won the 2022 NHL Stanley Cup Finals?", "span", "2022-01-01", "2022-12-31", ""),
    ("What is the latest on the 2022 World Cup?", "span", "2022-01-01", "2022-12-31", "newest"),
    ("What did Trump say about the 2020 election last week?", "recent", "2022-06-06", "2022-06-12", ""),
    ("What happened a year ago today?", "recent", "2021-06-16", "2021-06-16", ""),
    ("What was said from Monday to Wednesday last week?", "recent", "2022-06-06", "2022-06-08", ""),
    ("What happened in the week of 6 June?", "span", "2022-06-06", "2022-06-12", ""),
    ("What happened at the end of last year?", "recent", "2021-11-01", "2021-12-31", ""),
    ("What has he done since the beginning of the year?", "open", "2022-01-01", "", ""),
    ("How has Twitter changed since Musk bought it last October?", "open", "2021-10-01", "", ""),
    ("Who testified before Congress in June?", "span", "2022-06-01", "2022-06-30", ""),
    ("Any news from Kyiv?", "recent", "", "", ""),
    ("What was promised half a year ago?", "recent", "2021-12-01", "2021-12-31", ""),
    ("Who will speak over the next few days?", "span", "2022-06-16", "2022-06-22", ""),
    ("How many goals has he scored this season?", "recent", "", "", ""),
    ("WHAT HAPPENED LAST WEEK?", "recent", "2022-06-06", "2022-06-12", ""),
    ("who resigned in march", "span", "2022-03-01", "2022-03-31", ""),
]  # fmt: skip

CALENDAR = [
    ("Who was shot in 1963?", "span", "1963-01-01", "1963-12-31", ""),
    ("In June 2022, who resigned?", "span", "2022-06-01", "2022-06-30", ""),
    ("What did Musk offer on 3 May?", "span", "2022-05-03", "2022-05-03", ""),
    ("What did Musk offer on May 3rd?", "span", "2022-05-03", "2022-05-03", ""),
    ("What did Musk offer on the 3rd of May?", "span", "2022-05-03", "2022-05-03", ""),
    ("What happened on December 24?", "span", "2021-12-24", "2021-12-24", ""),
    ("How high did the water rise in Venice on 4 November 1966?", "span", "1966-11-04", "1966-11-04", ""),
    ("What happened on 2022-06-16?", "span", "2022-06-16", "2022-06-16", ""),
    ("What happened on 16/06/2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("What happened on 06/16/2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("What happened on June 16, 2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("What happened on Thursday, 16 June 2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("Who fell in the fighting of 3-5 June 1967?", "span", "1967-06-03", "1967-06-05", ""),
    ("How many jobs were added between 2010 and 2015?", "span", "2010-01-01", "2015-12-31", ""),
    ("How many jobs were added from October 2010 to March 2015?", "span", "2010-10-01", "2015-03-31", ""),
    ("How many jobs were added from May to July 2021?", "span", "2021-05-01", "2021-07-31", ""),
    ("What was the rainfall from December to February?", "span", "2021-12-01", "2022-02-28", ""),
    ("Who led the 2007-2009 commission?", "span", "2007-01-01", "2009-12-31", ""),
    ("Who won the league in the 2021/22 season?", "span", "2021-01-01", "2022-12-31", ""),
    ("How did Apple do in Q3 2021?", "span", "2021-07-01", "2021-09-30", ""),
    ("How did Apple do in the third quarter of 2021?", "span", "2021-07-01", "2021-09-30", ""),
    ("How did Apple do in the first quarter?", "none", "", "", ""),
    ("What was spent in the first half of 2021?", "span", "2021-01-01", "2021-06-30", ""),
    ("How hot was the summer of 2021?", "span", "2021-06-01", "2021-08-31", ""),
    ("How much snow fell in winter 2021/22?", "span", "2021-12-01", "2022-02-28", ""),
    ("What was planned in early 2022?", "span", "2022-01-01", "2022-04-30", ""),
    ("What was planned in mid-2022?", "span", "2022-05-01", "2022-08-31", ""),
    ("Why were fewer ships let through towards the end of 2023?", "span", "2023-11-01", "2023-12-31", ""),
    ("What happened in late May?", "span", "2022-05-21", "2022-05-31", ""),
    ("What was built in the last two weeks of June 1948?", "span", "1948-06-17", "1948-06-30", ""),
    ("Who were stars of the 1990s?", "span", "1990-01-01", "1999-12-31", ""),
    ("What music was played in the '80s?", "span", "1980-01-01", "1989-12-31", ""),
    ("Who began the reform in the 1100s?", "span", "1100-01-01", "1199-12-31", ""),
    ("Who ruled Sweden in the 19th century?", "span", "1801-01-01", "1900-12-31", ""),
    ("Who converted Finland in the twelfth century?", "span", "1101-01-01", "1200-12-31", ""),
    ("What was traded in the 16th and 17th centuries?", "span", "1501-01-01", "1700-12-31", ""),
    ("Who was pope in 1066 AD?", "span", "1066-01-01", "1066-12-31", ""),
    ("What was the bridge called before 1950?", "open", "", "1949-12-31", ""),
    ("What was the bridge called after 1950?", "open", "1951-01-01", "", ""),
    ("How often has the bridge been closed since 1950?", "open", "1950-01-01", "", ""),
    ("How many will be vaccinated by 2030?", "open", "", "2030-12-31", ""),
    ("How many will be vaccinated by the end of 2030?", "open", "", "2030-12-31", ""),
    ("What was outlawed until 1993?", "open", "", "1993-12-31", ""),
    ("Who sang there before the 1990s?", "open", "", "1989-12-31", ""),
    ("Who has governed from 2019 onwards?", "open", "2019-01-01", "", ""),
    ("What happened after March?", "open", "2022-04-01", "", ""),
    ("What was built since 2010 and before 2015?", "span", "2010-01-01", "2014-12-31", ""),
    ("Who won the marathon at the 2016 Olympics?", "span", "2016-01-01", "2016-12-31", ""),
    ("Who won gold in August at the 2016 Olympics?", "span", "2016-08-01", "2016-08-31", ""),
    ("who won the world cup 2018", "span", "2018-01-01", "2018-12-31", ""),
    ("2018 world cup winner", "span", "2018-01-01", "2018-12-31", ""),
    ("Who lit the flame at Tokyo 2020?", "span", "2020-01-01", "2020-12-31", ""),
    ("Who signed the Treaty of 1648?", "span", "1648-01-01", "1648-12-31", ""),
    ("What changed after the 2020 election?", "open", "2020-01-01", "", ""),
    ("Did more people visit in 2021 than in 2019?", "span", "2019-01-01", "2021-12-31", ""),
    ("In 2000 people feared the millennium bug. Why?", "span", "2000-01-01", "2000-12-31", ""),
    ("Did Theresa May resign in May 2019?", "span", "2019-05-01", "2019-05-31", ""),
    ("What happened on 31 February 2022?", "span", "2022-02-01", "2022-02-28", ""),
    ("How has Venice changed since the flood of 1966?", "open", "1966-01-01", "", ""),
    ("What was he before becoming editor in 1994?", "open", "", "1994-12-31", ""),
    ("What happened two days after the fire in 1906?", "span", "1906-01-01", "1906-12-31", ""),
    ("Did women change their names after marriage in the 17th century?", "span", "1601-01-01", "1700-12-31", ""),
    ("How large was the region hit by the 2010 drought?", "span", "2010-01-01", "2010-12-31", ""),
    ("How much rain fell between May and July?", "span", "2022-05-01", "2022-07-31", ""),
    ("What did he claim in his 1914 article in the Journal?", "span", "1914-01-01", "1914-12-31", ""),
    ("Who looked after the archive in 1950?", "span", "1950-01-01", "1950-12-31", ""),
    ("Who won the World Cup in '98?", "span", "1998-01-01", "1998-12-31", ""),
    ("Who won in 2018, 2019 and 2021?", "span", "2018-01-01", "2021-12-31", ""),
    ("How did the 1870s differ from the 1880s?", "span", "1870-01-01", "1889-12-31", ""),
    ("What happened in mid to late 2021?", "span", "2021-05-01", "2021-12-31", ""),
    ("How many ships passed in the whole of 2021?", "span", "2021-01-01", "2021-12-31", ""),
    ("What was the population as of January 2020?", "span", "2020-01-01", "2020-01-31", ""),
    ("And in 2019?", "span", "2019-01-01", "2019-12-31", ""),
    ("What about 2019?", "span", "2019-01-01", "2019-12-31", ""),
    ("2019?", "span", "2019-01-01", "2019-12-31", ""),
]  # fmt: skip

ARTICLES = [
    ("What do articles since 2021 say about trams?", "open", "2021-01-01", "", "filter"),
    ("Are there articles about trams since 2021?", "open", "2021-01-01", "", "filter"),
    ("Which articles published in June mention Venice?", "span", "2022-06-01", "2022-06-30", "filter"),
    ("What was published in June about Venice?", "span", "2022-06-01", "2022-06-30", "filter"),
    ("What do reports from last week say?", "recent", "2022-06-06", "2022-06-12", "filter"),
    ("According to articles before May, how many moons has Saturn?", "open", "", "2022-04-30", "filter"),
    ("What was in yesterday's news?", "recent", "2022-06-15", "2022-06-15", "filter"),
    ("How many moons has Saturn, in articles between 2019 and 2021?", "span", "2019-01-01", "2021-12-31", "filter"),
    ("What do articles since 2021 say about the flood of 1966?", "open", "2021-01-01", "", "filter"),
    ("What do the articles say about the flood of 1966?", "span", "1966-01-01", "1966-12-31", ""),
    ("Which novel published in 1925 is about Gatsby?", "span", "1925-01-01", "1925-12-31", ""),
    ("Which UN report in 2021 warned of floods?", "span", "2021-01-01", "2021-12-31", ""),
    ("What does the oldest article on trams say?", "none", "", "", "oldest"),
    ("What does the newest article on trams say?", "recent", "", "", "newest"),
    ("Do the articles from March and April agree?", "span", "2022-03-01", "2022-04-30", "filter"),
    ("Which articles newer than 2020-05-01 are there?", "open", "2020-05-02", "", "filter"),
    ("How has news coverage since 2019 changed?", "open", "2019-01-01", "", "filter"),
    ("How has vaccination coverage since 2019 changed?", "open", "2019-01-01", "", ""),
    ("How has fake news since 2016 changed?", "open", "2016-01-01", "", ""),
    ("What was published in 1925 by Fitzgerald?", "span", "1925-01-01", "1925-12-31", ""),
    ("What does the first article of the constitution say?", "none", "", "", ""),
]  # fmt: skip

TIMELESS = [
    ("Who invented the World Wide Web?", "timeless", "", "", ""),
    ("What is a quark?", "timeless", "", "", ""),
    ("What is the Kigali Amendment?", "timeless", "", "", ""),
    ("When was Rome founded?", "timeless", "", "", "when"),
    ("In what year was the Berlin Wall built?", "timeless", "", "", "when"),
    ("When was Galileo born?", "timeless", "", "", "when"),
    ("Where is the Öresund Bridge?", "timeless", "", "", ""),
    ("How does a heat pump work?", "timeless", "", "", ""),
    ("How do the flood gates in Venice work?", "timeless", "", "", ""),
    ("Who was Marie Curie?", "timeless", "", "", ""),
    ("What does bancor mean?", "timeless", "", "", ""),
    ("What is the origin of the Tomatina?", "timeless", "", "", ""),
]  # fmt: skip

NOTHING = [
    ("How many moons does Jupiter have?", "none", "", "", ""),
    ("When did the strike begin?", "none", "", "", "when"),
    ("Since when has it been in full charge of that waterway?", "none", "", "", "when"),
    ("Who was in charge when the tank burst?", "none", "", "", ""),
    ("May I bring a dog?", "none", "", "", ""),
    ("Which dogs may enter the park?", "none", "", "", ""),
    ("How many may 3 people carry?", "none", "", "", ""),
    ("Who spoke at the march on Washington?", "none", "", "", ""),
    ("Did the army march in step?", "none", "", "", ""),
    ("What did he do after May's resignation?", "none", "", "", ""),
    ("How did 2,000 people lose their homes?", "none", "", "", ""),
    ("How were 1500 people hurt?", "none", "", "", ""),
    ("Which crowd of 2000 marched?", "none", "", "", ""),
    ("Why is 2020 vision called so?", "none", "", "", ""),
    ("How much does the model 2020 cost?", "none", "", "", ""),
    ("Who flew Flight 1549?", "none", "", "", ""),
    ("What does Resolution 1701 ask for?", "none", "", "", ""),
    ("Who ran the 1500 metres?", "none", "", "", ""),
    ("How high is it, from 1500 to 2000 metres?", "none", "", "", ""),
    ("Which tree is 2000 years old?", "none", "", "", ""),
    ("What cost $1999?", "none", "", "", ""),
    ("Who wrote 1984?", "timeless", "", "", ""),
    ("Which city fell in 1200 BC?", "none", "", "", ""),
    ("How did he earn a living, since he was ill?", "none", "", "", ""),
    ("How has Berlin changed since the war?", "none", "", "", ""),
    ("What did she do in the last year of her life?", "none", "", "", ""),
    ("How did he live in his twenties?", "none", "", "", ""),
    ("What did she achieve in her 30s?", "none", "", "", ""),
    ("Who edits The Sunday Times?", "none", "", "", ""),
    ("What day is Good Friday?", "none", "", "", "when"),
    ("Which shops open on Fridays?", "none", "", "", ""),
    ("How many seed samples are sent every year?", "none", "", "", ""),
    ("What is the fall of Rome blamed on?", "none", "", "", ""),
    ("How strong is the ocean current off Peru?", "none", "", "", ""),
    ("Who directed Apocalypse Now?", "none", "", "", ""),
    ("How long did the fighting last?", "none", "", "", ""),
    ("What is her last name?", "none", "", "", ""),
    ("How many were killed in the September 11 attacks?", "none", "", "", ""),
    ("What happened on 2022-13-45?", "none", "", "", ""),
    ("How much warmer was it than last year?", "none", "", "", ""),
    ("At the latest, how long does it take?", "none", "", "", ""),
    ("How long does it take to this day?", "none", "", "", ""),
    ("Who wrote a history of the October Revolution?", "timeless", "", "", ""),
    ("How hot is it in Dubai in summer?", "none", "", "", ""),
    ("Is the museum open on Sunday?", "none", "", "", ""),
    ("Who lives at 1600 Pennsylvania Avenue?", "none", "", "", ""),
    ("Did between 1200 and 1500 people come?", "none", "", "", ""),
    ("How many of 2000 asked said yes?", "none", "", "", ""),
    ("Were there 1999 or 2000 tickets?", "none", "", "", ""),
    ("Who played in Blade Runner 2049?", "none", "", "", ""),
    ("Who made 2001: A Space Odyssey?", "none", "", "", ""),
    ("May Britt Moser won which prize?", "none", "", "", ""),
    ("What happened three days before the election?", "none", "", "", ""),
    ("When did the first slaves reach the area now known as the United States?", "none", "", "", "when"),
    ("In which decade was the log house moved?", "none", "", "", "when"),
    ("How many Africans were brought over in the next 50 years?", "none", "", "", ""),
    ("", "none", "", "", ""),
    ("?!…", "none", "", "", ""),
    ("How fast is a 16-bit chip of 1.2022 GHz?", "none", "", "", ""),
]  # fmt: skip

GERMAN = [
    ("Was geschah letzte Woche?", "recent", "2022-06-06", "2022-06-12", ""),
    ("Was geschah in der letzten Woche?", "recent", "2022-06-06", "2022-06-12", ""),
    ("Was hat sich in den letzten drei Monaten geändert?", "recent", "2022-03-16", "2022-06-16", ""),
    ("Wer trat gestern zurück?", "recent", "2022-06-15", "2022-06-15", ""),
    ("Wer ist heute Generalintendant der Elbphilharmonie?", "recent", "", "", ""),
    ("Was geschah vor zwei Wochen?", "recent", "2022-05-30", "2022-06-05", ""),
    ("Was sagte der Minister am Freitag?", "recent", "2022-06-10", "2022-06-10", ""),
    ("Was sagte der Minister am letzten Freitag?", "recent", "2022-06-10", "2022-06-10", ""),
    ("Was geschah am 16. Juni 2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("Was geschah am 16.06.2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("Was geschah im Juni?", "span", "2022-06-01", "2022-06-30", ""),
    ("Wer war im Jahr 1990 Kanzler?", "span", "1990-01-01", "1990-12-31", ""),
    ("Wie viele Menschen starben beim Elbhochwasser 2002 in Dresden?", "span", "2002-01-01", "2002-12-31", ""),
    ("Wie war der Sommer 2021?", "span", "2021-06-01", "2021-08-31", ""),
    ("Wer regierte im 19. Jahrhundert?", "span", "1801-01-01", "1900-12-31", ""),
    ("Was war in den 1990er Jahren beliebt?", "span", "1990-01-01", "1999-12-31", ""),
    ("Was geschah zwischen 2010 und 2015?", "span", "2010-01-01", "2015-12-31", ""),
    ("Wie hoch war die Inflation Ende 2021?", "span", "2021-11-01", "2021-12-31", ""),
    ("Was hat sich seit 2015 geändert?", "open", "2015-01-01", "", ""),
    ("Wie hieß die Stadt vor 1990?", "open", "", "1989-12-31", ""),
    ("Was sagen Artikel seit 2021?", "open", "2021-01-01", "", "filter"),
    ("Wie heißt der derzeitige Bürgermeister?", "recent", "", "", ""),
    ("Was ist die neueste Schätzung?", "recent", "", "", "newest"),
    ("Wann wurde der Grundstein gelegt?", "none", "", "", "when"),
    ("Wann wurde Rom gegründet?", "timeless", "", "", "when"),
    ("Was ist ein Quark?", "timeless", "", "", ""),
    ("Wie lange arbeitet er am Morgen?", "none", "", "", ""),
    ("Wie kamen 2000 Menschen nach Berlin?", "none", "", "", ""),
]  # fmt: skip

SPANISH = [
    ("¿Qué pasó la semana pasada?", "recent", "2022-06-06", "2022-06-12", ""),
    ("¿Qué pasó ayer?", "recent", "2022-06-15", "2022-06-15", ""),
    ("¿Qué pasó hace dos semanas?", "recent", "2022-05-30", "2022-06-05", ""),
    ("¿Qué ha cambiado en los últimos tres meses?", "recent", "2022-03-16", "2022-06-16", ""),
    ("¿Cuántos turistas vinieron el año pasado?", "recent", "2021-01-01", "2021-12-31", ""),
    ("¿Qué dijo el ministro el viernes?", "recent", "2022-06-10", "2022-06-10", ""),
    ("¿Qué pasó el 16 de junio de 2022?", "span", "2022-06-16", "2022-06-16", ""),
    ("¿Qué pasó en junio?", "span", "2022-06-01", "2022-06-30", ""),
    ("¿Qué pasó en mayo de 2021?", "span", "2021-05-01", "2021-05-31", ""),
    ("¿Qué pasó en el verano de 2021?", "span", "2021-06-01", "2021-08-31", ""),
    ("¿Cuántas toneladas de tomates se tiraron en la Tomatina de 2019?", "span", "2019-01-01", "2019-12-31", ""),
    ("¿Quién reinó en el siglo XIX?", "span", "1801-01-01", "1900-12-31", ""),
    ("¿Qué música sonaba en los años 80?", "span", "1980-01-01", "1989-12-31", ""),
    ("¿Qué pasó entre 2010 y 2015?", "span", "2010-01-01", "2015-12-31", ""),
    ("¿Qué ha cambiado desde 2015?", "open", "2015-01-01", "", ""),
    ("¿Cómo se llamaba antes de 1950?", "open", "", "1949-12-31", ""),
    ("¿Qué dicen los artículos desde 2021?", "open", "2021-01-01", "", "filter"),
    ("¿Quién es el alcalde actualmente?", "recent", "", "", ""),
    ("¿Cuál es la estimación más reciente?", "recent", "", "", "newest"),
    ("¿Cuándo se inauguró el museo?", "timeless", "", "", "when"),
    ("¿Qué es un quark?", "timeless", "", "", ""),
    ("¿Cuánto cuesta la entrada por la mañana?", "none", "", "", ""),
    ("¿De qué metal está cubierto el Guggenheim de Bilbao?", "none", "", "", ""),
]  # fmt: skip

TABLE = [
    (language, *row)
    for language, rows in (
        ("en", NEWS + CALENDAR + ARTICLES + TIMELESS + NOTHING),
        ("de", GERMAN),
        ("es", SPANISH),
    )
    for row in rows
]


def _flags(found: TimeScope) -> set[str]:
    named = {
        "filter": found.explicit_filter,
        "when": found.asks_when,
        "newest": found.newest,
        "oldest": found.oldest,
    }
    return {name for name, holds in named.items() if holds}


@pytest.mark.parametrize(("language", "question", "kind", "since", "until", "flags"), TABLE)
def test_a_question_is_read_as_a_newspaper_reader_means_it(
    language: str, question: str, kind: str, since: str, until: str, flags: str
) -> None:
    found = scope(question, THURSDAY, language)
    assert (found.kind, str(found.since or ""), str(found.until or "")) == (kind, since, until), found
    assert _flags(found) == set(flags.split()), found
    assert (found.since is None and found.until is None) or found.words
    assert all(part in question for part in found.words.split(", "))


MENTIONED = [
    ("The minister resigned on Thursday.", [("2022-06-16", "2022-06-16")]),
    ("The minister resigned Tuesday.", [("2022-06-14", "2022-06-14")]),
    ("The advisers are expected to vote Saturday.", [("2022-06-18", "2022-06-18")]),
    ("He said on Tuesday that the bank will open.", [("2022-06-14", "2022-06-14")]),
    ("The canal was opened in 1914 and handed over on 31 December 1999.",
     [("1914-01-01", "1914-12-31"), ("1999-12-31", "1999-12-31")]),
    ("Prices rose last year.", [("2021-01-01", "2021-12-31")]),
    ("Fireworks are on the Fourth of July.", [("2022-07-04", "2022-07-04")]),
    ("The fire was put out on Friday, 8 July.", [("2022-07-08", "2022-07-08")]),
    ("It has been shut since 2019.", [("2019-01-01", "2022-06-16")]),
    ("It was a farm before 1950.", [("0001-01-01", "1949-12-31")]),
    ("1911: the painting is stolen.", [("1911-01-01", "1911-12-31")]),
    ("Galileo (1564–1642) saw them in January 1610.",
     [("1564-01-01", "1642-12-31"), ("1610-01-01", "1610-01-31")]),
    ("Am Donnerstag trat der Minister zurück.", [("2022-06-16", "2022-06-16")]),
    ("El puente se inauguró en mayo de 1999.", [("1999-05-01", "1999-05-31")]),
    ("Read more in USA TODAY and The Sunday Times.", []),
    ("About 2,000 people may march from flight 1549.", []),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), MENTIONED)
def test_an_article_speaks_of_times_seen_from_its_own_day(
    sentence: str, expected: list[tuple[str, str]]
) -> None:
    assert [(str(a), str(b)) for a, b in mentioned_dates(sentence, THURSDAY)] == expected


def test_an_article_without_a_day_has_only_plain_dates() -> None:
    sentence = "On Thursday, in June and last year, as in 1963 and since 2019, it rained."
    assert mentioned_dates(sentence, None) == (
        (date(1963, 1, 1), date(1963, 12, 31)),
        (date(2019, 1, 1), date.max),
    )


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("What happened last week?", 'from 2022-06-06 to 2022-06-12 ("last week")'),
        ("What happened yesterday?", 'on 2022-06-15 ("yesterday")'),
        ("What happened in June?", 'from 2022-06-01 to 2022-06-30 ("in June")'),
        ("What happened in June 2021?", "from 2021-06-01 to 2021-06-30"),
        ("What happened since 2021?", "since 2021-01-01"),
        ("What happened since Monday?", 'since 2022-06-13 ("since Monday")'),
        ("What was it called before 1950?", "until 1949-12-31"),
        ("What is the latest?", 'as recent as possible ("latest")'),
        ("Who invented it?", ""),
        ("How many are there?", ""),
    ],
)
def test_what_was_read_is_said_in_plain_words(question: str, phrase: str) -> None:
    assert said(scope(question, THURSDAY)) == phrase


def test_the_language_of_the_words_wins_over_a_wrong_label() -> None:
    assert str(scope("Was geschah letzte Woche in Dresden?", THURSDAY, "en").since) == "2022-06-06"
    assert str(scope("¿Qué pasó la semana pasada?", THURSDAY, "en").since) == "2022-06-06"
    assert str(scope("What happened last week?", THURSDAY, "fr").since) == "2022-06-06"


def test_a_moment_of_asking_counts_as_its_day() -> None:
    assert scope("What happened today?", datetime(2022, 6, 16, 23, 59)).until == THURSDAY


RELATIVE = [question for _, question, _, since, until, _ in TABLE if since or until] + [
    "What was it like 2000 years ago, in the past 9999 years, 900 centuries ago, in the next 9999 decades?",
    "the week before last, the day after tomorrow, next winter, last spring, next December, this weekend",
]


@pytest.mark.parametrize(
    "day", [date.min, date.min + timedelta(40), date(1, 12, 31), date(2024, 2, 29), date(9998, 12, 31), date.max]
)  # fmt: skip
def test_the_ends_of_the_calendar_are_no_cliff(day: date) -> None:
    for question in RELATIVE:
        for language in ("en", "de", "es"):
            _holds(scope(question, day, language))
            assert all(first <= last for first, last in mentioned_dates(question, day))


def _holds(found: TimeScope) -> None:
    bounds = (found.since is not None) + (found.until is not None)
    if found.since and found.until:
        assert found.since <= found.until
    assert bounds == {"none": 0, "timeless": 0, "open": 1, "span": 2}.get(found.kind, bounds)
    assert bounds != 1 or found.kind == "open"
    assert bool(found.words) == (found.kind in ("span", "open", "recent"))
    assert not found.explicit_filter or bounds
    said(found)


PIECES = st.sampled_from(
    """in on at by of for to from since until before after between and or the a this last past next ago earlier
    later early mid late end first second third half quarter day days week weeks month year years decade century
    weekend may march june dec. friday monday summer winter today yesterday tomorrow now latest current recent
    1963 2022 1990s '90s 90s 31 3rd 12 0 2022-06-16 16/06/22 06/16/2022 2021/22 1914-18 2022-13-45 Q3 H1 XIX 19th
    - – , . ' s ? ( ) % $ BC v Chr. than more will expected was so far few couple twenty -two articles news published
    seit vor nach bis ab letzte letzten Woche Jahren Juni im am heute Ende v. pasado semana hace desde siglo años de
    últimos el mañana \x00 \u200f ١٩٩٠ 9999 99999999999999999999 May March August WHEN when who what is""".split(
        " "
    )
).map(lambda piece: piece.strip("\n"))
SENTENCES = st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=6).map("".join)
LANGUAGES = st.sampled_from(["en", "de", "es", "fr", ""])


@given(question=SENTENCES | st.text(), day=st.dates() | st.just(date.min) | st.just(date.max), language=LANGUAGES)  # fmt: skip
def test_no_question_breaks_it_and_since_never_follows_until(question: str, day: date, language: str) -> None:
    _holds(scope(question, day, language))


@given(sentence=SENTENCES | st.text(), day=st.none() | st.dates())
def test_no_sentence_breaks_it(sentence: str, day: date | None) -> None:
    assert all(first <= last for first, last in mentioned_dates(sentence, day))


@pytest.mark.parametrize(
    "unit",
    [
        "word ", "last ", "the first half of ", "mid to ", "from 3 to ", "in 2010, ", "since the flood of 1966 ",
        "today is ", "twenty-", "2022-", "1,111", "9", "\x00", "\u200f", "e\u0301", "articles about ",
    ],
)  # fmt: skip
def test_ten_thousand_words_are_read_in_one_pass(unit: str) -> None:
    text = unit * (10_000 // max(len(unit.split()), 1))
    _holds(scope(text, THURSDAY))
    mentioned_dates(text, THURSDAY)
