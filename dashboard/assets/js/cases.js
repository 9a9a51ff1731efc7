// Live rows of 交办单: each change fetches the row as the server renders it for
// this person and this list, puts it where its deadline says, or takes it out.
import { adopt, fetchElement, settle } from "./fragment.js";
import { say, tick } from "./clock.js";
import { refreshBell } from "./counters.js";

const pending = new Map(); // list|id → timer: a burst of changes is one fetch
const longestSide = 6;

export function onCase(data) {
  if (!data || !data.id) return;
  for (const list of document.querySelectorAll("[data-cases]")) queue(list, data.id);
  for (const row of document.querySelectorAll(`[data-case="${CSS.escape(data.id)}"]`)) {
    if (!row.closest("[data-cases]")) replaceOnly(row, data.id);
  }
  casePage(data);
  refreshBell();
}

function queue(list, id) {
  const key = `${list.dataset.cases}|${id}`;
  clearTimeout(pending.get(key));
  pending.set(key, setTimeout(() => {
    pending.delete(key);
    refresh(list, id).catch(() => {}); // the next change, or a reload, mends it
  }, 150));
}

async function refresh(list, id) {
  const kind = list.dataset.cases;
  const query = new URLSearchParams(list.dataset.query || "");
  query.set("in", kind);
  const fresh = await fetchElement(`/cases/${encodeURIComponent(id)}/row?${query}`);
  const old = list.querySelector(`[data-case="${CSS.escape(id)}"]`);
  if (!fresh) {
    if (old && !old.contains(document.activeElement)) old.remove();
  } else if (old) {
    if (old.contains(document.activeElement)) return; // never under the hand
    old.replaceWith(fresh);
    adopt(fresh);
  } else {
    place(list, fresh);
    fresh.classList.add("arrived");
    adopt(fresh);
    const title = fresh.querySelector(".case-title, a");
    if (kind === "work" && title) say(`新的交办单：${title.textContent.trim()}`);
  }
  tick();
  count(list);
}

function place(list, fresh) {
  if (list.dataset.sort === "due" && fresh.dataset.due) {
    for (const row of list.querySelectorAll(":scope > [data-case]")) {
      if (!row.dataset.due || Number(row.dataset.due) > Number(fresh.dataset.due)) {
        row.before(fresh);
        return;
      }
    }
    const more = list.querySelector(".more-row");
    if (more) more.before(fresh);
    else list.append(fresh);
    return;
  }
  list.prepend(fresh);
  if (list.dataset.cases === "side") {
    while (list.children.length > longestSide) list.lastElementChild.remove();
  }
}

function count(list) {
  const n = list.querySelectorAll(":scope > [data-case]").length;
  const empty = list.parentElement.querySelector(".when-empty");
  if (empty) empty.hidden = n > 0;
  if (list.dataset.cases === "work") {
    const place = document.getElementById("work-count");
    if (place) place.textContent = n + Number(place.dataset.more || 0);
  }
}

async function replaceOnly(row, id) {
  if (row.contains(document.activeElement)) return;
  const side = row.classList.contains("case-line");
  try {
    const fresh = await fetchElement(`/cases/${encodeURIComponent(id)}/row?in=${side ? "side" : "one"}`);
    if (fresh) {
      row.replaceWith(fresh);
      adopt(fresh);
      tick();
    }
  } catch {
    // the row stays as it was; a reload mends it
  }
}

// The page of one case: refreshed in place while nobody types in it, else a bar
// says that there is something new.
const reload = settle(async (page) => {
  const typing = page.querySelector("details:is(.action, .earlier)[open]") || page.contains(document.activeElement);
  const bar = document.getElementById("case-bar");
  if (typing) {
    if (bar) bar.hidden = false;
    return;
  }
  if (window.htmx) window.htmx.ajax("GET", location.pathname, { target: "#case", select: "#case", swap: "outerHTML" });
}, 400);

function casePage(data) {
  const page = document.querySelector(`[data-case-page="${CSS.escape(data.id)}"]`);
  if (page) reload(page);
}
