/* SVG nodes, and paths as text. All looks come from the stylesheet, by class. */

const NAMESPACE = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(NAMESPACE, name);
  set(made, attributes);
  made.append(...children);
  return made;
}

export function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
  }
}

/* A line through points; null breaks it. */
export function line(points) {
  let path = "";
  let pen = "M";
  for (const point of points) {
    if (point === null) {
      pen = "M";
      continue;
    }
    path += `${pen}${tenth(point[0])} ${tenth(point[1])}`;
    pen = "L";
  }
  return path;
}

export function rectangle(x, y, width, height) {
  return `M${tenth(x)} ${tenth(y)}h${tenth(width)}v${tenth(height)}h${tenth(-width)}z`;
}

export function stroke(x1, y1, x2, y2) {
  return `M${tenth(x1)} ${tenth(y1)}L${tenth(x2)} ${tenth(y2)}`;
}

function tenth(value) {
  return Math.round(value * 10) / 10;
}
