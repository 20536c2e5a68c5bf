/* Reads JSON and keeps where everything stands: a problem is shown at its line. */

export class UnreadableJson extends Error {
  constructor(message, line) {
    super(message);
    this.line = line;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = { true: true, false: false, null: null };
const DEEPEST = 32;

/* A long document is asked for several times with each key stroke, and read once. */
let last = {};

/**
 * Returns `{value, lines}`, `lines` a map from dotted paths to lines (from 1); both to be left as they are. Throws
 * UnreadableJson.
 */
export function read(text) {
  if (last.text !== text) {
    last = { text };
    try {
      last.found = parsed(text);
    } catch (error) {
      if (!(error instanceof UnreadableJson)) {
        last = {};
        throw error;
      }
      last.error = error;
    }
  }
  if (last.error) throw last.error;
  return last.found;
}

function parsed(text) {
  const lines = new Map();
  let at = 0;
  let counted = 0;
  let line = 1;

  const lineAt = (position) => {
    /* Places come in the order of the text, so each stretch is counted once. */
    if (position < counted) [counted, line] = [0, 1];
    for (; counted < position; counted += 1) if (text.charCodeAt(counted) === 10) line += 1;
    return line;
  };
  const fail = (message) => {
    throw new UnreadableJson(message, lineAt(Math.min(at, text.length)));
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const space = () => match(SPACE);
  const eat = (sign) => {
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const seen = () => (at >= text.length ? "the text ends here" : `here stands ${JSON.stringify(text[at])}`);

  function string(what) {
    const found = match(STRING);
    if (found !== null) return JSON.parse(found);
    return fail(text[at] === '"' ? `${what} does not end, or holds a character that must be escaped` : `${what} in double quotes is expected; ${seen()}`);
  }

  function members(path, depth) {
    const made = {};
    space();
    if (eat("}")) return made;
    for (;;) {
      space();
      if (text[at] === "}") fail("a comma before } is one too many");
      const from = at;
      const key = string("a name");
      const here = path === "" ? key : `${path}.${key}`;
      lines.set(here, lineAt(from));
      if (Object.hasOwn(made, key)) fail(`"${key}" stands twice in one object`);
      space();
      if (!eat(":")) fail(`a colon is expected after "${key}"; ${seen()}`);
      Object.defineProperty(made, key, { value: value(here, depth), enumerable: true, writable: true, configurable: true });
      space();
      if (eat("}")) return made;
      if (!eat(",")) fail(`a comma or } is expected; ${seen()}`);
    }
  }

  function items(path, depth) {
    const made = [];
    space();
    if (eat("]")) return made;
    for (;;) {
      space();
      if (text[at] === "]") fail("a comma before ] is one too many");
      const here = path === "" ? `${made.length}` : `${path}.${made.length}`;
      lines.set(here, lineAt(at));
      made.push(value(here, depth));
      space();
      if (eat("]")) return made;
      if (!eat(",")) fail(`a comma or ] is expected; ${seen()}`);
    }
  }

  function value(path, depth) {
    space();
    if (depth > DEEPEST) fail(`nested more than ${DEEPEST} levels deep`);
    if (eat("{")) return members(path, depth + 1);
    if (eat("[")) return items(path, depth + 1);
    if (text[at] === '"') return string("a text");
    const number = match(NUMBER);
    if (number !== null) return Number(number);
    for (const [word, meant] of Object.entries(WORDS)) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meant;
      }
    }
    return fail(`a value is expected; ${seen()}`);
  }

  const whole = value("", 0);
  space();
  if (at < text.length) fail(`nothing may follow the document; ${seen()}`);
  return { value: whole, lines };
}

/* The line of a path, or of the nearest thing around it that stands in the text. */
export function lineOf(lines, path) {
  let parts = path.split(".");
  while (parts.length > 0) {
    const line = lines.get(parts.join("."));
    if (line !== undefined) return line;
    parts = parts.slice(0, -1);
  }
  return 1;
}
