// Marks the characters that the address names (#c120-164) and brings them into view.
"use strict";

(() => {
  const gone = document.getElementById("gone");

  function unmark() {
    for (const mark of document.querySelectorAll(".text mark")) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  // The place in a text node where its n-th character (code point) begins.
  function place(data, n) {
    let at = 0;
    for (; n > 0 && at < data.length; n--) at += data.codePointAt(at) > 0xffff ? 2 : 1;
    return at;
  }

  function mark() {
    const asked = /^#c(\d{1,9})-(\d{1,9})$/.exec(location.hash);
    if (!asked) return;
    const [start, end] = [Number(asked[1]), Number(asked[2])];
    unmark();
    let first = null;
    for (const block of document.querySelectorAll(".text [data-at]")) {
      const node = block.firstChild;
      if (!node) continue;
      const at = Number(block.dataset.at);
      const from = place(node.data, Math.max(0, start - at));
      const to = place(node.data, Math.max(0, end - at));
      if (from >= to) continue;
      const range = document.createRange();
      range.setStart(node, from);
      range.setEnd(node, to);
      const made = document.createElement("mark");
      range.surroundContents(made);
      first = first || made;
    }
    gone.hidden = first !== null;
    if (!first) return;
    first.id = "mark";
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "center" });
  }

  addEventListener("hashchange", mark);
  mark();
})();
