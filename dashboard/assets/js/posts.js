// The live tail of 信息流. New posts go on top by themselves only while the
// reader is at the top and not pointing into the list; otherwise a bar counts
// them, so that nothing moves under the cursor.
import { adopt, fetchPage } from "./fragment.js";

const quietFor = 2500; // ms between two refreshes: a flood is one refresh
const longest = 200; // rows kept on the screen

let waiting = 0;
let timer = null;
let pointing = false;

export function onPost(data) {
  const list = document.querySelector("#rows[data-tail]");
  if (!list || !data || !matches(data)) return;
  if (document.getElementById(`post-${data.id}`)) return;
  waiting++;
  if (mayMove(list)) schedule();
  else showBar();
}

function matches(data) {
  const form = document.querySelector("form[data-filters]");
  if (!form) return true;
  const f = new FormData(form);
  const same = (name, value) => !f.get(name) || f.get(name) === value;
  return same("channel", data.channel) && same("sentiment", data.sentiment) && same("category", data.category) &&
    Number(data.risk || 0) >= Number(f.get("risk") || 0);
}

function mayMove(list) {
  return !pointing && scrollY < 80 && !document.hidden && !list.contains(document.activeElement);
}

function schedule() {
  if (!timer) timer = setTimeout(settle, quietFor);
}

function settle() {
  timer = null;
  const list = document.querySelector("#rows[data-tail]");
  if (!list || waiting === 0) return;
  if (mayMove(list)) take(list);
  else showBar();
}

function showBar() {
  const bar = document.getElementById("tail-bar");
  if (!bar) return;
  bar.hidden = false;
  bar.querySelector("b").textContent = waiting > 99 ? "99+" : waiting;
}

async function take(list) {
  try {
    const page = await fetchPage(list.dataset.tail);
    const fresh = [...page.querySelectorAll("#rows > [data-post]")].filter((row) => !document.getElementById(row.id));
    for (const row of fresh.reverse()) {
      for (const copy of row.querySelectorAll("[id^=post-]")) { // folded under the new one now
        const old = document.getElementById(copy.id);
        if (old && old.matches("#rows > *")) old.remove();
      }
      list.prepend(row);
      row.classList.add("arrived");
      adopt(row);
    }
    const rows = list.querySelectorAll(":scope > [data-post]");
    for (let i = longest; i < rows.length; i++) rows[i].remove();
    const total = page.getElementById("post-total");
    const here = document.getElementById("post-total");
    if (total && here) here.textContent = total.textContent;
    const empty = document.querySelector("#list .empty");
    if (empty && rows.length) empty.remove();
    waiting = 0;
    document.getElementById("tail-bar").hidden = true;
  } catch {
    showBar();
  }
}

document.addEventListener("pointerover", (e) => { pointing = Boolean(e.target.closest && e.target.closest("#rows")); });
document.documentElement.addEventListener("pointerleave", () => { pointing = false; });
document.addEventListener("click", (e) => {
  if (!e.target.closest("#tail-show")) return;
  const list = document.querySelector("#rows[data-tail]");
  if (list) take(list).then(() => scrollTo({ top: 0 }));
});
