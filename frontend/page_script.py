"""What the page does by itself, in the browser: what Flet's client doesn't, or not well enough.

The client would read a file whole into its memory, and stand still meanwhile. So it is given a slip
in place of each file that is chosen, pasted or dropped: JSON with `pick`, `index` and `size`. Here
the files themselves are kept, and brought by the ways that the window asks for.
"""

import json

from frontend.preferences import BROWSER_IS_STILL, BROWSER_LANGUAGE, PREFIX
from frontend.window.words import LANGUAGES, Words

LISTENS = PREFIX + "listens"
"""Kept by the browser of somebody with a screen reader."""


def script() -> str:
    """What stands at the end of the page's head."""
    filled_in = {
        "LANGUAGE_KEY": BROWSER_LANGUAGE,
        "STILL_KEY": BROWSER_IS_STILL,
        "LISTENS_KEY": LISTENS,
        "LISTEN_WORDS": json.dumps({one: Words(one)("listen") for one in LANGUAGES}),
    }
    filled = _SCRIPT
    for name, value in filled_in.items():
        filled = filled.replace(name, value)
    return filled


_SCRIPT = """<script>
"use strict";
// The language of the browser, and whether it wants stillness, where the window reads what is kept.
const keep = (key, value) => localStorage.setItem("flutter." + key, JSON.stringify(value));
keep("LANGUAGE_KEY", navigator.language);
keep("STILL_KEY", matchMedia("(prefers-reduced-motion: reduce)").matches);

// Flutter makes what a screen reader reads when its first button is pressed. Where a field had the
// focus before, no field has a name then, until the page is loaded anew: so it is, that one time.
// From then on the page presses the button itself, before anything has the focus.
const listenWords = LISTEN_WORDS, listens = localStorage.getItem("LISTENS_KEY") !== null;
const listen = listenWords[navigator.language.slice(0, 2)] ?? listenWords.en;
let hasWritten = false, hasAsked = false;
new MutationObserver((_, watching) => {
  const button = document.querySelector("flt-semantics-placeholder");
  if (document.querySelector("flt-semantics")) {
    watching.disconnect();
    keepVoice();
    localStorage.setItem("LISTENS_KEY", "true");
    if (hasWritten && !listens) location.reload();
  } else if (button && !hasAsked) {
    hasAsked = true;
    button.ariaLabel = listen;
    if (listens) pressInTheMiddle(button);
  }
}).observe(document, {childList: true, subtree: true});

// Elsewhere, on a phone, it would be a finger's.
function pressInTheMiddle(button) {
  const {x, y, width, height} = button.getBoundingClientRect();
  const middle = {clientX: x + width / 2, clientY: y + height / 2};
  button.dispatchEvent(new MouseEvent("click", middle));
}

// Tab goes round among what Flutter draws, and never comes to that button. Shift+Tab does, before
// any other key: the field that has the focus by itself says so, which has no name then anyway.
let hasBegun = false;
const listenButton = () => document.querySelector("flt-semantics-placeholder");
addEventListener("focusin", ({target}) => {
  if (!target.classList.contains("flt-text-editing")) return;
  hasWritten = true;
  if (listenButton() && !hasBegun) target.ariaLabel = listen + ": Shift+Tab, Enter";
});
addEventListener("keydown", (event) => {
  if (event.key === "Shift" || !listenButton()) return;
  if (event.key === "Tab" && event.shiftKey && !hasBegun) {
    event.preventDefault();
    event.stopImmediatePropagation();
    listenButton().focus();
  }
  hasBegun = true;
}, true);
// Any key that is let go there would press it.
addEventListener("keyup", (event) => {
  if (event.target === listenButton() && event.key !== "Enter") event.stopImmediatePropagation();
}, true);

// Flutter puts what it says into a dialog, and of two in a row forgets to take it out again: gone
// with the dialog, nothing would be said any more.
function keepVoice() {
  const host = document.querySelector("flt-announcement-host"), voices = [...host.children];
  new MutationObserver(() => {
    for (const voice of voices) if (!voice.isConnected) host.append(voice);
  }).observe(document, {childList: true, subtree: true});
}

// In a menu Flutter lets Tab alone go from item to item, and begins before the first.
addEventListener("keydown", (event) => {
  const items = [...document.querySelectorAll("[role=menu] [role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const to = {ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1}[event.key];
  if (to === undefined || !items.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  items.at(to % items.length).focus();
}, true);

const writes = () => /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName);

// The keys that are the window's, which the browser would take for itself; and two by which Firefox
// would search the page, where nobody writes. It can't: the page is a picture.
addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const ours = (event.ctrlKey || event.metaKey) &&
    (key === "k" || key === "/" || (key === "f" && event.shiftKey));
  const searches = (key === "/" || key === "'") && !writes();
  if (ours || searches || key === "f6" || key === "f7") event.preventDefault();
}, true);

// The key for a menu opens a message's; in a field it is the browser's own, as the right button's.
addEventListener("contextmenu", (event) => {
  if (event.button !== 2 && !writes()) event.preventDefault();
}, true);

// What can be clicked and has no focus leaves that where it is: else the window holds that somebody
// still writes, and their keys go nowhere.
addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[flt-tappable]:not([tabindex])")) event.preventDefault();
}, true);

// What is marked and copied, by a key or by the browser's menu, comes without what keeps scripts of
// two directions apart on the screen: nobody sees it, and a shell or an address bar stumbles over
// it.
const bare = (text) => text.replace(/[\\u2068\\u2069]/g, "");
const clipboard = navigator.clipboard, copy = clipboard?.writeText;
if (copy) clipboard.writeText = (text) => copy.call(clipboard, bare(text));
addEventListener("copy", (event) => {
  const marked = getSelection().toString();
  if (writes() || bare(marked) === marked) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", bare(marked));
}, true);

// To save a file is not to go there: Firefox would end the window's connection, and stand still.
// Flet's client knows no other way to ask for one.
const openPage = window.open;
window.open = (url, target, ...more) => {
  if (target !== "_self") return openPage.call(window, url, target, ...more);
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
  return null;
};

function slips(files) {
  const pick = crypto.randomUUID(), transfer = new DataTransfer();
  files.forEach((file, index) => transfer.items.add(
    new File([JSON.stringify({pick, index, size: file.size})], file.name, {type: file.type})));
  bring(pick, files);
  return transfer;
}

// One file after the other, as often as the window asks for it, until it says that it won't.
async function bring(pick, files) {
  for (;;) {
    const asked = await fetch("/files/wanted/" + pick).catch(() => null);
    if (asked === null || !asked.ok) return;
    if (asked.status === 204) continue;
    const {index, url} = await asked.json();
    await fetch(url, {method: "PUT", body: files[index]}).catch(() => null);
  }
}

const click = HTMLInputElement.prototype.click;
HTMLInputElement.prototype.click = function () {
  if (this.type === "file") {
    this.addEventListener("change", () => {
      if (this.files.length) this.files = slips([...this.files]).files;
    }, {capture: true, once: true});
  }
  return click.apply(this);
};

const ours = new WeakSet();
function paste(target, files) {
  const event = new ClipboardEvent("paste", {bubbles: true, cancelable: true});
  // Firefox leaves files out of what such an event is made with.
  Object.defineProperty(event, "clipboardData", {value: slips(files)});
  ours.add(event);
  target.dispatchEvent(event);
}
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (ours.has(event) || !files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  paste(event.target, files);
}, true);
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const files = [...(event.dataTransfer?.files ?? [])], field = document.activeElement;
  if (files.length && field?.tagName === "TEXTAREA") paste(field, files);
});
</script>
</head>"""
