/* The API, as the admin's pages ask it: settings and commands for the editor, `ask` for all. */

const SETTINGS = "/api/v1/settings";
const COMMANDS = "/api/v1/runtime/commands";

/* An answer that is an error: `status`, the server's message and the fields it names. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.fields = body?.fields ?? [];
  }
}

export async function ask(method, address, { text, headers = {}, signal } = {}) {
  let response;
  try {
    response = await fetch(address, {
      method,
      body: text,
      signal,
      headers: {
        ...(text === undefined ? {} : { "Content-Type": "application/json" }),
        "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
        ...headers,
      },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { message: "The server can't be reached." });
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

export const saved = () => ask("GET", SETTINGS);
export const judge = (text, signal) => ask("POST", `${SETTINGS}/validate`, { text, signal });
export const consequences = (text) => ask("POST", `${SETTINGS}/diff`, { text });
export const save = (text, version) => ask("PUT", SETTINGS, { text, headers: { "If-Match": `"${version}"` } });
export const templates = () => ask("GET", `${SETTINGS}/templates`);
export const command = (id, name, payload) =>
  ask("POST", COMMANDS, { text: JSON.stringify({ id, command: name, payload }) });
