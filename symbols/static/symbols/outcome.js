/* What is being done on a page and what came of it, told in one place: the element `outcome`. */

import { byId, element } from "../runtime/dom.js";

export class Outcome {
  #busy = false;

  /* `root`: the part of the page whose buttons are off while an answer is awaited. */
  constructor(root) {
    Object.assign(this, { root, node: byId("outcome") });
  }

  /* `beside`: what follows the text, such as a button. */
  tell(text, tone, ...beside) {
    this.node.className = `outcome tone-${tone}`;
    this.node.replaceChildren(element("span", {}, text), ...beside);
    this.node.hidden = false;
  }

  /* One thing at a time. `work` tells itself what came of it; a refusal is told here, and returned. */
  async act(waiting, work) {
    if (this.#busy) return null;
    this.#busy = true;
    const buttons = [...this.root.querySelectorAll("button")].filter((button) => !button.disabled);
    for (const button of buttons) button.disabled = true;
    if (waiting) this.tell(waiting, "busy");
    try {
      await work();
      return null;
    } catch (error) {
      if (error.status === undefined) throw error;
      this.tell(inWords(error), "bad");
      return error;
    } finally {
      this.#busy = false;
      for (const button of buttons) button.disabled = false;
    }
  }

  /* The pressed button may be gone; whoever goes by keyboard goes on from what was told. */
  focus() {
    this.node.scrollIntoView({ block: "nearest" });
    this.node.focus();
  }
}

export function button(label, act) {
  const made = element("button", { type: "button", class: "button" }, label);
  made.addEventListener("click", act);
  return made;
}

/* Fetch a page and put the parts of it that have these ids into the place of those shown; false where it can't be had. */
export async function renew(address, ...ids) {
  const response = await fetch(address);
  if (!response.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ids) byId(id).replaceWith(document.adoptNode(page.getElementById(id)));
  return true;
}

/* A refusal, with what it says of each field unless it has said so already. */
function inWords({ message, fields }) {
  const each = fields.filter((field) => !message.includes(`${field.path}: ${field.message}`));
  return [message, ...each.map((field) => `${field.path}: ${field.message}.`)].join(" ");
}
