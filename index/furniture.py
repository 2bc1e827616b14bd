"""Lines of the page around an article that got into its text: buttons, captions, clocks, prompts.

These are whole short lines in fixed wordings, in English, German, French and Spanish, with the synonyms
that rewriting machines put in their place. Sentences are judged by `index.promotion`.
"""

from __future__ import annotations

import re

MAX_LINE = 120
"""Longest line that is looked up in the wordings; captions and biographies may be `MAX_CAPTION` long."""

MAX_CAPTION = 300

_CLOCK = r"\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?(?: ?\(?(?:[a-z]{2,4}|local time|uhr|h)\)?)?"
_CLOCK_TIME = r"\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?"
_ZONE = r"gmt|utc|bst|cet|cest|est|edt|et|cst|cdt|ct|pst|pdt|pt|ist|aest|msk|uhr"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|mär|mai|okt|dez|ene|abr|ago|dic|janv|févr|avr|juin|juil|août|déc)[a-zéûäç]*\.?"
_DAY = (
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? )?(?:\d{{1,2}}(?:st|nd|rd|th|\.)? (?:de )?{_MONTH}(?: de)?,? \d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|today|yesterday)"
)
_STORY = r"(?:story|stories|articles?|posts?|reports?|content|coverage|reading|topics?|news|links|videos?|headlines|tales?|texts?|tales|pieces?)"
_NETWORK = r"(?:facebook|twitter|x|whatsapp|linkedin|e-?mail|telegram|reddit|pinterest|instagram|messenger|bluesky|threads|flipboard|mail|xing|print)"

# Each is matched against the whole line, in lower case and without the signs at its ends.
_WORDINGS = (
    # consent to cookies
    r"(?:accept|reject|allow|decline|refuse|permit|agree to) (?:all|everything|cookies|optional|necessary|and (?:close|continue|proceed))(?: cookies)?(?: and (?:close|continue))?",
    r"(?:manage|cookie|privacy|change|set|customi[sz]e|privateness|handle) (?:your |my )?(?:cookies?|privacy|consent|preferences|settings|options|choices)(?: (?:settings|preferences|choices|policy|options))?",
    r"(?:we|your) (?:value|care about|respect) your privac(?:y|ies)|your privacy(?: choices| matters(?: to us)?)?|i (?:agree|accept|consent)|do not sell(?: or share)? my (?:personal )?(?:info|information|data)",
    r"alle(?: cookies)? (?:akzeptieren|ablehnen|annehmen|zulassen)|cookies? (?:akzeptieren|ablehnen|zulassen|verwalten)|(?:cookie|datenschutz|privatsphäre)[- ]?(?:einstellungen|hinweis|richtlinie)(?: (?:ändern|öffnen|anpassen))?|zustimmen(?: und weiter(?:lesen)?)?|nur notwendige(?: cookies)?(?: akzeptieren)?|datenschutz|datenschutzerklärung|impressum",
    r"(?:tout|tous|toutes?) (?:accepter|refuser)|(?:accepter|refuser|gérer|paramétrer|autoriser)(?: (?:tous|les|mes|ces|et|tout))*(?: (?:cookies|continuer|fermer|accepter|refuser))?(?: et (?:fermer|continuer))?|continuer sans accepter|(?:paramètres|gestion|politique) (?:des|de) (?:cookies|confidentialité)|je (?:refuse|choisis)|mentions légales",
    r"(?:aceptar|rechazar|permitir)(?: (?:todo|todas|todos|las|y))*(?: (?:cookies|continuar|cerrar))?|(?:configurar|configuración de|gestionar|administrar|política de)(?: (?:las|mis))? (?:cookies|privacidad)|aviso legal",
    # more of the same site
    rf"(?:related|associated|linked|similar|further|additional) {_STORY}|(?:more|extra) {_STORY}(?: (?:like this|for you|you may like))?|(?:more|extra) (?:on|about|from) (?:this|the|our) (?:{_STORY}|topic|author|section|site|network)",
    r"(?:read|learn|watch|see|up|coming up) (?:next|also|subsequent|additionally)|also (?:read|on .{2,30}|see|of interest)|don'?t miss(?: (?:this|these|it))?|in case you missed it|what to (?:read|watch|learn) (?:next|subsequent)|(?:recommended|beneficial|suggested|advised|really helpful)(?: (?:for you|reading|studying|stories|articles|videos))?",
    r"you (?:may|might|could|would) (?:also|additionally)? ?(?:like|be interested in|enjoy|want to read|prefer)(?: .{0,30})?|(?:more|stories|articles|tales|extra) from (?:around the web|our (?:partners|network|sponsors|advertisers)|the web)|around the (?:web|net)|sponsored (?:stories|content|links)",
    r"(?:lesen|sehen|hören) sie (?:auch|mehr|hier|weiter|dazu)(?: .{0,30})?|mehr (?:zum thema|dazu|lesen|nachrichten|artikel|aus .{2,30})|weiterlesen|weitere (?:artikel|themen|nachrichten|meldungen)(?: .{0,30})?|auch interessant|das könnte (?:sie|dich) (?:auch )?interessieren|meistgelesen(?:e artikel)?|lesetipps?|anzeige|werbung|jetzt lesen|zum thema|themen",
    r"(?:à )?(?:lire|voir|écouter|découvrir) (?:aussi|la suite|plus|également|l'article)(?: .{0,30})?|sur le même (?:sujet|thème)|(?:nos|les) (?:articles|lecteurs) .{0,15}(?:liés|associés|recommandés|lus)|les plus lus|à ne pas manquer|publicité|plus d'articles|contenus? sponsorisés?|en savoir plus",
    r"(?:leer|ver|lea|lee|mira|vea) (?:más|también|además|la nota completa)(?: .{0,30})?|te (?:puede|podría|recomendamos)(?: interesar)?|(?:noticias|artículos|notas|contenidos?) (?:relacionad[oa]s?|recomendad[oa]s?|patrocinad[oa]s?)|(?:lo )?más (?:leído|visto|leídas|noticias)|seguir leyendo|continuar leyendo|publicidad|también te puede interesar|leggi anche|leia (?:também|mais)|saiba mais",
    # advertising
    r"(?:ad|advert|advertisement|commercial|promotion)(?: (?:ends?|begins?|starts?|above|below) ?(?:here|below|above)?)?|(?:story|article|text) resumes? (?:below|after .{2,20})|(?:close|hide|skip|report) (?:this )?(?:ad|advert|advertisement|commercial)|why (?:am i seeing this|this ad)",
    # share and copy
    rf"(?:share|tweet|send|post|pin|e-?mail|forward|save|print|bookmark)(?: (?:this|the|it|our))?(?: (?:story|article|page|post|text|tale|link|via|on|by|to|with|as|gift|now|friends|a friend|your friends|and|or|options|{_NETWORK}|,|·|\|))*",
    rf"(?:artikel |beitrag |seite )?(?:teilen|drucken|merken|versenden|kommentieren|vorlesen)(?: (?:auf|via|per|über) {_NETWORK})?|(?:auf|via|per) {_NETWORK} (?:teilen|versenden)|link kopieren|artikel anhören",
    rf"(?:partager|imprimer|envoyer|enregistrer|commenter|réagir|écouter)(?: (?:cet|l'|cette|le|la))?(?: ?(?:article|page|lien))?(?: (?:sur|par|via) {_NETWORK})?|copier le lien",
    rf"(?:compartir|imprimir|enviar|guardar|comentar|escuchar)(?: (?:este|esta|el|la))?(?: (?:artículo|noticia|nota|enlace|página))?(?: (?:en|por|vía) {_NETWORK})?|copiar (?:el )?enlace",
    r"(?:link )?(?:copied|copy)(?: link)? ?(?:to (?:the )?clipboard)?|copy (?:the )?(?:link|url)(?: to (?:the )?clipboard)?|gift (?:this )?article|give (?:this )?article|add (?:us|.{2,30}) as (?:a )?preferred source(?: on google)?|view (?:as|in) .{2,20}|open in app|get the app",
    # live blogs
    rf"(?:first |last |final )?(?:published|updated|posted|modified|up to date|publié|mis à jour|aktualisiert|veröffentlicht|actualizado|publicado)(?: (?:on|at|am|um|le|à|el|a las|the))*:? (?:{_DAY}|{_CLOCK})(?:(?:,| at| -| \||\s·|\s–| um| à| a las)? (?:{_CLOCK}|{_DAY}))?(?: (?:{_ZONE}))?",
    rf"(?:(?:{_DAY}),? )?(?:at )?{_CLOCK_TIME} ?\(?(?:{_ZONE})\)?(?:(?:,| -| \||\s·|\s–) {_DAY})?",
    rf"(?:updated|last updated|up to date)(?: at)? {_CLOCK}|(?:updated |posted |published )?(?:\d{{1,3}}|an?|one) ?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?) ago(?: {_CLOCK})?|vor \d{{1,2}} (?:minuten?|stunden?|tagen?)|il y a \d{{1,2}} (?:minutes?|heures?|jours?)|hace \d{{1,2}} (?:minutos?|horas?|días?)",
    r"(?:show|present|display|hide|view)? ?(?:key|main|important) (?:events|occasions|moments|developments|updates|posts)(?: (?:only|solely))?(?: \(?\d+\)?)?|(?:show|present|display) (?:key|essential|important) (?:events|occasions) (?:only|solely)|(?:please )?(?:turn|switch|flip) on javascript to use this (?:feature|function|characteristic)",
    r"filters?(?: beta)?(?: key events \(?\d+\)?)?(?: .{0,20}\(?\d+\)?)*|live ?(?:feed|reporting|updates?|blog)|(?:load|show|view|see) (?:more|older|newer|new|latest|extra) (?:posts|updates|comments|entries|stories|replies)|(?:newest|oldest|latest) first|auto[- ]?(?:update|refresh)(?: (?:on|off))?|pinned(?: post)?|jump to (?:comments|top|latest|latest posts)|(?:\d+ )?new (?:updates?|posts?)|sort by(?: .{2,20})?",
    # paywalls
    r"(?:subscribe|register|sign in|log ?in|sign up|join|pay|signal up)(?: (?:now|today|for free|free|here))? (?:to|and) (?:continue|keep|proceed|read|unlock|view|access|see|learn)(?: .{0,60})?|to (?:continue|keep|proceed) (?:reading|studying)(?:,? .{0,80})?|(?:unlock|get) (?:this (?:article|story|content)|full access|unlimited access)(?: .{0,40})?",
    r"(?:this (?:article|story|content|text|tale|page|post) is |that is |exclusive )?(?:reserved )?(?:only |solely )?(?:for|exclusive(?:ly)? (?:to|for)|available (?:only )?to) (?:our |paid |paying |premium |registered |digital )*(?:subscribers|members|users)(?: only| solely)?|subscribers? (?:only|exclusive|solely)|(?:premium|exclusive|member) (?:content|article|story|exclusive)",
    r"already (?:a |have an? |an )?(?:subscriber|member|account|subscription|registered|subscribed)(?: user)?\?? ?(?:(?:log|sign)[ -]?in(?: here| now)?)?|(?:you have|you've) (?:reached|used|hit|\d+|one|no) .{0,40}(?:free|complimentary|remaining|limit).{0,40}|(?:start|begin) (?:your |a )?free trial(?: .{0,30})?|try .{0,30} free(?: .{0,30})?|create (?:a |your )?(?:free )?account(?: .{0,40})?|not a subscriber\??(?: .{0,40})?",
    r"(?:dieser (?:artikel|inhalt|beitrag|text) ist )?(?:nur|exklusiv) für (?:\w+ )?(?:abonnenten|abonnentinnen|mitglieder|registrierte nutzer)(?: .{0,30})?|weiterlesen mit .{2,40}|jetzt (?:abonnieren|anmelden|registrieren|testen|weiterlesen|kostenlos .{2,30})|(?:sie haben )?bereits (?:ein abo|abonnent|registriert|kunde)\??(?: .{0,40})?|(?:hier )?(?:anmelden|einloggen|registrieren)(?: und weiterlesen)?",
    r"(?:article|contenu|cet article est|la suite est|contenus?)? ?réservée?s? (?:aux|à nos) abonnés|déjà abonnée? ?\??(?: .{0,40})?|il vous reste \d+ ?% de (?:cet|l')? ?article à lire(?:.{0,60})?|(?:s'abonner|je m'abonne|se connecter|s'identifier|s'inscrire)(?: .{0,40})?|abonnez-vous(?: .{0,60})?|la suite est réservée .{2,40}",
    r"(?:contenido|artículo|noticia)s? (?:exclusiv[oa]s?|sol[oa]) para (?:suscriptores|socios|usuarios registrados)|¿?ya eres (?:suscriptor|suscriptora|socio)\??(?: .{0,40})?|(?:suscríb(?:ete|ase)|regístr(?:ate|ese)|inicia(?:r)? sesión|iniciar sesión)(?: (?:para|y|ahora|gratis|aquí).{0,60})?|hazte (?:socio|suscriptor)(?: .{0,30})?",
    # comments
    r"(?:leave|post|add|write|submit|go away|depart|put up) (?:a |your |an )?(?:comment|reply|remark|response|feedback|thought)s?|(?:join|be a part of|be part of|enter) (?:the|in the|in) (?:conversation|discussion|debate|dialog|dialogue)|(?:view|show|see|hide|read|load|all|present|learn) (?:all )?(?:the )?(?:\d+ )?(?:comments|feedback|remarks)(?: \(?\d+\)?)?",
    r"(?:comments|feedback|remarks|responses|replies)(?: ?\(?\d+\)?| are closed| off| closed| have been (?:disabled|closed)| policy)|\d{1,5} (?:comments?|remarks|responses|replies|shares)|no comments(?: yet)?|be the first to (?:comment|reply|remark)|(?:log|sign) ?in to (?:comment|reply|post .{2,20})|report (?:this )?(?:comment|abuse|a typo|an error)|reply|(?:have|tell us) your say|(?:what do you think|what's your view|do you agree)\?? ?(?:(?:let us know|tell us|share|join|have your say|comment|leave|sound off|weigh in)\b.{0,60})?",
    r"(?:let us know|tell us|share your (?:thoughts|views|opinion|ideas)|have your say|sound off|weigh in)(?: .{0,40})? in the (?:comments|feedback|remarks)(?: .{0,30})?",
    r"kommentare?(?: \(?\d+\)?| schreiben| verfassen| lesen| anzeigen)?|(?:diskutieren|reden) sie mit|jetzt kommentieren|zur diskussion|(?:laisser|ajouter|écrire|voir|lire) (?:un|les|vos) commentaires?|(?:commentaires?|réactions?)(?: ?\(?\d+\)?)?|(?:deja|dejar|escribe|ver|agregar) (?:un|tu|los) comentarios?|comentarios(?: ?\(?\d+\)?)?",
    # pictures and players
    r"(?:hide|toggle|show|view|open|enlarge|expand|see) (?:this )?(?:captions?|image|picture|gallery|photos?|full ?screen|slideshow|transcript|in gallery)(?: in (?:fullscreen|full screen|full size))?|(?:click|tap) to (?:expand|enlarge|play|view|zoom|tweet)(?: .{0,20})?|(?:image|photo|picture) \d+ (?:of|/) \d+|\d+ ?/ ?\d+|(?:play|watch|pause|mute) ?(?:the )?(?:video|audio|now)?|video (?:player|unavailable|caption|loading)|(?:now playing|up next|media error|playback is not supported .{0,40}|this video (?:cannot|can not) be played)|foto(?:strecke|galerie)|bildergalerie|getty images?|shutterstock|istock(?: ?photo)?|(?:file|stock|handout) (?:photo|picture|image)|listen(?: to (?:this )?(?:article|story))?(?: \(?\d+ min(?:ute)?s?\)?)?|image (?:source|copyright|caption)|(?:ap|reuters|afp) photo",
    # the rest of the page
    r"skip to (?:content|main content|navigation|footer|comments)|(?:back|return) to (?:top|home|homepage|overview)|zum inhalt(?: springen)?|nach oben|haut de page|volver arriba|table of contents|(?:print|download)(?: (?:this )?(?:article|page|pdf|story))?|order reprints|(?:\d{1,2} )?min(?:ute)?s?(?: of)? read(?:ing)?|reading time:? \d+ min\w*|lesezeit:? (?:ca\. )?\d+ min\w*|temps de lecture ?:? \d+ min\w*|tiempo de lectura:? \d+ min\w*|(?:an )?error (?:has )?occurred(?:,? please try again.{0,20})?|thank you for (?:signing up|subscribing).{0,30}|(?:please )?(?:enter|provide|type) (?:a |your )?(?:valid )?e-?mail(?: address)?|e-?mail address|sign ?up|subscribe|newsletters?|(?:all )?rights reserved|terms (?:of|and) (?:use|service|conditions)|privacy (?:policy|notice)|cookie (?:policy|notice)|(?:follow|find) us(?: on(?: .{2,40})?)?|newsletter abonnieren|jetzt newsletter .{2,30}",
    r"this copy is for your personal,? non-?commercial use only(?:. .{0,80})?",
)  # fmt: skip
_WHOLE = re.compile("|".join(f"(?:{wording})" for wording in _WORDINGS))

_LABELLED = re.compile(
    r"(?:read (?:more|also|next|on)|learn extra|see (?:more|also)|(?:also|now) (?:read|see|watch|on .{2,25})|related(?: (?:story|stories|articles?|coverage|video))?|associated|don'?t miss|(?:watch|listen)(?: (?:now|also|next|more))?|must read|more here|recommended|trending"
    r"|lesen sie (?:auch|hier|mehr|dazu)|mehr (?:dazu|zum thema)|auch interessant|(?:à )?lire aussi|à lire également|voir aussi|sur le même sujet|(?:lea|lee|leer|ver|mira) (?:también|más|además)|te puede interesar|más información|leggi anche|leia também)"
    r" ?[:>»|→–—-]+ ?\S.*"
)  # fmt: skip
_FOREIGN_LABEL = re.compile(
    r"(?:lesen sie (?:auch|dazu)|(?:à )?lire aussi|lea también|lee también|leggi anche|leia também|à lire également)\b.{3,}"
)

_AGENCY = (
    r"(?:getty(?: images)?|reuters|afp|associated press|ap|epa(?:-efe)?|efe|dpa|pa(?: wire| media)?|shutterstock|istock|alamy|rex(?: features)?|bloomberg"
    r"|imago|ullstein|zuma|nurphoto|anadolu(?: agency)?|xinhua|sipa|keystone|picture alliance|unsplash|pexels|wikimedia(?: commons)?|flickr|handout|courtesy|ansa|belga|ritzau|tass|via .{2,30})"
)
_PICTURE = r"(?:photo(?:graph|graphy|graphs|s)?|pictures?|pics?|images?|foto(?:s|grafie)?|bild(?:er)?|illustrations?|grafik|graphic|imagen|imágenes|crédits?|credits?|cr[eé]dit photo|credit line|photo credit|image credit|picture credit|bildquelle|crédito|video)"
_CAPTION_LABEL = re.compile(
    rf"(?:image|photo|picture|media|video) (?:caption|source|copyright|credit|courtesy)\b ?[,:–—-]? ?.*|(?:bildunterschrift|légende|pie de foto|caption)\s*[:–—-] ?.*"
    rf"|\W*(?:{_PICTURE})(?: (?:credit|by|courtesy(?: of)?|source|from|via|von|par|de|illustration)){{0,2}} ?[:©] ?\S.{{0,90}}"
    rf"|\W*(?:photo|photograph|picture|illustration|image)s? (?:by|courtesy(?: of)?) \S.{{0,80}}|©.{{2,80}}|\W*(?:ap photo|afp photo|reuters)/.{{2,60}}"
)
_CAPTION_NAME = re.compile(
    r"(?:image|photo|picture|media|video) (?:caption|source|copyright)\b|bildunterschrift|légende|pie de foto|©"
)
_CREDIT_AT_END = re.compile(
    rf"(?:\b{_PICTURE}\s?[:©]\s?|\((?:{_PICTURE})(?: credit)?(?: by|:| courtesy(?: of)?) |\((?:ap|afp) (?:photo|file)\b ?/?|\bcredit: |\bfile pic(?:ture)?\b)[^.!?]{{0,70}}\)?\W*$"
    rf"|[/|] ?{_AGENCY}(?: via .{{2,30}})?\)?$|\b{_AGENCY}/[^.!?]{{2,40}}\)?$|\(?(?:getty images|shutterstock|istock|alamy)\)?$"
)
_NAME = r"[A-Z][\w.'’-]+(?: (?:[A-Z][\w.'’-]*|de|van|von|der|bin|al|del|la)){1,3}"
_BIO = re.compile(
    rf"(?:[–—•*-] ?)?(?P<name>{_NAME})(?:,? \(?@\w+\)?,?)? (?:is|was|are|writes|covers|reports|works) (?:an? |the |currently |our |as )*"
    r"(?:[\w’'-]+ ){0,5}?(?:reporter|writer|editor|correspondent|columnist|journalist|contributor|producer|critic|fellow|professor|photographer|politics|business|technology|sports|health|science|news|here)\b.{0,220}"
)  # fmt: skip
_BIO_SIGN = re.compile(
    r"@\w|\bfollow (?:him|her|them)\b|\breach (?:him|her|them)\b|\b(?:at|for|with|of) (?:the )?[A-Z]|\bcover(?:s|ing)\b|\bbased in\b|\bcontribut|\bauthor of\b"
)
_CREDITS = re.compile(
    r"\(?(?:additional |further |with )?(?:reporting|writing|compiled|written|edited|editing|research) by .{3,200}(?:editing|edited|writing|additional reporting|reporting) (?:by|from) .{3,160}\)?",
    re.I,
)
_NOT_A_LINE = re.compile(r"[.!?]\s+\S")


_PICTURE_SIGN = re.compile(
    r"photo|foto|pic|image|imag|bild|illustration|graphic|grafik|credit|crédit|caption|légende|pie de|©|video|media|reuters/|courtesy|crédito|crèdit"
)
_CREDIT_SIGN = re.compile(
    r"/|\||photo|foto|getty|shutterstock|istock|alamy|credit|crédit|©|pic|bild|image|illustration|ap file|afp file"
)
_CREDITS_BEGIN = (
    "reporting",
    "(reporting",
    "additional",
    "(additional",
    "writing",
    "(writing",
    "compiled",
    "(compiled",
    "written",
    "edited",
    "further",
    "with ",
)


def is_furniture(line: str) -> bool:
    """Whether a line belongs to the page rather than to the article in it."""
    if len(line) > MAX_CAPTION:
        return False
    lower = line.lower().replace("’", "'").replace("\u00a0", " ")
    if is_caption(line, lower):
        return True
    if len(line) <= 200 and not (line.endswith(".") and line.count(" ") >= 12):
        bare = lower.strip(" \t.!:>»«|*#_-–—•→[]()…↓↑←✓×+/,;")
        if len(line) <= MAX_LINE and _WHOLE.fullmatch(bare):
            return True
        sentence = line.endswith(".") and line.count(" ") >= 9
        if not sentence and (_LABELLED.fullmatch(bare) or _FOREIGN_LABEL.fullmatch(bare)):
            return True
    return lower.startswith(_CREDITS_BEGIN) and bool(_CREDITS.fullmatch(line))


def is_caption(line: str, lower: str = "") -> bool:
    """Whether a line is the credit of a picture, or a caption that ends with one."""
    if len(line) > MAX_CAPTION:
        return False
    lower = lower or line.lower()
    head, tail = lower[:28], lower[-90:]
    if _PICTURE_SIGN.search(head) and _CAPTION_LABEL.fullmatch(lower) and not _said(lower):
        told = lower.endswith(".") and len(lower.split()) > 8 and not re.search(_AGENCY, lower)
        return not told or bool(_CAPTION_NAME.match(lower))
    if not _CREDIT_SIGN.search(tail):
        return False
    return bool(_CREDIT_AT_END.search(tail)) and len(_NOT_A_LINE.findall(line)) <= 2 and not _said(lower)


def _said(lower: str) -> bool:
    return "“" in lower or '" said' in lower or " said." in lower or " told " in lower


def is_biography(line: str, text: str) -> bool:
    """Whether a line at the end of `text` is about its writer: a name the article does not mention, and their work."""
    if len(line) > MAX_CAPTION or not (found := _BIO.match(line)):
        return False
    return bool(_BIO_SIGN.search(line)) and text.count(found["name"].split()[-1]) <= line.count(
        found["name"].split()[-1]
    )


_OPENS_A_LIST = re.compile(
    rf"(?:related|associated|recommended|beneficial|more|trending|popular|most|further|extra)(?: {_STORY}| (?:popular|read|viewed|shared|now|for you|from .{{2,30}}|on this .{{2,20}}|like this|in .{{2,20}}))*|(?:read|up|what to read|learn) (?:next|also|more)|don'?t miss|you (?:may|might) also (?:like|be interested in)"
    r"|lesen sie auch|mehr zum thema|weitere artikel|auch interessant|(?:à )?lire aussi|sur le même sujet|les plus lus|te puede interesar|noticias relacionadas|lo más leído|lea también"
)


def opens_a_list(line: str) -> bool:
    """Whether headlines of other articles can be expected below this line."""
    bare = line.lower().replace("’", "'").strip(" \t.!:>»«|*#_-–—•→[]()…")
    return 0 < len(bare) <= 60 and bool(_OPENS_A_LIST.fullmatch(bare))


def is_headline(line: str) -> bool:
    """Whether a line can be the headline of another article: short, of some words, not a sentence."""
    return (
        12 <= len(line) <= MAX_LINE
        and len(line.split()) >= 3
        and line[-1] not in '.:;,”"'
        and not _NOT_A_LINE.search(line)
    )
