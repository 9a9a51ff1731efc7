// The one connection for everything that moves: a websocket that resumes where
// it broke off, waits longer after each failure, and turns to polling when a
// proxy on the way cuts websockets.
import { onCase } from "./cases.js";
import { onPost } from "./posts.js";
import { say } from "./clock.js";
import { onEvent, onSource, onStats } from "./counters.js";

const path = "/api/v1/live";
const firstWait = 1000;
const longestWait = 30000;
const socketFailures = 3; // in a row, before polling takes over
const steady = 20000; // a websocket that breaks sooner than that has failed too: some proxies let it open, then cut it
const pollPause = 1000; // between two long polls, which wait at the server
const retrySocketEvery = 60000;
const signedOut = 4401; // close code: the session ended

const handlers = { hello: onHello, post: onPost, event: onEvent, case: onCase, stats: onStats, source: onSource };
const labels = { idle: "实时更新", open: "实时更新中", poll: "实时更新中（轮询）", lost: "连接中断，正在重连" };

let seq = 0;
let epoch = ""; // of the server's life: another one counts seq anew
let failures = 0;
let opened = 0; // when the websocket opened; 0 while it is not
let socket = null;
let polling = false;
let leaving = false;

function show(state) {
  const place = document.getElementById("live");
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  place.querySelector("span").textContent = labels[state];
}

function take(message) {
  if (message.seq > seq) seq = message.seq;
  const handle = handlers[message.type];
  if (handle) handle(message.data, message);
  document.dispatchEvent(new CustomEvent("live", { detail: message }));
}

// A greeting may say that messages were missed: then what is shown is old.
function onHello(data, message) {
  const changed = epoch !== "" && data.epoch !== epoch;
  epoch = data.epoch;
  seq = message.seq;
  if (data.resync || changed) reread();
}

function reread() {
  if (!document.dispatchEvent(new CustomEvent("stale", { cancelable: true }))) return; // somebody mends the page
  const busy = document.querySelector("details.action[open], details.add-source[open]") ||
    document.activeElement && document.activeElement.matches("input, textarea, select");
  if (busy) say("页面内容可能不是最新，请在填完后刷新");
  else location.reload();
}

function address() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}${seq ? `?since=${seq}` : ""}`;
}

function connect() {
  if (leaving) return;
  try {
    socket = new WebSocket(address());
  } catch {
    later();
    return;
  }
  socket.addEventListener("open", () => {
    opened = Date.now();
    stopPolling();
    show("open");
  });
  socket.addEventListener("message", (e) => {
    for (const line of String(e.data).split("\n")) {
      if (line) take(JSON.parse(line));
    }
  });
  socket.addEventListener("close", (e) => {
    if (opened && Date.now() - opened > steady) failures = 0;
    opened = 0;
    if (e.code === signedOut) location.reload(); // leads to the sign-in page
    else later();
  });
}

function later() {
  if (leaving) return;
  failures++;
  if (failures >= socketFailures) startPolling();
  else show("lost");
  const wait = polling ? retrySocketEvery : Math.min(longestWait, firstWait * 2 ** failures);
  setTimeout(connect, wait * (0.7 + Math.random() * 0.6));
}

async function startPolling() {
  if (polling) return;
  polling = true;
  while (polling && !leaving) {
    const ok = await poll();
    await new Promise((done) => setTimeout(done, ok ? pollPause : 5 * pollPause));
  }
}

function stopPolling() {
  polling = false;
}

async function poll() {
  try {
    const answer = await fetch(`${path}/poll${seq ? `?since=${seq}` : ""}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    const found = await answer.json();
    for (const message of found.messages) take(message);
    onHello(found, found);
    show("poll");
    return true;
  } catch {
    show("lost");
    return false;
  }
}

export function startLive() {
  addEventListener("pagehide", () => {
    leaving = true;
    if (socket) socket.close();
  });
  addEventListener("pageshow", (e) => {
    if (e.persisted) location.reload(); // from the back cache: clocks and rows are old
  });
  connect();
}
