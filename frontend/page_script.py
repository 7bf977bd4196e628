"""What the page does by itself, in the browser: what Flet's client doesn't, or not well enough.

The client would read a file whole into its memory, and stand still meanwhile. So it is given a slip
in place of each file that is chosen, pasted or dropped: JSON with `pick`, `index` and `size`. Here
the files themselves are kept, and brought by the ways that the window asks for.
"""

SCRIPT = """<script>
"use strict";
// The language of the browser, and whether it wants stillness, where the window reads what is kept.
const keep = (key, value) => localStorage.setItem("flutter." + key, JSON.stringify(value));
keep("LANGUAGE_KEY", navigator.language);
keep("STILL_KEY", matchMedia("(prefers-reduced-motion: reduce)").matches);

// The keys that are the window's, which the browser would take for itself.
addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const ours = (event.ctrlKey || event.metaKey) &&
    (key === "k" || key === "/" || (key === "f" && event.shiftKey));
  if (ours || key === "f6" || key === "f7") event.preventDefault();
}, true);

// The key for a menu opens a message's; in a field it is the browser's own, as the right button's.
addEventListener("contextmenu", (event) => {
  const writes = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName);
  if (event.button !== 2 && !writes) event.preventDefault();
}, true);

// What can be clicked and has no focus leaves that where it is: else the window holds that somebody
// still writes, and their keys go nowhere.
addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[flt-tappable]:not([tabindex])")) event.preventDefault();
}, true);

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
  const event = new ClipboardEvent(
    "paste", {clipboardData: slips(files), bubbles: true, cancelable: true});
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
