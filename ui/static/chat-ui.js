// Footnote chips, names for screen readers, and sources that stay open while an answer grows.
(() => {
  "use strict";
  const open = new Set(); // ids of the source lists the reader opened
  let origin = null; // the chip a card was opened from

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function show(chip) {
    const id = chip.getAttribute("href").slice(1);
    const list = document.getElementById(id.split("-")[0]);
    const card = document.getElementById(id);
    if (!list || !card) return;
    list.open = true;
    open.add(list.id);
    origin = chip.getAttribute("href");
    card.focus({ preventScroll: true });
    const tall = card.offsetHeight > (card.closest(".panel-wrap")?.clientHeight ?? Infinity);
    (tall ? card.querySelector("mark") : card).scrollIntoView({
      block: tall ? "center" : "nearest", behavior: calm() ? "auto" : "smooth",
    });
  }

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("a.cite");
    if (!chip) return;
    event.preventDefault();
    event.stopPropagation();
    show(chip);
  }, true);

  // Enter sends only when no answer is under way; what was typed stays.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.matches?.("#question textarea") &&
        document.querySelector("#question .stop-button")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const list = event.target.closest?.("details.fn-sources");
    if (!list) return;
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

  function label(element, text) {
    if (element && element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
  }

  function tend() {
    for (const chip of document.querySelectorAll("a.cite:not([aria-label])"))
      label(chip, `Footnote ${chip.textContent}`);
    for (const card of document.querySelectorAll("li.fn-card[id]:not([aria-label])"))
      label(card, `Source ${card.id.split("-")[1]}`);
    for (const list of document.querySelectorAll("details.fn-sources:not([data-seen])")) {
      list.dataset.seen = "1";
      if (open.has(list.id)) list.open = true; // redrawn while the answer grew
    }
    // Gradio names each message by its whole source text.
    for (const said of document.querySelectorAll('#chat [data-testid="user"]')) label(said, "Question");
    for (const said of document.querySelectorAll('#chat [data-testid="bot"]')) label(said, "Answer");
    label(document.querySelector("#question .submit-button"), "Send the question");
    label(document.querySelector("#question .stop-button"), "Stop the answer");
    label(document.querySelector("#question textarea"), "Your question");
    for (const group of document.querySelectorAll('.examples[role="list"]')) group.setAttribute("role", "group");
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

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; tend(); follow(); });
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"],
  });
  tend();
})();
