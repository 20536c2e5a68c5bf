/* Small ways to write into the page. Text is always set as text: nothing that is shown can become markup. */

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/* Only what differs is written: a screen reader would say it again, and a selection would be lost. */
export function say(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function show(node, visible) {
  node.hidden = !visible;
}

export function setTone(node, tone) {
  if (node.classList.contains(`tone-${tone}`)) return;
  node.classList.remove("tone-good", "tone-held", "tone-busy", "tone-warn", "tone-bad");
  node.classList.add(`tone-${tone}`);
}

/* Replace a list's content unless it would be the same. */
export function fill(list, emptyNote, items) {
  const wanted = document.createDocumentFragment();
  wanted.append(...items);
  const probe = element("div");
  probe.append(wanted);
  if (probe.innerHTML !== list.dataset.shown) {
    list.dataset.shown = probe.innerHTML;
    list.replaceChildren(...probe.childNodes);
  }
  if (emptyNote) show(emptyNote, items.length === 0);
}
