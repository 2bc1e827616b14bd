"use strict";
// The list of questions: filtered, searched and drawn fifty at a time. All text goes in as text.
(() => {
  const STEP = 50;
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, runs, tasks } = data;
  const byId = (id) => document.getElementById(id);
  const buttons = [...document.querySelectorAll(".toggles button")];
  const find = byId("find");
  const selects = { run: byId("run"), part: byId("part"), kind: byId("kind") };
  const list = byId("list");
  const more = byId("more");
  const number = (value) => value.toLocaleString("en-GB");

  const VERDICTS = {
    right: "right", wrong: "wrong", failed: "failed", unscored: "", abstained: "abstained, rightly",
    missed: "abstained, wrongly",
  };

  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== "") made.append(child);
    }
    return made;
  }
  const bdi = (text) => el("bdi", {}, String(text));
  const block = (tag, name, ...children) => el(tag, { class: name, dir: "auto" }, ...children);

  // ---- what is shown ----

  const haystacks = new Map();
  const folded = (text) => text.normalize("NFKC").toLowerCase();
  function haystack(row) {
    if (!haystacks.has(row)) {
      const words = [row.id, row.question, row.understood, row.answer, row.error, ...(row.references || [])];
      for (const one of row.citations || []) words.push(one.title, one.quote, one.href, one.url);
      for (const one of row.dropped || []) words.push(one.text);
      haystacks.set(row, folded(words.filter(Boolean).join("\n")));
    }
    return haystacks.get(row);
  }

  function wanted() {
    const terms = folded(find.value).split(/\s+/).filter(Boolean);
    const chosen = {};
    for (const [name, select] of Object.entries(selects)) if (select.value !== "") chosen[name] = select.value;
    const value = { run: (row) => String(row.run), part: (row) => row.part || "", kind: (row) => row.kind || "" };
    return rows.filter((row) => {
      for (const name in chosen) if (value[name](row) !== chosen[name].slice(1)) return false;
      return terms.every((term) => haystack(row).includes(term));
    });
  }

  let shown = [];
  let drawn = 0;

  function update() {
    const found = wanted();
    const pressed = buttons.filter((one) => one.dataset.filter && one.getAttribute("aria-pressed") === "true");
    const names = pressed.map((one) => one.dataset.filter);
    const holds = (row, filters) => filters.every((name) => (row.states || []).includes(name));
    shown = found.filter((row) => holds(row, names));
    for (const button of buttons) {
      const filter = button.dataset.filter;
      const others = filter ? [...names.filter((name) => name !== filter), filter] : [];
      const count = found.filter((row) => holds(row, others)).length;
      button.querySelector(".count").textContent = number(count);
      if (filter) button.disabled = count === 0 && button.getAttribute("aria-pressed") === "false";
      else button.setAttribute("aria-pressed", String(names.length === 0));
    }
    byId("result").textContent =
      shown.length === rows.length ? `${number(rows.length)} in all` : `${number(shown.length)} of ${number(rows.length)}`;
    list.replaceChildren();
    drawn = 0;
    if (shown.length) draw();
    else list.append(el("li", { class: "empty" }, "Nothing fits all of this."));
    more.hidden = drawn >= shown.length;
  }

  function draw() {
    const next = shown.slice(drawn, drawn + STEP).map(entry);
    list.append(...next);
    drawn += next.length;
    const left = shown.length - drawn;
    more.hidden = left <= 0;
    more.textContent = `Show ${number(Math.min(STEP, left))} more of ${number(left)}`;
    return next[0];
  }

  // ---- one row ----

  function entry(row) {
    const side = el("span", { class: "row-side" });
    if (runs.length > 1) side.append(el("span", { class: `key key-${(row.run % 6) + 1}` }, runs[row.run].letter));
    if (Object.keys(tasks).length > 1 && row.part) side.append(bdi(row.part));
    if (row.kind) side.append(bdi(row.kind));
    if (VERDICTS[row.verdict]) side.append(badge(row.verdict, VERDICTS[row.verdict]));
    for (const state of row.states || []) {
      if (state === "uncited" || state === "replaced" || state === "differs") side.append(badge(state, state));
    }
    const details = el(
      "details", { class: "row" },
      el("summary", {}, block("span", "row-question", row.question || row.id), side),
    );
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector(".body")) details.append(body(row, details));
    });
    return el("li", {}, details);
  }

  const badge = (name, words) => el("span", { class: `badge badge-${name}` }, words);
  const part = (title, ...children) => el("div", {}, el("h3", {}, title), ...children);

  function body(row, details) {
    const whole = el("div", { class: "body" });
    if (row.error) whole.append(part("Failed", block("p", "failure", row.error)));
    if (row.warning) whole.append(part("A part failed", block("p", "failure", row.warning)));
    if (row.understood) whole.append(part("Understood as", block("p", "", row.understood)));
    if (row.answer || row.shown) whole.append(part("Answer", answer(row, details)));
    if (row.reason) whole.append(part("Why", block("p", "", row.reason)));
    if (row.references) {
      whole.append(part("Reference answers", el("ul", { class: "inline" }, row.references.map((one) => el("li", {}, bdi(one))))));
    } else if (row.unanswerable) {
      whole.append(part("Reference answers", el("p", {}, "none: the articles do not answer this")));
    }
    if (row.dropped) whole.append(part("Drafted, not shown", el("ul", { class: "dropped" }, row.dropped.map(dropped))));
    if (row.citations) whole.append(part("Sources", el("ol", { class: "cards" }, row.citations.map(card))));
    if (row.ranking || row.deeper) whole.append(part("Articles found", ranking(row)));
    if (row.scores) whole.append(part("Scores", facts(Object.entries(row.scores))));
    const times = Object.entries(row.timings || {}).map(([name, value]) => [name, `${number(value)} ms`]);
    if (times.length) whole.append(part("Times", facts(times)));
    const about = [["id", row.id]];
    if (row.confidence !== undefined) about.push(["confidence", row.confidence]);
    if (row.by) about.push(["answered by", row.by]);
    if (row.language) about.push(["language", row.language]);
    whole.append(facts(about));
    return whole;
  }

  function answer(row, details) {
    const box = el("div", { class: "answer" });
    if (!row.shown) {
      box.append(block("p", "plain", ...marked(row, row.answer || "", details)));
      return box;
    }
    for (const one of row.shown) {
      const chips = (one.markers || []).map((marker) => chip(row, marker, details));
      if (one.origin === "quote") {
        box.append(block("blockquote", "", "“", bdi(one.text || ""), "”", chips));
      } else {
        const support = one.support === undefined ? null : el("span", { class: "support" }, `support ${Number(one.support).toFixed(2)}`);
        box.append(block("p", "", bdi(one.text || ""), chips, support));
      }
    }
    return box;
  }

  // Markers like [2] become chips where a citation bears the number; all else stays as it is.
  function marked(row, text, details) {
    return text.split(/(\[\d+\])/).map((piece) => {
      const found = /^\[(\d+)\]$/.exec(piece);
      return found ? chip(row, Number(found[1]), details) : piece;
    });
  }

  function chip(row, marker, details) {
    if (!(row.citations || []).some((one) => one.marker === marker)) return ` [${marker}]`;
    const button = el("button", { type: "button", class: "cite", "aria-label": `Source ${marker}` }, String(marker));
    button.addEventListener("click", () => {
      const target = [...details.querySelectorAll(".card")].find((one) => one.dataset.marker === String(marker));
      target.scrollIntoView({ block: "nearest" });
      target.focus({ preventScroll: true });
    });
    return button;
  }

  function card(one) {
    const linked = typeof one.href === "string" && /^https?:\/\//i.test(one.href);
    const title = linked ? el("a", { href: one.href, rel: "noopener noreferrer", target: "_blank" }, bdi(one.title || one.href)) : bdi(one.title || "");
    const told = [one.published, linked ? one.site : one.url].filter(Boolean).map(bdi);
    const between = told.flatMap((value, place) => (place ? [" · ", value] : [value]));
    if (one.gold) between.push(between.length ? " · " : "", "gold");
    return el(
      "li", { class: "card", tabindex: "-1", "data-marker": one.marker },
      el("p", { class: "card-title" }, one.marker ? el("span", { class: "number" }, String(one.marker)) : null, title),
      between.length ? el("p", { class: "card-facts" }, between) : null,
      block("p", "passage", one.before || "", el("mark", {}, one.quote || ""), one.after || ""),
    );
  }

  function dropped(one) {
    const what = one.replaced ? "a quotation took its place" : "left out";
    return el(
      "li", {},
      block("p", "words", one.text || ""),
      el("p", { class: "why" }, one.reason ? [bdi(one.reason), `; ${what}`] : what),
    );
  }

  function ranking(row) {
    const item = (rank, name, gold) =>
      el("li", { class: gold ? "gold" : "" }, el("span", { class: "rank" }, rank), bdi(name), gold ? badge("right", "gold") : null);
    const items = (row.ranking || []).map(([name, gold], place) => item(`${place + 1}`, name, gold));
    for (const [name, rank] of row.deeper || []) items.push(item(rank ? `${rank}` : "–", rank ? name : `${name} (not found)`, true));
    return el("ol", { class: "ranking" }, items);
  }

  const facts = (pairs) =>
    el("dl", { class: "facts" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, bdi(name)), el("dd", {}, bdi(value)))));

  // ---- controls ----

  function options(select, values, all) {
    if (values.length < 2) return;
    select.append(el("option", { value: "" }, all));
    for (const [value, text] of values) select.append(el("option", { value: `=${value}` }, text));
    select.closest(".field").hidden = false;
    select.addEventListener("change", update);
  }
  const distinct = (name) => [...new Set(rows.map((row) => row[name] || ""))];
  options(selects.run, runs.map((one, place) => [place, `${one.letter} ${one.name}`]), "all runs");
  options(selects.part, distinct("part").map((one) => [one, one || "–"]), "all suites");
  options(selects.kind, distinct("kind").sort().map((one) => [one, one || "no kind given"]), "all kinds");

  for (const button of buttons) {
    button.addEventListener("click", () => {
      if (!button.dataset.filter) for (const one of buttons) one.setAttribute("aria-pressed", "false");
      else button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      update();
    });
  }
  find.addEventListener("input", update);
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => draw().querySelector("summary").focus());
  byId("browser").hidden = false;
  update();
})();
