// Numbers that move: the overview, the bell, the bars over lists, source rows.
import { settle } from "./fragment.js";

/** 9,321 below a hundred thousand, then 12.3万: the words of render.go. */
export function count(n) {
  const short = (x) => String(Math.round(x * 10) / 10);
  if (n >= 1e8) return `${short(n / 1e8)}亿`;
  if (n >= 1e5) return `${short(n / 1e4)}万`;
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Seconds as the root package says them: 2天3小时, 3小时5分, 12分钟, 8秒. */
export function seconds(s) {
  if (!(s > 0)) return "—";
  s = Math.round(s);
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  if (s < 60) return `${s}秒`;
  if (h === 0) return `${m}分钟`;
  if (h >= 72) return h % 24 === 0 ? `${h / 24}天` : `${Math.floor(h / 24)}天${h % 24}小时`;
  return m === 0 ? `${h}小时` : `${h}小时${m}分`;
}

export function onStats(data) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const n = data[place.dataset.count];
    if (n !== undefined) put(place, count(n));
  }
  for (const place of document.querySelectorAll("[data-span]")) {
    const n = data[place.dataset.span];
    if (n !== undefined) put(place, seconds(n));
  }
  for (const place of document.querySelectorAll("[data-hot]")) {
    place.classList.toggle("hot", data[place.dataset.hot] > 0);
  }
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

let changedEvents = new Set();

export function onEvent(data) {
  const list = document.querySelector("[data-events]");
  if (!list || !data) return;
  const row = document.getElementById(`event-${data.id}`);
  const posts = row && row.querySelector("[data-posts]");
  if (posts) put(posts, count(data.posts));
  else changedEvents.add(data.id);
  const bar = document.getElementById("events-bar");
  if (bar && changedEvents.size) {
    bar.hidden = false;
    bar.querySelector("b").textContent = changedEvents.size;
  }
}

const colours = { green: "正常", yellow: "有波动", red: "中断", grey: "未运行" };

export function onSource(data) {
  const row = data && document.getElementById(`source-${data.id}`);
  if (!row) return;
  const health = row.querySelector(".health");
  if (health && colours[data.status]) {
    health.className = `health health-${data.status}`;
    health.textContent = colours[data.status];
  }
  const items = row.querySelector("[data-items]");
  if (items && data.items !== undefined) put(items, count(data.items));
}

/** Asks what notices are unread; a notice is written with the case that caused it. */
export const refreshBell = settle(async () => {
  await fill("[data-unread]", "/notices/unread");
  await fill("[data-notes]", "/notices/recent");
}, 700);

async function fill(places, url) {
  const found = document.querySelectorAll(places);
  if (!found.length) return;
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "X-Unattended": "1" } });
    if (!answer.ok) return;
    const html = await answer.text();
    for (const place of found) if (!place.contains(document.activeElement)) place.innerHTML = html;
  } catch {
    // what is shown stays as it was
  }
}
