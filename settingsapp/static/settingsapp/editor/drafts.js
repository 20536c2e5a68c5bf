/* Unsaved work, kept in this browser for each login and the version that it began from. */

const PREFIX = "livermore:settings-draft:";

export class Drafts {
  /* `owner`: the login and its identity; drafts of others are never looked at. */
  constructor(owner, storage = localStorage) {
    this.prefix = `${PREFIX}${owner}:`;
    this.storage = storage;
  }

  /* The newest draft, `{version, text, at}`; null where there is none. */
  newest() {
    const found = this.#keys().map((key) => this.#read(key)).filter((draft) => draft !== null);
    return found.sort((one, other) => other.at - one.at)[0] ?? null;
  }

  keep(version, text) {
    try {
      this.storage.setItem(this.prefix + version, JSON.stringify({ version, text, at: Date.now() }));
    } catch {
      /* Full or forbidden: the page works without drafts as well. */
    }
  }

  drop(version) {
    this.storage.removeItem(this.prefix + version);
  }

  #keys() {
    return Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index)).filter((key) =>
      key.startsWith(this.prefix),
    );
  }

  #read(key) {
    try {
      const draft = JSON.parse(this.storage.getItem(key));
      return Number.isInteger(draft.version) && typeof draft.text === "string" ? draft : null;
    } catch {
      return null;
    }
  }
}
