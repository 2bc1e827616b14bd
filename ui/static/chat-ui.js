// The chat page's own script: footnotes, conversations kept in the browser, filters, and what can be done with an answer.
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("fn-page").textContent);
  const dates = page.language === "en" ? "en-GB" : page.language; // as the server writes them: 31 May 2024
  const t = (text, values = {}) =>
    (page.texts[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  // ---- small helpers ----

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  // Only where it says something else already: each change is heard by the observer below.
  function set(element, name, value) {
    if (element && element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }

  // Shown in a frame of another page: a smaller header, and nothing that takes that page's focus unasked.
  const query = new URLSearchParams(location.search);
  const embedded = query.has("embed") && window !== window.parent;
  document.documentElement.classList.toggle("fn-embed", embedded);

  const label = (element, text) => set(element, "aria-label", text);

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const busy = () => document.querySelector("#question .stop-button") !== null;
  const field = (id) => document.querySelector(`#${id} textarea, #${id} input`);

  // Writes into one of Gradio's boxes as a reader's typing would.
  function put(id, value) {
    const box = field(id);
    if (!box) return false;
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  // A storage of the browser's, or one that lasts as long as the page: many browsers give a frame none.
  const substitutes = {};
  function storage(name) {
    try { if (window[name]) return window[name]; } catch { /* denied */ }
    if (substitutes[name]) return substitutes[name];
    let kept = {}; // over a reload in the frame's name, which no other site reads
    try { kept = JSON.parse(window.name).footnote[name] ?? {}; } catch { /* nothing was kept */ }
    const values = new Map(Object.entries(kept));
    return substitutes[name] = {
      values,
      getItem: (key) => values.get(key) ?? null, setItem: (key, value) => { values.set(key, value); }, removeItem: (key) => { values.delete(key); },
    };
  }

  // What a storage ("localStorage", "sessionStorage") holds; it may be spoiled or empty.
  function stored(store, key, fallback) {
    try { return JSON.parse(storage(store).getItem(key)) ?? fallback; } catch { return fallback; }
  }

  const status = make("p", { id: "fn-status", role: "status" });
  let hush = 0;
  function say(text, stays = false) {
    // Outside an open dialog it would be behind its backdrop, and unheard.
    const place = document.querySelector("dialog[open]") ?? document.body;
    if (status.parentElement !== place) place.append(status);
    status.textContent = text;
    clearTimeout(hush);
    if (!stays) hush = setTimeout(() => { status.textContent = ""; if (lost) say(t(LOST), true); }, 6000);
  }

  // ---- footnotes and their cards ----

  const open = new Set(); // ids of the source lists the reader opened
  let origin = null; // the chip a card was opened from

  function show(chip) {
    const id = chip.getAttribute("href").slice(1);
    const list = document.getElementById(id.split("-")[0]);
    const card = document.getElementById(id);
    if (!list || !card) return;
    list.open = true;
    open.add(list.id);
    origin = chip.getAttribute("href");
    card.focus({ preventScroll: true });
    if (getComputedStyle(list).position === "sticky") { // beside the answer: the list scrolls, the answer stays
      list.scrollTop += card.getBoundingClientRect().top - list.getBoundingClientRect().top - 48;
      return;
    }
    const tall = card.offsetHeight > (card.closest(".panel-wrap")?.clientHeight ?? Infinity);
    (tall ? card.querySelector("mark") : card).scrollIntoView({
      block: tall ? "center" : "nearest", behavior: calm() ? "auto" : "smooth",
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    const list = event.target.closest?.("details.fn-sources");
    if (!list) {
      if (!document.querySelector("dialog[open]")) up("close");
      return;
    }
    const chip = origin && document.querySelector(`a.cite[href="${CSS.escape(origin).replace("\\#", "#")}"]`);
    list.open = false;
    (chip && origin.startsWith(`#${list.id}-`) ? chip : list.querySelector("summary")).focus();
  });

  document.addEventListener("toggle", (event) => {
    const list = event.target;
    if (!list.matches?.("details.fn-sources") || !list.isConnected) return;
    if (list.open) open.add(list.id);
    else open.delete(list.id);
  }, true);

  // ---- an answer as Markdown ----

  const plain = (text) => text.replace(/\s+/g, " ").trim().replace(/([\\`*_[\]<>#|~$])/g, "\\$1");

  // With single quotation marks in place of its own, as the server writes it.
  function nested(text) {
    let open = false;
    return text.replace(/[“”„]/g, (sign) => ({ "“": "‘", "”": "’", "„": "‚" })[sign]).replace(/"/g, (sign, at, all) => {
      const behind = at > 0 && /[\p{L}\p{N}.,;:!?…]/u.test(all[at - 1]);
      if (!open && !behind) { open = true; return "‘"; }
      if (!open && /\p{N}/u.test(all[at - 1])) return sign;
      open = false;
      return "’";
    });
  }

  function worded(element, mark) {
    const copy = element.cloneNode(true);
    for (const chip of copy.querySelectorAll("a.cite")) chip.replaceWith(`\u0001${chip.textContent.trim()}\u0002`);
    for (const line of copy.querySelectorAll("br")) line.replaceWith(" ");
    for (const words of copy.querySelectorAll(".fn-words")) words.replaceWith(`“${words.textContent}”`); // as the page shows them
    return plain(copy.textContent).replace(/\u0001(\d+)\u0002/g, (_, n) => `[^${mark}${n}]`);
  }

  function markdown(answer, mark = "") {
    const lines = [];
    for (const part of answer.children) {
      if (part.matches("blockquote")) {
        const said = [...part.querySelectorAll("p:not(.fn-from)")].map((p) => `> ${worded(p, mark)}`);
        const from = part.querySelector(".fn-from");
        if (from) said.push(`> — ${plain(from.textContent)}`);
        lines.push(said.join("\n>\n"));
      } else if (part.matches("p.fn-note")) lines.push(`*${worded(part, mark)}*`);
      else if (part.matches("p")) lines.push(worded(part, mark));
    }
    for (const card of answer.querySelectorAll("ol.fn-cards > li[id]")) {
      const words = plain(nested(card.querySelector("mark")?.textContent ?? ""));
      const title = card.querySelector(".fn-title");
      const link = title.querySelector("a")?.href ?? card.querySelector("a.fn-open")?.href;
      const named = link ? `[${plain(title.textContent)}](${link.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"))})` : plain(title.textContent);
      const facts = plain(card.querySelector(".fn-fact")?.textContent ?? "");
      lines.push(`[^${mark}${card.id.split("-")[1]}]: “${words}” ${named}${facts ? `, ${facts}` : ""}`);
    }
    return lines.join("\n\n") + "\n";
  }

  async function copy(text, told) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not a secure page: the old way
      const area = make("textarea", { class: "fn-away" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(told);
  }

  // ---- dialogs ----

  function dialog(title, ...content) {
    document.querySelector("dialog.fn-dialog")?.remove();
    const close = () => { if (box.contains(status)) document.body.append(status); box.remove(); };
    const box = make("dialog", { class: "fn-dialog", "aria-labelledby": "fn-dialog-title", close },
      make("div", { class: "fn-dialog-head" },
        make("h2", { id: "fn-dialog-title" }, title),
        make("button", { class: "fn-plain", type: "button", "aria-label": t("Close"), click: () => box.close() }, "×")),
      ...content);
    box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
    document.body.append(box);
    box.showModal();
    if (status.textContent) box.append(status);
    return box;
  }

  const action = (text, click, kind = "fn-plain") => make("button", { class: kind, type: "button", click }, text);

  // ---- conversations, kept in this browser only ----

  const TALKS = "footnote:talks";
  const CURRENT = "footnote:talk";
  const MOST_TALKS = 50;
  const UNDO_MS = 15_000;
  const MOST_SENT = 1_200_000; // characters of a conversation that is opened: the server takes no more than 2 MB
  let heard = ""; // the last turn that was taken from the server's box

  // A kept conversation without whatever else stands in the storage, null for anything else.
  function asTalk(given) {
    if (typeof given?.id !== "string" || !Array.isArray(given.turns)) return null;
    const turns = given.turns
      .filter((turn) => typeof turn?.asked === "string" && typeof turn.said === "string")
      .map(({ asked, said }) => ({ asked, said }));
    const at = new Date(typeof given.at === "string" ? given.at : 0);
    return {
      id: given.id, title: typeof given.title === "string" ? given.title : "", turns, scope: asScope(given.scope),
      at: new Date(at.getTime() || 0).toISOString(),
    };
  }

  function talks() {
    const kept = stored("localStorage", TALKS, []);
    return (Array.isArray(kept) ? kept : []).map(asTalk).filter(Boolean);
  }

  function keep(list) {
    list = list.slice(0, MOST_TALKS);
    while (list.length) {
      try {
        storage("localStorage").setItem(TALKS, JSON.stringify(list));
        return;
      } catch { // the browser's space is full: the oldest conversation goes
        if (list.length === 1) return;
        list.pop();
      }
    }
    try { storage("localStorage").removeItem(TALKS); } catch { /* no storage, nothing kept */ }
  }

  function current(id) {
    try {
      if (id === undefined) return storage("sessionStorage").getItem(CURRENT);
      if (id) storage("sessionStorage").setItem(CURRENT, id);
      else storage("sessionStorage").removeItem(CURRENT);
    } catch { /* no storage: every visit is a new conversation */ }
    return id;
  }

  const bare = (words) => words.replace(/\s+/g, " ").trim();
  const text = (html) => bare(new DOMParser().parseFromString(html, "text/html").body.textContent);

  const newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  let seen = ""; // when the conversation was last written to, as far as this tab knows

  function hear() {
    const value = field("fn-kept")?.value ?? "";
    if (!value || value === heard) return;
    const { turn, asked, said } = JSON.parse(value);
    const shown = document.querySelectorAll("#chat .user-row")[turn];
    if (!shown || bare(shown.textContent) !== text(asked)) return; // the reader has left for another conversation
    heard = value;
    const list = talks();
    let talk = list.find((one) => one.id === current());
    if (talk && talk.at !== seen && turn > 0) { // another tab went on with it: from here they are two conversations
      talk = { id: newId(), turns: talk.turns.slice(0, turn) };
      current(talk.id);
    } else if (!talk || turn === 0) {
      // A question asked anew from the top of a conversation goes on in its place.
      if (!talk || talk.turns.length === 0 || text(talk.turns[0].asked) !== text(asked)) {
        talk = { id: newId(), turns: [] };
        current(talk.id);
      }
    }
    talk.turns.length = Math.min(turn, talk.turns.length);
    talk.turns.push({ asked, said });
    talk.title = text(talk.turns[0].asked).slice(0, 120);
    talk.at = seen = new Date().toISOString();
    talk.scope = scope;
    keep([talk, ...list.filter((one) => one.id !== talk.id)]);
    restless = Date.now() + 1000;
    announce(asked, said);
  }

  function openTalk(talk, scoped = true, focused = true) {
    let turns = talk ? [...talk.turns] : [];
    while (turns.length > 1 && JSON.stringify(turns).length > MOST_SENT) turns.shift();
    if (talk && turns.length < talk.turns.length) { // the whole stays in the list, its end goes on as another
      talk = { ...talk, id: newId(), turns };
      keep([talk, ...talks()]);
      say(t("Only the end of this long conversation is shown."));
    }
    current(talk ? talk.id : "");
    seen = talk?.at ?? "";
    open.clear();
    if (scoped && talk) choose(talk.scope);
    put("fn-talk", JSON.stringify({ turns, at: Date.now() })); // never twice the same: it is heard by its change
    expected = { turns: turns.length, until: Date.now() + 4000 };
    setTimeout(askForPage, 4100);
    if (focused) document.querySelector("#question textarea")?.focus();
  }

  function exported(talk) {
    const parts = talk.turns.map((turn, number) => {
      const answer = new DOMParser().parseFromString(turn.said, "text/html").querySelector(".fn-answer");
      return `## ${plain(text(turn.asked))}\n\n${answer ? markdown(answer, `${number + 1}-`) : ""}`;
    });
    return `# ${plain(talk.title ?? "")}\n\n${new Date(talk.at).toLocaleString(dates, { dateStyle: "long", timeStyle: "short" })}\n\n${parts.join("\n")}`;
  }

  function download(name, content) {
    const link = make("a", { href: URL.createObjectURL(new Blob([content], { type: "text/markdown" })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // Deletes a conversation; in its row stands for a while how to have it back.
  function forget(talk, row) {
    const open = talk.id === current();
    const before = talks();
    keep(before.filter((one) => one.id !== talk.id));
    if (open) openTalk(null);
    const kept = [...row.childNodes];
    const back = action(t("Undo"), () => {
      clearTimeout(gone);
      const now = talks();
      const later = new Set(before.slice(before.findIndex((one) => one.id === talk.id) + 1).map((one) => one.id));
      const at = now.findIndex((one) => later.has(one.id));
      now.splice(at < 0 ? now.length : at, 0, talk); // where it stood
      keep(now);
      row.replaceChildren(...kept);
      if (open) openTalk(talk);
      row.querySelector("button").focus();
      say(t("It is back."));
    });
    row.replaceChildren(make("span", { class: "fn-talk-day" }, t("Deleted: {title}", { title: talk.title || t("Conversation") })), back);
    back.focus();
    say(t("Deleted."));
    const gone = setTimeout(function end() {
      if (row.contains(document.activeElement)) return setTimeout(end, 2000); // who is about to press it may take their time
      const box = row.closest("dialog[open]");
      row.remove();
      if (box && !talks().length) { box.close(); listTalks(); }
    }, UNDO_MS);
  }

  function listTalks() {
    const list = talks();
    const rows = list.map((talk) => {
      const row = make("li", {},
        make("button", { class: "fn-talk-open", type: "button", dir: "auto", click: () => { box.close(); openTalk(talk); } },
          talk.title || t("Conversation")),
        make("span", { class: "fn-talk-day" }, new Date(talk.at).toLocaleString(dates, { dateStyle: "medium", timeStyle: "short" })),
        action(t("Export"), () => download(`footnote-${talk.at.slice(0, 10)}.md`, exported(talk))),
        action(t("Delete"), () => forget(talk, row)));
      return row;
    });
    // Asked in the page itself: browsers show no questions of their own to a frame.
    const all = make("div", { class: "fn-row" }, action(t("Delete all"), () => {
      const sure = action(t("Delete all"), () => { keep([]); openTalk(null); box.close(); }, "fn-main");
      all.replaceChildren(make("span", { role: "alert" }, t("Delete all conversations from this browser?")), sure,
        action(t("Cancel"), () => { box.close(); listTalks(); }));
      sure.focus();
    }));
    const box = dialog(t("Conversations"),
      make("p", { class: "fn-hint" }, list.length ? t(substitutes.localStorage ? "They are kept until this page is closed." : "They are kept in this browser only.") : t("No conversation is kept in this browser yet.")),
      make("ul", { class: "fn-talks" }, ...rows),
      list.length ? all : null);
  }

  // ---- what is asked: a collection, and which of its articles ----

  const SCOPE = "footnote:scope";
  const FILTERS = ["source", "topic", "article"]; // what an address may name besides the collection

  function asScope(given) {
    const { collection, since, until, source, topic, article } = given ?? {};
    const day = (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? value : "");
    const names = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
    const known = page.collections.indexOf(collection) > 0 ? collection : ""; // the first one needs no name
    const parts = { collection: known, since: day(since), until: day(until), source: names(source), topic: names(topic), article: names(article) };
    return Object.fromEntries(Object.entries(parts).filter(([, value]) => value.length));
  }

  // Kept for this tab; the address names the collection, so that it can be passed on.
  function keepScope() {
    try { storage("sessionStorage").setItem(SCOPE, JSON.stringify(scope)); } catch { /* kept for this page only */ }
    const address = new URL(location.href);
    if (scope.collection) address.searchParams.set("collection", scope.collection);
    else address.searchParams.delete("collection");
    for (const name of FILTERS) {
      if (!address.searchParams.has(name)) continue;
      address.searchParams.delete(name);
      for (const value of scope[name] ?? []) address.searchParams.append(name, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  const wanted = query.get("collection");
  const named = asScope({ collection: wanted, ...Object.fromEntries(FILTERS.map((name) => [name, query.getAll(name)])) });
  // In a frame the page around it says what is asked; the tab may hold what another of its pages said.
  let scope = embedded || FILTERS.some((name) => query.has(name)) ? named : asScope(stored("sessionStorage", SCOPE, {}));
  let missing = wanted && !page.collections.includes(wanted) ? wanted : "";
  if (page.collections.includes(wanted) && wanted !== (scope.collection ?? page.collections[0])) {
    scope = asScope({ collection: wanted });
    current(""); // another collection is another conversation
  }
  keepScope();

  function choose(chosen) {
    scope = asScope(chosen);
    absent = false;
    keepScope();
    missing = "";
    document.querySelector(".fn-missing")?.remove();
    tell();
    tools();
    learn();
  }

  const titles = new Map(); // of the articles in the filter, by what they are called there
  let learnt = true;
  let absent = false; // whether the page asked about is no article

  // What the articles in the filter are titled; those that are none of this collection leave it.
  async function learn() {
    const unknown = (scope.article ?? []).filter((one) => !titles.has(one));
    if (!unknown.length) return;
    const asking = scope;
    learnt = false;
    for (const article of unknown) {
      try {
        const answer = await fetch(`/api/articles?${new URLSearchParams({ article, collection: asking.collection ?? "", limit: 1 })}`);
        if (answer.ok) titles.set(article, (await answer.json()).articles[0]?.title || t("Untitled article"));
        else if (answer.status === 404 || answer.status === 422) titles.set(article, "");
      } catch { /* the server does not answer; it will say so to the question */ }
    }
    learnt = true;
    if (scope !== asking) return;
    absent = unknown.some((one) => titles.get(one) === "");
    if (absent) {
      scope = asScope({ ...scope, article: scope.article.filter((one) => titles.get(one) !== "") });
      keepScope();
    }
    begin();
    if (begun) tell();
    tools();
  }

  let told = ""; // told once at least: the header and the empty page come in answer
  function tell() {
    const value = JSON.stringify(scope);
    if (value !== told && put("fn-scope", value)) told = value;
  }

  function scopeText() {
    const day = (value) => new Date(`${value}T12:00`).toLocaleDateString(dates, { dateStyle: "long" });
    const parts = [
      scope.since && scope.until ? `${day(scope.since)} – ${day(scope.until)}`
        : scope.since ? t("from {day}", { day: day(scope.since) }) : scope.until ? t("to {day}", { day: day(scope.until) }) : "",
      ...(scope.source ?? []), ...(scope.topic ?? []), ...(scope.article ?? []).map((one) => `“${titles.get(one) || one}”`),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  async function chooseScope() {
    let known = [];
    try {
      known = (await (await fetch("/api/collections")).json()).collections;
    } catch { say(t("The server does not answer.")); return; }
    const pick = (name, title, values, chosen, all) => make("label", {}, title,
      make("select", { name }, all ? make("option", { value: "" }, t("All")) : null,
        ...values.map((value) => make("option", { value, selected: value === chosen }, value))));
    const day = (name, title) => make("label", {}, title, make("input", { type: "date", name, value: scope[name] ?? "" }));
    const found = () => known.find((one) => one.name === (form.elements.collection?.value ?? scope.collection)) ?? known[0];
    const names = make("div", { class: "fn-row" });
    const fill = () => names.replaceChildren(
      ...(found().sources.length ? [pick("source", t("Source"), found().sources, scope.source?.[0], true)] : []),
      ...(found().topics.length ? [pick("topic", t("Topic"), found().topics, scope.topic?.[0], true)] : []));
    const problem = make("p", { class: "fn-problem", role: "alert" });
    const form = make("form", {
      method: "dialog",
      submit: (event) => {
        event.preventDefault();
        const data = Object.fromEntries(new FormData(form));
        if (data.since && data.until && data.since > data.until) {
          problem.textContent = t("The first day is after the last one: swap the two dates.");
          return;
        }
        const moved = (data.collection ?? known[0].name) !== (scope.collection ?? known[0].name);
        choose({
          collection: data.collection && data.collection !== known[0].name ? data.collection : "",
          since: data.since, until: data.until,
          source: data.source ? [data.source] : [], topic: data.topic ? [data.topic] : [],
          article: moved ? [] : scope.article,
        });
        if (moved) openTalk(null); // another collection is another conversation
        box.close();
      },
    },
      known.length > 1 ? pick("collection", t("Collection"), known.map((one) => one.name), scope.collection, false) : null,
      make("div", { class: "fn-row" }, day("since", t("From")), day("until", t("To"))), names, problem,
      make("div", { class: "fn-row" },
        make("button", { class: "fn-main" }, t("Use this filter")),
        action(t("No filter"), () => { choose({ collection: scope.collection }); box.close(); })));
    fill();
    form.elements.collection?.addEventListener("change", fill);
    const box = dialog(t("Which articles?"), form);
  }

  // ---- the tools beside the header ----

  function tools() {
    const header = document.querySelector(".fn-header.block");
    if (!header) return;
    let bar = header.querySelector(".fn-tools");
    if (!bar) {
      bar = make("div", { class: "fn-tools", role: "group", "aria-label": t("Tools") },
        action(t("New chat"), () => openTalk(null), "fn-tool fn-new"),
        action(t("Conversations"), listTalks, "fn-tool fn-old"),
        action(t("Filter"), chooseScope, "fn-tool fn-only"),
        make("a", { class: "fn-tool fn-articles", href: "/articles/", target: "_blank" }, t("Articles")));
      header.append(bar);
      if (embedded) header.append(corner());
    }
    const standalone = new URL(location.href);
    standalone.searchParams.delete("embed");
    set(header.querySelector(".fn-out"), "href", standalone.href);
    const articles = bar.querySelector(".fn-articles");
    const where = scope.collection ? `/articles/?collection=${encodeURIComponent(scope.collection)}` : "/articles/";
    set(articles, "href", where);
    const said = scopeText();
    let line = header.querySelector(".fn-active");
    const about = scope.article?.length > 0;
    if (!said && !absent) line?.remove();
    else {
      if (!line) header.append(line = make("p", { class: "fn-active" }));
      if (line.dataset.said !== said) {
        line.dataset.said = said;
        line.replaceChildren(...(!said ? [t("This page is not among the articles: all of them are asked.")] : [
          make("span", {}, about ? t("About this article only: {filter}", { filter: said }) : t("Only: {filter}", { filter: said })), " ",
          action(about ? t("Ask all articles") : t("No filter"), () => {
            choose({ collection: scope.collection });
            (embedded ? document.querySelector("#question textarea") : header.querySelector(".fn-only")).focus(); // the line with the button is gone
          })]));
      }
    }
    if (missing && !header.querySelector(".fn-missing")) {
      header.append(make("p", { class: "fn-missing", role: "alert" }, t("There is no collection “{name}” here; what you see is “{shown}”.",
        { name: missing, shown: scope.collection ?? page.collections[0] })));
    }
    const only = bar.querySelector(".fn-only");
    set(only, "aria-pressed", Boolean(said));
  }

  // ---- inside another page ----

  // What stands at the header's end there: the tools folded away, a way out, and one to close the bubble.
  function corner() {
    const icon = (kind, sign, text, more) => make(more.href ? "a" : "button", { class: `fn-tool fn-icon ${kind}`, "aria-label": text, title: text, ...more }, sign);
    const menu = icon("fn-menu", "☰", t("Tools"), {
      type: "button", "aria-expanded": "false",
      click: () => set(menu, "aria-expanded", document.documentElement.classList.toggle("fn-unfolded")),
    });
    return make("div", { class: "fn-corner" }, menu,
      icon("fn-out", "↗", t("Open in a new tab"), { href: "./", target: "_blank" }),
      icon("fn-shut", "×", t("Close the chat"), { type: "button", click: () => up("close") }));
  }

  let above = ""; // the origin of the page around this one, once its script has said hello
  let heading = ""; // what that page calls the chat
  let pageAsks = ""; // a question of that page that is still to be asked
  let pageAsked = null; // the one of its questions that is answered just now
  let calledIn = false; // whether the question's box is to take the focus, once it is there
  let restless = 0; // until when what follows an answer may still be on its way, and cannot be called off
  let expected = null; // a conversation is being opened: so many turns are to come

  function up(footnote, detail) {
    if (above) window.parent.postMessage({ footnote, detail }, above);
  }

  // Only the page right around this one is listened to, and only if it may show the chat.
  addEventListener("message", (event) => {
    if (!embedded || event.source !== window.parent) return;
    if (event.origin !== location.origin && !page.framers.includes(event.origin)) return;
    const { footnote, text } = event.data ?? {};
    if (footnote === "hello") {
      above = event.origin;
      heading = typeof text === "string" ? text.slice(0, 80) : "";
      document.documentElement.classList.add("fn-bubble");
      up("ready");
      tend();
    } else if (event.origin !== above) return;
    else if (footnote === "focus") {
      calledIn ||= !matchMedia("(pointer: coarse)").matches; // there it would bring up the keyboard
      tend();
    }
    else if (footnote === "ask" && typeof text === "string" && text.trim()) {
      pageAsks = text.trim().slice(0, 2000);
      askForPage();
    }
  });

  // A question of the page around begins a new conversation: its answer, which that page is told, cannot lean on what the reader asked.
  function askForPage() {
    const turns = document.querySelectorAll("#chat .user-row").length;
    if (expected && (expected.turns === turns || expected.until < Date.now())) expected = null;
    if (!pageAsks || !begun || expected || busy()) return;
    if (turns && Date.now() < restless) return void setTimeout(askForPage, 200);
    if (turns) return openTalk(null, false, false);
    pageAsked = pageAsks;
    pageAsks = "";
    current("");
    ask(pageAsked);
  }

  // Tells the page around that an answer is there; what it says only if that page asked.
  function announce(asked, said) {
    const answer = new DOMParser().parseFromString(said, "text/html").querySelector(".fn-answer[id]");
    if (!answer || !above) return;
    const facts = { answered: !answer.querySelector(".fn-abstained"), footnotes: answer.querySelectorAll(".fn-cards > li[id]").length };
    const own = pageAsked !== null && text(asked) === bare(pageAsked);
    if (own) pageAsked = null;
    up("answer", own ? { ...facts, question: text(asked), text: markdown(answer) } : facts);
  }

  // ---- what can be done with an answer ----

  const JUDGED = "footnote:judged";
  const FORGOTTEN = "The server no longer holds this answer. Ask the question again.";

  async function call(method, path, body) {
    try {
      const response = await fetch(path, {
        method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
      });
      if (response.ok) return response.status === 204 ? {} : await response.json();
      if (method === "DELETE" && response.status === 404) return {}; // gone already
      say(t(response.status === 404 ? FORGOTTEN : "This could not be stored. Try again later."));
    } catch { say(t("The server does not answer.")); }
    return null;
  }

  const judged = () => stored("localStorage", JUDGED, {});

  function remember(answer, verdict) {
    const entries = Object.entries(judged()).filter(([id]) => id !== answer).slice(-300);
    if (verdict) entries.push([answer, verdict]);
    try { storage("localStorage").setItem(JUDGED, JSON.stringify(Object.fromEntries(entries))); } catch { /* shown once */ }
    press();
  }

  async function judge(answer, verdict, more = {}) {
    const before = judged()[answer];
    if (before && before.verdict === verdict && before.marker === more.marker && more.comment === undefined) {
      if (await call("DELETE", `/api/feedback/${before.id}`)) { remember(answer, null); say(t("Taken back.")); }
      return false;
    }
    const given = await call("POST", "/api/feedback", { answer, verdict, ...more });
    if (!given) return false;
    const { expected, comment, source } = { ...before, ...more };
    remember(answer, { id: given.id, verdict, marker: more.marker, expected, comment, source });
    say(t("Thank you. It is stored on this server only."));
    return true;
  }

  async function reject(answer, verdict, more = {}) {
    if (!(await judge(answer, verdict, more))) return;
    const wrote = judged()[answer] ?? {}; // also with a verdict before this one: its words are kept
    const said = (name) => (typeof wrote[name] === "string" ? wrote[name] : "");
    const area = (name, title) => make("label", {}, title, make("textarea", { name, rows: 3, maxlength: 2000 }, said(name)));
    const form = make("form", {
      submit: async (event) => {
        event.preventDefault();
        const data = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
        const changed = Object.entries(data).some(([name, value]) => value !== said(name));
        if (!changed || (await judge(answer, verdict, { ...more, ...data }))) box.close();
      },
    },
      verdict === "wrong-source"
        ? make("label", {}, t("The right source, if you know it: its title or address"), make("input", { name: "source", maxlength: 2000, value: said("source") }))
        : area("expected", t("The right answer, if you know it")),
      area("comment", t("What is wrong?")),
      make("div", { class: "fn-row" }, make("button", { class: "fn-main" }, t("Send")), action(t("Skip"), () => box.close())));
    const box = dialog(verdict === "wrong-source" ? t("Which source is the right one?") : t("What should it have said?"), form);
  }

  async function share(answer) {
    const made = await call("POST", `/api/answers/${answer}/share`);
    if (!made) return;
    const address = new URL(made.url, location.href).href;
    const link = make("input", { class: "fn-link", readonly: true, value: address, "aria-label": t("Link to this answer") });
    const box = dialog(t("Link to this answer"),
      make("p", { class: "fn-hint" }, t("Whoever has this link can read this one question, as typed and as understood, and its answer.")), link,
      make("div", { class: "fn-row" },
        action(t("Copy"), () => copy(address, t("Copied.")), "fn-main"),
        make("a", { class: "fn-plain", href: made.url, target: "_blank" }, t("Open")),
        action(t("Stop sharing"), async () => {
          if (await call("DELETE", `/api/answers/${answer}/share`)) { box.close(); say(t("The link no longer works.")); }
        })));
    link.select();
  }

  function press() {
    const known = judged();
    for (const answer of document.querySelectorAll(".fn-answer[id]")) {
      const verdict = known[answer.id.slice(2)];
      for (const [name, on] of [["up", verdict?.verdict === "up"], ["down", verdict?.verdict === "down"]]) {
        set(answer.querySelector(`.fn-${name}`), "aria-pressed", on);
      }
      for (const button of answer.querySelectorAll(".fn-wrong")) {
        const on = verdict?.verdict === "wrong-source" && verdict.marker === marker(button);
        set(button, "aria-pressed", on);
      }
    }
  }

  const marker = (button) => Number(button.closest("li.fn-card").id.split("-")[1]);

  function ask(question) {
    if (busy() || !put("question", question)) return;
    setTimeout(() => document.querySelector("#question .submit-button")?.click(), 60); // after Gradio took the text in
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("a.cite, button.fn-act, button.fn-ask");
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    if (target.matches("a.cite")) return show(target);
    if (target.matches(".fn-ask")) return ask(target.textContent);
    const answer = target.closest(".fn-answer");
    const id = answer.id.slice(2);
    if (target.matches(".fn-copy")) copy(markdown(answer), t("Copied with its footnotes."));
    else if (target.matches(".fn-share")) share(id);
    else if (target.matches(".fn-again") && lost) askLater("", true);
    else if (target.matches(".fn-again") && !anew && answer.querySelector(".fn-failed")?.textContent === t("This page is too old to ask with. Reload it, then ask again: the conversation stays.")) {
      later({ question: "", again: true, ask: true }); // a frame has no button to reload it
      location.reload();
    }
    else if (target.matches(".fn-again")) document.querySelector("#chat .message-buttons-left button")?.click();
    else if (target.matches(".fn-up")) judge(id, "up");
    else if (target.matches(".fn-down")) reject(id, "down");
    else if (target.matches(".fn-wrong")) reject(id, "wrong-source", { marker: marker(target) });
  }, true);

  // ---- what Gradio draws, named for screen readers and in the reader's language ----

  // Whoever uses the keyboard goes on at the question's box when the button just pressed is gone.
  let pressed = null;
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") pressed = event.target; }, true);
  document.addEventListener("pointerdown", () => { pressed = null; }, true);

  function tend() {
    for (const chip of document.querySelectorAll("a.cite:not([aria-label])"))
      label(chip, t("Footnote {n}", { n: chip.textContent }));
    for (const card of document.querySelectorAll("li.fn-card[id]:not([aria-label])"))
      label(card, t("Source {n}", { n: card.id.split("-")[1] }));
    for (const list of document.querySelectorAll("details.fn-sources:not([data-seen])")) {
      list.dataset.seen = "1";
      if (open.has(list.id)) list.open = true; // redrawn while the answer grew
    }
    // Gradio names each message by its whole source text.
    for (const said of document.querySelectorAll('#chat [data-testid="user"]')) label(said, t("Question"));
    for (const said of document.querySelectorAll('#chat [data-testid="bot"]')) label(said, t("Answer"));
    label(document.querySelector("#question .submit-button"), t("Send the question"));
    label(document.querySelector("#question .stop-button"), t("Stop the answer"));
    label(document.querySelector('#chat [role="log"]'), t("Conversation"));
    for (const example of document.querySelectorAll("#chat .example")) label(example, example.textContent.trim());
    const box = document.querySelector("#question textarea");
    const named = document.querySelector('#question [data-testid="block-info"]')?.firstChild;
    label(box, t("Your question"));
    if (named?.nodeType === Node.TEXT_NODE && named.data.trim() !== t("Your question")) named.data = t("Your question");
    const hint = box && t(box.placeholder);
    if (box && box.placeholder !== hint) box.placeholder = hint;
    for (const group of document.querySelectorAll('.examples[role="list"]')) group.setAttribute("role", "group");
    if (calledIn && box) {
      calledIn = false;
      box.focus();
    }
    if (pressed && !pressed.isConnected) {
      pressed = null;
      if (document.activeElement === document.body) box?.focus();
    }
    for (const toast of document.querySelectorAll(".toast-body")) {
      if (toast.hidden || !toast.textContent.includes(GRADIOS)) continue;
      toast.hidden = true; // said below, in the reader's language
      lose();
    }
    if (document.documentElement.lang !== page.language) document.documentElement.lang = page.language;
    const name = heading && document.querySelector("h1.fn-name");
    if (name && name.textContent !== heading) name.textContent = heading;
    tools();
    press();
    hear();
    askForPage();
  }

  // A new question comes to the top and its answer grows below it, until the reader scrolls.
  let asked = 0;
  let following = false;
  for (const kind of ["wheel", "touchmove", "mousedown", "keydown"])
    document.addEventListener(kind, (event) => {
      if (event.target.closest?.("#chat")) following = false;
    }, { capture: true, passive: true });

  function follow() {
    const rows = document.querySelectorAll("#chat .user-row");
    if (rows.length > asked) following = true;
    asked = rows.length;
    const panel = document.querySelector("#chat .panel-wrap");
    if (!following || !rows.length || !panel) return;
    const row = rows[rows.length - 1];
    panel.scrollTop += row.getBoundingClientRect().top - panel.getBoundingClientRect().top - 14;
    if (!document.querySelector("#chat .fn-live")) following = false;
  }

  // ---- the next question while an answer is under way ----

  // Stops the answer, and sends what is typed once the page is free.
  let interrupting = 0;
  function interrupt() {
    if (interrupting || !field("question").value.trim()) return;
    let stopped = false;
    interrupting = setInterval(() => {
      if (!busy()) {
        clearInterval(interrupting);
        interrupting = 0;
        hear(); // the stopped answer is kept before another takes its place
        if (!lost) document.querySelector("#question .submit-button")?.click();
      } else if (!stopped && field("fn-asked-in").value === field("fn-talk").value + field("fn-leave").value) {
        stopped = true;
        put("fn-leave", newId()); // that it was broken off is no failure to be told
        setTimeout(() => document.querySelector("#question .stop-button")?.click(), 60); // after Gradio took that in
      }
    }, 50);
  }

  let early = 0;
  function send(event) {
    if (begun && !busy() && !lost) return;
    event.preventDefault();
    event.stopPropagation();
    if (!begun) { // sent as soon as it is known which articles are asked
      clearTimeout(early);
      early = setTimeout(() => document.querySelector("#question .submit-button")?.click(), 100);
    } else if (lost) askLater(field("question").value);
    else interrupt();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches?.("#question textarea")) send(event);
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#question .submit-button")) send(event);
    else if (!told && event.target.closest?.("#chat .examples button, #chat .example")) event.stopPropagation();
  }, true);

  // ---- a server that is gone ----

  const LATER = "footnote:later";
  const LOST = "The connection to the server was lost. The page goes on by itself when it is back.";
  const GRADIOS = "Connection to the server was lost";
  let lost = false;

  // Gradio notices when a stream breaks, and loads the page anew once the server is back. Where a connection just
  // falls silent it does not: then this does both.
  async function alive(seconds) {
    try {
      return (await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(seconds * 1000) })).ok;
    } catch { return false; }
  }

  let missed = 0;
  async function watch() {
    if (lost) {
      if (await alive(5)) return location.reload();
    } else if (busy() && !document.hidden) {
      missed = (await alive(20)) ? 0 : missed + 1;
      if (missed > 1) lose();
    } else missed = 0;
    setTimeout(watch, lost ? 2000 : 4000);
  }

  let leaving = false; // a page that is left breaks its streams off itself
  addEventListener("beforeunload", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  function lose() {
    if (lost || leaving) return;
    lost = true;
    document.documentElement.classList.add("fn-lost");
    say(t(LOST), true);
    const line = [...document.querySelectorAll("#chat .fn-live")].pop();
    if (!line) return;
    const answer = line.closest(".fn-answer");
    line.replaceWith(make("p", { class: "fn-failed" }, t("The connection to the server was lost before the answer was whole.")));
    answer.append(make("div", { class: "fn-acts" },
      make("button", { class: "fn-act fn-again", title: t("Ask this question again") }, make("span", {}, t("Ask again")))));
    const list = talks();
    const talk = list.find((one) => one.id === current());
    if (!talk?.turns.length) return;
    const copy = answer.cloneNode(true);
    for (const each of copy.querySelectorAll("*"))
      for (const name of ["aria-label", "aria-pressed", "data-seen", "open"]) each.removeAttribute(name);
    talk.turns.at(-1).said = copy.outerHTML;
    keep(list);
  }

  function askLater(question, again = false) {
    if (!question.trim() && !again) return;
    later({ question, again, ask: true });
    say(t("It is asked as soon as the server is back."));
  }

  function later(wish) {
    try { storage("sessionStorage").setItem(LATER, JSON.stringify(wish)); } catch { /* it has to be typed again */ }
  }

  addEventListener("pagehide", () => {
    const typed = field("question")?.value ?? "";
    if (!lost) return;
    const wish = stored("sessionStorage", LATER, {});
    later({ ...wish, question: typed, ask: Boolean(wish.ask) && (wish.again || wish.question === typed) });
  });

  // What was typed, or to be asked, while the server was gone.
  let anew = false; // whether this page was loaded to ask something again
  function resume() {
    const { question = "", again, ask: asks } = stored("sessionStorage", LATER, {}) ?? {};
    try { storage("sessionStorage").removeItem(LATER); } catch { /* there was none */ }
    if (typeof question === "string" && question) put("question", question);
    if (!asks) return;
    anew = true;
    const ready = setInterval(() => { // the conversation it belongs to is opened first
      const last = [...document.querySelectorAll("#chat .fn-again")].pop();
      if (current() && !document.querySelector("#chat .fn-answer")) return;
      clearInterval(ready);
      if (again) last?.click();
      else document.querySelector("#question .submit-button")?.click();
    }, 100);
  }

  let begun = false;
  function begin() {
    if (!told && field("fn-scope")) tell(); // before anything can be asked: the server reads none as all articles
    if (begun || !learnt || !field("fn-talk") || !field("fn-scope") || !document.querySelector("#question .submit-button")) return;
    begun = true;
    tell();
    const talk = talks().find((one) => one.id === current());
    // What was chosen since its last answer holds; one about another article stays in the list.
    const same = (name) => String(talk.scope[name] ?? "") === String(scope[name] ?? "");
    if (talk && same("article") && same("collection")) openTalk(talk, false, !embedded);
    else if (talk) current("");
    resume();
    watch();
  }

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    const settle = () => {
      if (!waiting) return;
      waiting = false;
      begin();
      tend();
      follow();
    };
    if (!document.hidden) requestAnimationFrame(settle);
    setTimeout(settle, document.hidden ? 50 : 200); // none is drawn of a hidden tab, or of a frame nobody sees
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label", "placeholder", "lang"],
  });
  addEventListener("pagehide", () => {
    hear();
    const held = Object.entries(substitutes).map(([name, { values }]) => [name, Object.fromEntries(values)]);
    if (held.length) window.name = JSON.stringify({ footnote: Object.fromEntries(held) });
  });
  learn();
  document.body.append(status);
  document.documentElement.classList.toggle("fn-forgets", !page.keeps); // nothing can be judged or shared
  tend();
})();
