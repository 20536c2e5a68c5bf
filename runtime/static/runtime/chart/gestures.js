/* Wheel, mouse, fingers and keys over the picture. All places are px from its left and top edge. */

const TAP = 6;
const WHEEL = 0.0016;

/**
 * `pan(px)`: what is in view moves to the right by so much. `zoom(factor, x)`: above 1 more comes into view; tells
 * whether anything changed. `point(x, y)`: something is pointed at. `leave()`: nothing is any more.
 */
export function bindPointers(plot, { pan, zoom, point, leave, reset }) {
  const down = new Map();
  let distance = 0;
  let travelled = 0;
  const at = (event) => {
    const box = plot.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return Math.max(Math.hypot(a.x - b.x, a.y - b.y), 10);
  };

  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    if (down.size === 1) travelled = 0;
    if (down.size === 2) distance = spread();
  });
  plot.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") point(now.x, now.y);
      return;
    }
    down.set(event.pointerId, now);
    travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (down.size === 1) {
      if (travelled > TAP) pan(now.x - before.x);
    } else if (down.size === 2) {
      const [a, b] = [...down.values()];
      zoom(distance / spread(), (a.x + b.x) / 2);
      distance = spread();
    }
  });
  plot.addEventListener("pointerup", (event) => {
    if (down.delete(event.pointerId) && down.size === 0 && travelled <= TAP) point(at(event).x, at(event).y);
  });
  plot.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  plot.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && down.size === 0 && leave());
  plot.addEventListener("dblclick", reset);
  plot.addEventListener(
    "wheel",
    (event) => {
      const scale = event.deltaMode === 1 ? 16 : 1;
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        pan(-sideways * scale);
      } else if (zoom(Math.exp(event.deltaY * scale * WHEEL), at(event).x)) {
        /* Once all bars are in view the page scrolls again. */
        event.preventDefault();
      }
    },
    { passive: false },
  );
}

/* `step(bars)`: the crosshair moves; `go(place)`: to `first` or `last`; `alert(by)`: to the next with an alert. */
export function bindKeys(plot, { step, go, alert, zoom, page, leave }) {
  const keys = {
    ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
    ArrowDown: () => step(-1),
    ArrowUp: () => step(1),
    PageUp: () => page(-1),
    PageDown: () => page(1),
    Home: () => go("first"),
    End: () => go("last"),
    "+": () => zoom(1 / 1.5),
    "=": () => zoom(1 / 1.5),
    "-": () => zoom(1.5),
    n: () => alert(1),
    p: () => alert(-1),
    Escape: leave,
  };
  plot.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
