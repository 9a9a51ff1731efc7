// Keeps every <time class="clock" data-due> ticking once a second, in the
// server's time: data-now on <body> is the county's time when the page was made,
// data-speed how fast it runs (a demo). The words are those of view_clock.go.

const body = document.body;
const speed = Number(body.dataset.speed) || 1;
const base = Number(body.dataset.now) || Date.now();
const loaded = Date.now();

/** The county's time now, in milliseconds. */
export const now = () => base + (Date.now() - loaded) * speed;

/** A span as a person says it; exact adds seconds below one hour. */
export function span(ms, exact) {
  const s = Math.floor(ms / 1000);
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  const two = (n) => String(n).padStart(2, "0");
  if (h >= 72) return `${Math.floor(h / 24)} 天 ${h % 24} 小时`;
  if (h > 0) return `${h} 小时 ${two(m)} 分`;
  if (exact && m > 0) return `${m} 分 ${two(s % 60)} 秒`;
  if (m > 0) return `${m} 分`;
  return `${s} 秒`;
}

const words = { running: "计时中", soon: "将到时限", overdue: "已超时" };

function show(clock, at) {
  const due = Number(clock.dataset.due);
  const start = Number(clock.dataset.start);
  const left = due - at;
  const text = left < 0 ? `已超 ${span(-left, false)}` : `剩 ${span(left, true)}`;
  if (clock.textContent !== text) clock.textContent = text;

  const passed = due > start ? Math.max(0, Math.min(1, (at - start) / (due - start))) : 1;
  const state = left < 0 ? "overdue" : passed >= 0.75 ? "soon" : "running";
  const box = clock.closest(".clock-box");
  if (!box) return;
  const bar = box.querySelector("progress");
  if (bar) bar.value = Math.round(passed * 100);
  if (box.classList.contains(`clock-${state}`)) return;
  box.classList.remove("clock-running", "clock-soon", "clock-overdue");
  box.classList.add(`clock-${state}`);
  const word = box.querySelector(".clock-word");
  if (word) word.textContent = words[state];
  announce(clock, state);
}

// Said aloud only when a state changes, never at every second.
function announce(clock, state) {
  const place = clock.closest("[data-case], #case");
  const title = place && place.querySelector(".case-title, h1, a");
  say(`${title ? title.textContent.trim() : "交办单"}：时限${words[state]}`);
}

/** Tells a screen reader something, politely. */
export function say(text) {
  const where = document.getElementById("announce");
  if (where) where.textContent = text;
}

export function tick() {
  const at = now();
  for (const clock of document.querySelectorAll("time.clock[data-due]")) show(clock, at);
}

export function startClocks() {
  tick();
  setInterval(tick, 1000);
}
