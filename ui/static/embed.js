// The chat as a bubble in a corner of any page: one script tag, a shadow root, and a frame that is made when it is first opened.
// Served squeezed (ui/squeeze.py: names with a $ become short); docs/embed.md tells what a page may set and call.
(() => {
  const $page = document;
  // A module has no current script: its tag is looked for.
  const $tag = $page.currentScript || $page.querySelector("script[src*='/embed.js']");
  if (!$tag || window.Footnote) return;
  const $set = $tag.dataset;
  const $chat = new URL("chat/", $tag.src);
  const $title = $set.title || t("Ask the articles");
  const $color = /^#([\da-f]{3}){1,2}$/i.test($set.color) ? $set.color : "#0c5d54";
  const $theme = /^(light|dark)$/.test($set.theme) ? $set.theme : "light dark";
  const $side = $set.position == "left" ? "left" : "right";

  // The chat's address. The page's own may change without a new page, where a script draws them all.
  const $address = () => {
    let $url = `${$chat}?lang=${$set.lang||t("")}&__theme=${$theme}`;
    ($set.filter + ($set.collection ? ";collection:" + $set.collection : "")).replace(/(?:^|;)\s*(article|collection|source|topic)\s*:?([^;]*)/g, ($all, $kind, $name) => {
      $url += `&${$kind}=` + encodeURIComponent($name.trim() || $page.querySelector("link[rel=canonical]")?.href || location.href.split("#")[0]);
    });
    return $url;
  };

  const $make = ($name, $more) => Object.assign($page.createElement($name), $more);
  const $host = $make("footnote-chat", { role: "region", ariaLabel: $title });
  const $root = $host.attachShadow({ mode: "open" });
  const $sheet = new CSSStyleSheet();
  $sheet.replaceSync(`:host{all:initial!important;display:contents!important}button,div{position:fixed;z-index:1999999999;${$side}:20px;bottom:20px;width:56px;height:56px;border:1px solid #8886;border-radius:50% 50% 8px;background:${$color};color:#fff;color:oklch(from ${$color} round(1.2 - l) 0 0);font:28px Georgia;box-shadow:0 4px 32px #8886}div{bottom:88px;width:clamp(280px,${$set.width|0||420}px,100vw - 40px);height:clamp(280px,${$set.height|0||640}px,100vh - 108px);border-radius:16px;background:Canvas;color:CanvasText;color-scheme:${$theme};font:16px system-ui;overflow:hidden}a{display:block;margin:24px}iframe{width:100%;height:100%;border:0}:not(.ready)>iframe,:not(.on)+div{visibility:hidden}.ready>a{display:none}@media(max-width:480px){div{inset:-1px -1px 88px;width:auto;height:auto;border-radius:0}.ready{bottom:-1px}}@media print{:host{display:none!important}}`);
  $root.adoptedStyleSheets = [$sheet];
  const $button = $make("button", { textContent: "?", ariaLabel: $title, ariaExpanded: false });
  const $panel = $make("div", { role: "dialog", ariaLabel: $title, lang: t("") });
  $root.append($button, $panel);

  let $frame, $shown, $timer, $asked;
  const $tell = ($footnote, $text) => $frame.contentWindow.postMessage({ footnote: $footnote, text: $text }, $chat.origin);
  const $send = (...$message) => $panel.className ? $tell(...$message) : $asked.push($message);
  const $wait = ($time) => {
    clearTimeout($timer);
    $timer = setTimeout(() => $frame.before($make("a", { href: $address(), target: "_blank", textContent: t("The chat does not open here. Open it in a new tab") })), $time);
  };
  const $show = ($on) => {
    $button.className = $on ? "on" : "";
    $button.ariaExpanded = $on;
    $button.textContent = $on ? "×" : "?";
    $fire($on ? "open" : "close");
  };
  const $fire = ($name, $detail) => $page.dispatchEvent(new CustomEvent("footnote:" + $name, { detail: $detail }));

  const $open = ($quiet) => {
    $frame ||= $make("iframe", { title: $title, allow: "clipboard-write" });
    if ($shown != ($shown = $address() + "&embed=1")) {
      $panel.className = "";
      $asked = [];
      $frame.onload = () => { $tell("hello", $title); $wait(4e3); };
      $frame.src = $shown;
      $panel.replaceChildren($frame);
      $wait(2e4);
    }
    if (!$button.className) $show(true);
    if ($quiet == 1) return;
    $frame.focus();
    $send("focus");
  };
  const $close = () => {
    if (!$button.className) return;
    if ($root.activeElement || $page.activeElement == $page.body) $button.focus();
    $show(false);
  };
  const $toggle = () => $button.className ? $close() : $open();

  addEventListener("message", ($event) => {
    if ($event.source != $frame?.contentWindow || $event.origin != $chat.origin) return;
    const { footnote: $what, detail: $detail } = $event.data;
    if ($what == "close") $close();
    if ($what == "answer") $fire($what, $detail);
    if ($what != "ready") return;
    clearTimeout($timer);
    $panel.className = $what;
    $asked.splice(0).map(($message) => $tell(...$message));
  });
  $page.addEventListener("keydown", ($event) => { if ($event.key == "Escape" && !$event.defaultPrevented) $close(); });
  $button.onclick = $toggle;
  window.Footnote = {
    open: $open, close: $close, toggle: $toggle,
    ask: ($text) => { $open(); $send("ask", `${$text}`); },
  };
  // Beside the body, which some frameworks draw anew.
  $page.documentElement.append($host);
  if ($set.open == "true") $open(1);
})();
