/* Form and JSON beside each other where there is room, else one at a time behind tabs. */

const NARROW = "(max-width: 1099px)";

export function tabs(root, onShown) {
  const buttons = [...root.querySelectorAll("[role=tab]")];
  const narrow = matchMedia(NARROW);

  function choose(chosen, focus = false) {
    for (const button of buttons) {
      const on = button === chosen;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      document.getElementById(button.getAttribute("aria-controls")).hidden = narrow.matches && !on;
    }
    if (focus) chosen.focus();
    onShown();
  }

  const current = () => buttons.find((button) => button.getAttribute("aria-selected") === "true");
  for (const [index, button] of buttons.entries()) {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(buttons.at((index + step) % buttons.length), true);
    });
  }
  narrow.addEventListener("change", () => choose(current()));
  choose(current());
  return {
    /* The name of the pane that is shown alone; null where both are. */
    get alone() {
      return narrow.matches ? current().dataset.pane : null;
    },
    show: (name) => choose(buttons.find((button) => button.dataset.pane === name)),
  };
}
