/* The document as the form shows it, and back: the translation of settingsapp/jsonform.py, guided by the same schema. */

const OPEN = "open";
const YES = "yes";
const NO = "no";
const OPEN_ITEM = 0;

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/* Equal as documents: the order of an object's keys does not count. */
export function equal(one, other) {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, index) => equal(item, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]));
}

function closed(node) {
  if (!node.anyOf) return [node, false];
  return [node.anyOf.find((choice) => choice.type !== "null"), true];
}

export function child(node, key) {
  return node.properties?.[key] ?? node.additionalProperties ?? {};
}

function isLines(node) {
  return node.type === "array" && node.items.type === "string" && !node.items.enum;
}

export function toForm(node, value) {
  const [shown, optional] = closed(node);
  if (shown.type === "object" && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toForm(child(shown, key), inner)]));
  }
  if (isLines(shown) && Array.isArray(value)) return value.join("\n");
  if (!optional) return value;
  if (shown.type === "boolean") return value === null ? OPEN : value ? YES : NO;
  if (value !== null) return value;
  if (shown.type === "array") return [OPEN_ITEM];
  if (shown.type === "string") return shown.enum ? OPEN : "";
  return value;
}

/* `before` is what the form showed for `base`. Where it still shows the same, the document stays exactly as it is, also
   where it lacks a field that the form fills with its default. */
export function fromForm(node, shown, before, base) {
  if (base !== undefined && equal(shown, before)) return base;
  const [inner, optional] = closed(node);
  if (inner.type === "object" && isObject(shown)) {
    const known = isObject(base) ? base : {};
    const earlier = isObject(before) ? before : {};
    const kept = Object.entries(shown).filter(
      ([key, value]) => Object.hasOwn(known, key) || !Object.hasOwn(earlier, key) || !equal(value, earlier[key]),
    );
    return Object.fromEntries(
      kept.map(([key, value]) => [key, fromForm(child(inner, key), value, earlier[key], known[key])]),
    );
  }
  if (isLines(inner) && typeof shown === "string") {
    return shown.split("\n").map((line) => line.trim()).filter(Boolean);
  }
  if (!optional) return shown;
  if (inner.type === "boolean" && typeof shown === "string") return { [OPEN]: null, [YES]: true, [NO]: false }[shown] ?? null;
  if (inner.type === "array" && shown?.includes?.(OPEN_ITEM)) return null;
  if (inner.type === "string" && shown === (inner.enum ? OPEN : "")) return null;
  return shown;
}

/* The path of the first value that the form could not show, and what would be right; null where it can show all. */
export function misfit(node, value, path = []) {
  const [shown, optional] = closed(node);
  if (optional && value === null) return null;
  const wrong = (right) => ({ path: path.join("."), message: `is ${right}` });
  switch (shown.type ?? (shown.enum ? "string" : "object")) {
    case "object":
      if (!isObject(value)) return wrong("an object");
      for (const [key, inner] of Object.entries(value)) {
        const found = misfit(child(shown, key), inner, [...path, key]);
        if (found && (shown.properties?.[key] || shown.additionalProperties)) return found;
      }
      return null;
    case "array":
      if (!Array.isArray(value)) return wrong("a list");
      return value.every((item) => ["string", "number"].includes(typeof item)) ? null : wrong("a list of plain values");
    case "string":
      return typeof value === "string" ? null : wrong("a text");
    case "boolean":
      return typeof value === "boolean" ? null : wrong("either true or false");
    default:
      return typeof value === "number" ? null : wrong("a number");
  }
}

/* The field that shows a value, and its line where that field is a list's. */
export function fieldOf(schema, path) {
  const parts = path === "" ? [] : path.split(".");
  let node = schema;
  for (const [depth, part] of parts.entries()) {
    [node] = closed(node);
    if (node.type === "array") {
      return [parts.slice(0, depth), isLines(node) && /^\d+$/.test(part) ? Number(part) + 1 : null];
    }
    node = child(node, part);
  }
  return [parts, null];
}

/* What an entry looks like of which nothing is said yet: all its defaults. */
export function blank(node) {
  if (Object.hasOwn(node, "default")) return structuredClone(node.default);
  if (node.properties) {
    return Object.fromEntries(Object.entries(node.properties).map(([key, inner]) => [key, blank(inner)]));
  }
  return node.anyOf ? null : "";
}
