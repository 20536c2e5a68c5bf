/* What an edit came to, at the page's edge. It stays until it is closed or the next one comes: who undoes needs time. */

import { byId, element } from "../../runtime/dom.js";

/* `offer`: `{label, act}`, such as an undo; the notice goes when it is taken. */
export function tellDone(text, offer = null) {
  put("done", "good", text, offer);
}

export function tellFailed(text) {
  put("failed", "bad", text, null);
}

function put(region, tone, text, offer) {
  const notice = element("div", { class: `notice tone-${tone}` }, element("p", {}, text));
  if (offer) {
    const take = element("button", { type: "button", class: "button" }, offer.label);
    take.addEventListener("click", () => {
      notice.remove();
      offer.act();
    });
    notice.append(take);
  }
  const close = element("button", { type: "button", class: "icon", "aria-label": "Close this message" }, "×");
  close.addEventListener("click", () => notice.remove());
  notice.append(close);
  for (const id of ["done", "failed"]) byId(id).replaceChildren();
  byId(region).replaceChildren(notice);
}

/* What a refusal says, with what it says of each field. */
export function inFull(error) {
  const fields = (error.fields ?? []).map(({ message }) => message);
  const most = 5;
  const more = fields.length > most ? ` … and ${fields.length - most} more.` : "";
  return fields.length ? `${error.message} ${fields.slice(0, most).join("; ")}.${more}`.replace(/([.?])\.$/, "$1") : error.message;
}
