/* Questions that come before something is lost: nothing happens unless they are confirmed. */

import { byId, element, say } from "./dom.js";

/* Resolves to true once the dialog is confirmed, to false when it is left in any other way: Cancel, Esc. */
export function confirmed(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("keydown", keepFocus);
    dialog.addEventListener(
      "close",
      () => {
        dialog.removeEventListener("keydown", keepFocus);
        resolve(dialog.returnValue === "confirmed");
      },
      { once: true },
    );
    dialog.showModal();
  });
}

/* What to clear from the cache: `{scope, symbol?}`, null where nothing is to be. `symbols`: those that are watched. */
export async function whatToClear(symbols) {
  const dialog = byId("clear-cache");
  const form = dialog.querySelector("form");
  const { scope, symbol } = form.elements;
  const confirm = form.querySelector("[value=confirmed]");
  form.reset();
  symbol.replaceChildren(...symbols.map((one) => element("option", {}, one)));
  form.querySelector("[value=symbol]").disabled = symbols.length === 0;

  function reflect() {
    const chosen = form.querySelector("[name=scope]:checked");
    symbol.disabled = chosen?.value !== "symbol";
    confirm.disabled = !chosen;
    const lost = chosen?.dataset.lost.replaceAll("{symbol}", () => symbol.value);
    say(byId("clear-cache-loss"), lost ?? "Choose what to clear. You are told what is lost before anything is sent.");
  }

  form.addEventListener("change", reflect);
  reflect();
  try {
    if (!(await confirmed(dialog))) return null;
    return scope.value === "symbol" ? { scope: scope.value, symbol: symbol.value } : { scope: scope.value };
  } finally {
    form.removeEventListener("change", reflect);
  }
}

/* A modal dialog lets the focus go to the browser's own bars; here it goes round. */
function keepFocus(event) {
  if (event.key !== "Tab") return;
  const reachable = [...event.currentTarget.querySelectorAll("button, input, select")].filter(canBeReached);
  const [first, last] = [reachable[0], reachable.at(-1)];
  const leaving = event.shiftKey ? first : last;
  if (document.activeElement !== leaving) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

/* Of radio buttons one can be reached by Tab: the checked one, or any while none is. */
function canBeReached(control, _place, all) {
  if (control.disabled) return false;
  if (control.type !== "radio" || control.checked) return true;
  return !all.some((other) => other.name === control.name && other.checked);
}
