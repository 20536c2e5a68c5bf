/* How this page is connected, in the pill that every live page has. */

import { byId, say, setTone } from "./dom.js";

const CONNECTIONS = {
  connecting: ["Connecting…", "busy"],
  live: ["Live", "good"],
  lost: ["Connection lost – reconnecting…", "bad"],
  "no-redis": ["The server can't reach Redis – trying again…", "bad"],
  "signed-out": ["Signed out – sign in again to go on", "bad"],
  "no-identity": ["Your login belongs to no identity any more", "bad"],
};

export function showConnection(state) {
  const [text, tone] = CONNECTIONS[state];
  const pill = byId("connection");
  setTone(pill, tone);
  if (state === "signed-out") {
    const link = document.createElement("a");
    link.href = `/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = text;
    pill.replaceChildren(link);
  } else {
    say(pill, text);
  }
}
