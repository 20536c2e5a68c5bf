/* The status page. */

import { Controls } from "./controls.js";
import { follow } from "./following.js";

const controls = new Controls();

follow({
  onStatus: (status) => controls.reflect(status),
  onAnswer: (message) => controls.hear(message),
  onSnapshot: () => controls.catchUp(),
});
