/* What differs between two documents, for the reader's eye. */

import { equal, isObject } from "./shape.js";

const LONGEST = 120;

/* `[{path, sentence}]`, field by field, in the document's order. */
export function differences(before, after, path = "") {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(before[key], after[key], path ? `${path}.${key}` : key));
  }
  if (equal(before, after)) return [];
  return [{ path, sentence: `${path || "the document"}: ${told(before, after)}` }];
}

function told(before, after) {
  if (Array.isArray(before) && Array.isArray(after)) {
    const gained = after.filter((item) => !before.includes(item));
    const lost = before.filter((item) => !after.includes(item));
    const parts = [gained.length && `added ${shown(gained)}`, lost.length && `removed ${shown(lost)}`].filter(Boolean);
    return parts.join(", ") || "put in another order";
  }
  return `${shown(before)} → ${shown(after)}`;
}

function shown(value) {
  const text = words(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function words(value) {
  if (value === undefined) return "nothing";
  if (value === null) return "open";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.join(", ") || "empty";
  if (isObject(value)) return "an entry";
  return value === "" ? "empty" : String(value);
}
