/* Standing notices above the editor, each with what can be done about it. One of each kind at a time. */

import { byId, element } from "../../runtime/dom.js";

/* `actions`: `[{label, act}]`; an act that returns `true` takes the notice away. */
export function banner(kind, tone, text, actions) {
  drop(kind);
  const notice = element("div", { class: `banner tone-${tone}`, "data-kind": kind, role: "status" }, element("p", {}, text));
  const row = element("div", { class: "banner-actions" });
  for (const { label, act } of actions) {
    const button = element("button", { type: "button", class: "button" }, label);
    button.addEventListener("click", async () => {
      if ((await act()) === true) notice.remove();
    });
    row.append(button);
  }
  notice.append(row);
  byId("editor-banners").append(notice);
}

export function drop(kind) {
  byId("editor-banners").querySelector(`[data-kind="${kind}"]`)?.remove();
}
