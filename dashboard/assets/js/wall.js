// 态势大屏: scenes that take turns until somebody says stop, parts that are read
// anew when something changed, and no reload that could leave a screen blank.
import { fetchPage } from "./fragment.js";
import { now, tick } from "./clock.js";

const turn = 15000; // ms a scene stays
const pause = 3000; // ms between two readings: a flood is one
const atLeast = 30000; // ms after which it is read even in silence

let scene = 0;
let still = matchMedia("(prefers-reduced-motion: reduce)").matches;
let timer = null;
let waiting = null;
let readAt = Date.now();

const scenes = () => [...document.querySelectorAll(".scene")];

function show(i) {
  const all = scenes();
  scene = (i + all.length) % all.length;
  all.forEach((s, k) => s.classList.toggle("on", k === scene));
  document.getElementById("scene-name").textContent = `${all[scene].dataset.scene} ${scene + 1}/${all.length}`;
}

function setStill(value) {
  still = value;
  document.body.classList.toggle("still", still);
  const button = document.querySelector("[data-do=motion]");
  button.setAttribute("aria-pressed", String(still));
  button.querySelector("span").textContent = still ? "继续轮播" : "停止轮播";
  clearInterval(timer);
  timer = still ? null : setInterval(() => show(scene + 1), turn);
}

const actions = {
  back: () => { show(scene - 1); setStill(true); },
  next: () => { show(scene + 1); setStill(true); },
  motion: () => setStill(!still),
  full: () => { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen().catch(() => {}); },
};
const keys = { ArrowLeft: "back", ArrowRight: "next", " ": "motion", f: "full", F: "full" };

function soon() {
  if (!waiting) waiting = setTimeout(read, Math.max(0, pause - (Date.now() - readAt)));
}

// Takes over what the server now says, part by part; what did not change is
// not touched. When it cannot be read the old stays and the next message tries again.
async function read() {
  waiting = null;
  readAt = Date.now();
  try {
    const page = await fetchPage("/wall");
    for (const part of document.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!fresh || fresh.innerHTML === part.dataset.html) continue;
      const known = new Set([...part.querySelectorAll("[data-key]")].map((e) => e.dataset.key));
      part.dataset.html = fresh.innerHTML;
      part.innerHTML = fresh.innerHTML;
      for (const e of part.querySelectorAll("[data-key]")) if (known.size && !known.has(e.dataset.key)) e.classList.add("arrived");
    }
    tick();
  } catch {
    setTimeout(soon, 5000);
  }
}

function clock() {
  const at = new Date(now());
  document.getElementById("wall-clock").textContent = at.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
  if (Date.now() - readAt > atLeast) soon();
}

export function startWall() {
  if (!document.body.classList.contains("wall")) return;
  document.body.classList.add("turning");
  document.getElementById("wall-controls").hidden = false;
  show(0);
  setStill(still);
  clock();
  setInterval(clock, 1000);
  document.addEventListener("live", soon);
  document.addEventListener("stale", (e) => {
    e.preventDefault(); // no reload: the parts are read anew
    soon();
  });
  document.addEventListener("click", (e) => {
    const button = e.target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || (e.key === " " && e.target.closest("button, a"))) return;
    const name = keys[e.key];
    if (!name) return;
    e.preventDefault();
    actions[name]();
  });
}
