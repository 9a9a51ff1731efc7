// The one connection for everything that moves: a websocket that resumes where
// it broke off, waits longer after each failure, and turns to polling when a
// proxy on the way cuts websockets. A page sees no pings, and a network that went
// away says nothing: what is silent for long is asked, and given up without answer.
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
const pollPatience = 40000; // the server answers within 25 s
const retrySocketEvery = 60000;
const silence = 40000; // after which the server is asked
const patience = 6000; // for its answer, and for a connection to open
const signedOut = 4401; // close code: the session ended

const handlers = { hello: onHello, post: onPost, event: onEvent, case: onCase, stats: onStats, source: onSource };
const repeatable = { hello: true, stats: true }; // carry a seq that others carried before
const labels = { idle: "实时更新", open: "实时更新中", poll: "实时更新中（轮询）", lost: "连接中断，正在重连" };

let seq = Number(document.body.dataset.seq); // the page is at least as new as that
let epoch = ""; // of the server's life: another one counts seq anew
let failures = 0;
let opened = 0; // when the websocket opened; 0 while it is not
let heard = 0; // when it last said something, or began to open
let asked = 0; // when it was asked; 0: it owes no answer
let socket = null;
let retry = null;
let polling = false;
let stopPoll = null; // ends the poll that waits
let leaving = false;

function show(state) {
  const place = document.getElementById("live");
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  place.querySelector("span").textContent = labels[state];
}

// What a poll and a websocket both bring counts once.
function take(message) {
  if (!repeatable[message.type] && message.seq <= seq) return;
  if (message.type !== "hello" && message.seq > seq) seq = message.seq;
  const handle = handlers[message.type];
  if (handle) handle(message.data, message);
  document.dispatchEvent(new CustomEvent("live", { detail: message }));
}

// A greeting may say that messages were missed: then what is shown is old.
function onHello(data, message) {
  const changed = epoch !== "" && data.epoch !== epoch;
  epoch = data.epoch;
  const anew = data.resync || changed;
  if (anew || message.seq > seq) seq = message.seq;
  if (anew) reread();
}

function reread() {
  if (!document.dispatchEvent(new CustomEvent("stale", { cancelable: true }))) return; // somebody mends the page
  const typed = [...document.querySelectorAll("main input, main textarea")].some((e) => e.value !== e.defaultValue || e.checked !== e.defaultChecked);
  const busy = typed || document.querySelector("body[data-sent], details.action[open], details.add-source[open]") ||
    document.activeElement && document.activeElement.matches("input, textarea, select");
  if (busy) say("页面内容可能不是最新，请在填完后刷新");
  else location.reload();
}

function address() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}?since=${seq}`;
}

function connect() {
  clearTimeout(retry);
  retry = null;
  if (leaving || socket) return;
  let mine;
  try {
    mine = new WebSocket(address());
  } catch {
    later();
    return;
  }
  socket = mine;
  heard = Date.now();
  asked = 0;
  mine.addEventListener("open", () => {
    if (mine !== socket) return;
    opened = heard = Date.now();
    stopPolling();
    show("open");
  });
  mine.addEventListener("message", (e) => {
    if (mine !== socket) return;
    heard = Date.now();
    asked = 0;
    for (const line of String(e.data).split("\n")) {
      if (line) take(JSON.parse(line));
    }
  });
  mine.addEventListener("close", (e) => {
    if (mine === socket) gone(e.code);
  });
}

function gone(code) {
  socket = null;
  if (opened && Date.now() - opened > steady) failures = 0;
  opened = 0;
  if (code === signedOut) location.reload(); // leads to the sign-in page
  else later();
}

function later() {
  if (leaving) return;
  failures++;
  if (failures >= socketFailures) startPolling();
  else show("lost");
  const wait = polling ? retrySocketEvery : Math.min(longestWait, firstWait * 2 ** failures);
  clearTimeout(retry);
  retry = setTimeout(connect, wait * (0.7 + Math.random() * 0.6));
}

// Gives up a connection that neither opened nor answered in time: closing it
// would wait for a network that is away.
function watch() {
  if (!socket) return;
  const now = Date.now();
  if (opened && !asked && now - heard > silence) ask();
  if (opened ? asked && now - asked > patience : now - heard > patience) {
    const dead = socket;
    gone(0);
    dead.close();
  }
}

function ask() {
  asked = Date.now();
  socket.send("?");
}

// The phone wakes up, or its network is back: no waiting.
function wake(e) {
  if (leaving || (document.hidden && e.type === "visibilitychange")) return;
  if (!socket) {
    failures = Math.min(failures, socketFailures - 1);
    connect();
  } else if (opened && !asked) {
    ask();
  }
}

async function startPolling() {
  if (polling) return;
  polling = true;
  for (let ok = false; polling && !leaving;) {
    ok = await poll(!ok); // the first one shows at once whether it works
    await new Promise((done) => setTimeout(done, ok ? pollPause : 5 * pollPause));
  }
}

function stopPolling() {
  polling = false;
  if (stopPoll) stopPoll.abort();
}

async function poll(atOnce) {
  const mine = stopPoll = new AbortController();
  const timer = setTimeout(() => mine.abort(), pollPatience);
  try {
    const answer = await fetch(`${path}/poll?since=${seq}${atOnce ? "&now=true" : ""}`, { headers: { Accept: "application/json" }, signal: mine.signal });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    const found = await answer.json();
    for (const message of found.messages) take(message);
    onHello(found, found);
    if (polling) show("poll");
    return true;
  } catch {
    if (polling) show("lost");
    return false;
  } finally {
    clearTimeout(timer);
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
  for (const [where, what] of [[document, "visibilitychange"], [document, "resume"], [window, "online"]]) where.addEventListener(what, wake);
  setInterval(watch, 1000);
  connect();
}
