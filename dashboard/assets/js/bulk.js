// Several cases at once: the bar appears with the first tick and offers what
// all of the ticked allow. Without this module the bar is simply always there.

const ticked = () => [...document.querySelectorAll("[data-bulk]:checked")];

function show() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const chosen = ticked();
  bar.hidden = chosen.length === 0;
  if (!chosen.length) return;
  bar.querySelector("#bulk-count").textContent = `已选 ${chosen.length} 件`;
  bar.elements.back.value = location.pathname + location.search;
  const offered = [];
  for (const radio of bar.querySelectorAll("[name=action]")) {
    const may = chosen.every((box) => box.dataset.bulk.split(" ").includes(radio.value));
    radio.disabled = !may;
    radio.closest("label").classList.toggle("off", !may);
    if (!may) radio.checked = false;
    if (may) offered.push(radio);
  }
  if (offered.length === 1) offered[0].checked = true;
  if (!offered.length) bar.querySelector("#bulk-count").textContent = `已选 ${chosen.length} 件，没有可以一起办理的事项`;
  bar.querySelector("button").disabled = !offered.length;
}

export function startBulk() {
  show();
  document.addEventListener("change", (e) => { if (e.target.matches("[data-bulk]")) show(); });
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("live", () => setTimeout(show, 500)); // rows come and go
}
