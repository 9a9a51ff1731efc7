// Small help in forms. Everything works without it.

const filterFrom = 12; // choices, before a filter box is worth it

export function startForms() {
  document.addEventListener("click", fillSignIn);
  document.addEventListener("submit", onceOnly);
  document.addEventListener("change", publicity);
  document.addEventListener("change", tooLarge);
  document.addEventListener("htmx:configRequest", dropEmpty);
  document.addEventListener("htmx:beforeSwap", keepOnError);
  document.addEventListener("htmx:sendError", () => problem("连不上服务器", "请检查网络，刚才的操作没有提交。"));
  document.addEventListener("htmx:afterSwap", () => equip(document));
  document.addEventListener("click", closePops);
  if (document.body.dataset.user) addEventListener("beforeprint", printed);
  equip(document);
}

function equip(root) {
  for (const select of root.querySelectorAll("select[data-unit-filter]:not([data-ready])")) filterSelect(select);
  for (const box of root.querySelectorAll("[data-check-filter]:not([data-ready])")) filterChecks(box);
  for (const set of root.querySelectorAll("[data-publicity]")) showReason(set);
}

// Paper is a way out like any other: who printed which page is on record.
function printed() {
  navigator.sendBeacon("/printed", new URLSearchParams({ page: location.pathname }));
}

// Demo accounts: one click fills both fields.
function fillSignIn(e) {
  const button = e.target.closest("[data-fill-user]");
  if (!button) return;
  document.getElementById("user").value = button.dataset.fillUser;
  document.getElementById("password").value = button.dataset.fillPassword;
  document.querySelector("#signin button[type=submit]").focus();
}

// A plain form is sent once, however often its button is pressed; the button
// turns until the answer is there (a source under test may take half a minute).
function onceOnly(e) {
  const form = e.target;
  if (form.hasAttribute("hx-post") || form.method !== "post") return;
  if (form.dataset.sent) {
    e.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (e.submitter) e.submitter.ariaBusy = "true";
  const done = () => { delete form.dataset.sent; if (e.submitter) e.submitter.ariaBusy = null; };
  setTimeout(done, 30_000);
  addEventListener("pageshow", done, { once: true }); // back by the history
}

// A file that will be refused for its size is told of before it is sent.
function tooLarge(e) {
  const most = Number(e.target.dataset?.maxMb);
  if (!most) return;
  const large = [...e.target.files].some((f) => f.size > most * 1024 * 1024);
  e.target.setCustomValidity(large ? `文件超过 ${most} MB，请压缩后再传，或分成几个文件` : "");
  e.target.reportValidity();
}

// Addresses carry only what is filtered.
function dropEmpty(e) {
  if (e.detail.verb !== "get") return;
  const params = e.detail.parameters;
  for (const name of Object.keys(params)) if (params[name] === "") delete params[name];
}

// An error answer is shown in place when it is the same page with its reasons;
// a plain error page only says so above, and what is on the screen stays.
function keepOnError(e) {
  const { xhr, requestConfig, select } = e.detail;
  if (xhr.status < 400) return;
  const asker = requestConfig.elt.closest("[hx-select]");
  const wanted = select || (asker && asker.getAttribute("hx-select"));
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  if (wanted && page.querySelector(wanted)) return;
  e.detail.shouldSwap = false;
  const words = (css) => (page.querySelector(css) || { textContent: "" }).textContent;
  problem(words(".error-page h1") || "没有成功", words(".error-page .lead") || "请稍后重试。");
}

function problem(heading, message) {
  let box = document.getElementById("problem");
  if (!box) {
    box = document.createElement("p");
    box.id = "problem";
    box.className = "problem";
    box.setAttribute("role", "alert");
    document.getElementById("main").prepend(box);
  }
  box.textContent = `${heading}：${message}`;
  box.scrollIntoView({ block: "nearest" });
}

function publicity(e) {
  const set = e.target.closest("[data-publicity]");
  if (set) showReason(set);
}

// The reason is asked for only when the document is not public.
function showReason(set) {
  const chosen = set.querySelector("input[name=publicity]:checked");
  const needs = Boolean(chosen) && chosen.value !== "public";
  const field = set.querySelector(".publicity-reason");
  field.hidden = !needs;
  field.querySelector("input").required = needs;
}

function filterBox(label) {
  const input = document.createElement("input");
  input.type = "search";
  input.className = "unit-filter";
  input.placeholder = "输入几个字查找单位";
  input.setAttribute("aria-label", label);
  input.autocomplete = "off";
  input.addEventListener("keydown", (e) => { if (e.key === "Enter") e.preventDefault(); });
  return input;
}

function filterSelect(select) {
  select.dataset.ready = "yes";
  if (select.options.length < filterFrom) return;
  const groups = [...select.querySelectorAll("optgroup")].map((g) => ({ label: g.label, options: [...g.children] }));
  const first = select.options[0];
  const input = filterBox("查找主办单位");
  input.addEventListener("input", () => {
    const want = input.value.trim();
    const chosen = select.value;
    select.replaceChildren(first);
    for (const g of groups) {
      const fit = g.options.filter((o) => o.text.includes(want) || (o.value === chosen && chosen !== ""));
      if (!fit.length) continue;
      const group = document.createElement("optgroup");
      group.label = g.label;
      group.append(...fit);
      select.append(group);
    }
    const left = [...select.options].filter((o) => o.value && o.text.includes(want));
    select.value = want && left.length === 1 ? left[0].value : chosen;
  });
  select.before(input);
}

function filterChecks(box) {
  box.dataset.ready = "yes";
  const labels = [...box.querySelectorAll("label")];
  if (labels.length < filterFrom) return;
  const input = filterBox("查找协办单位");
  input.addEventListener("input", () => {
    const want = input.value.trim();
    for (const l of labels) l.hidden = Boolean(want) && !l.textContent.includes(want) && !l.querySelector("input").checked;
    for (const kind of box.querySelectorAll(".helper-kind")) kind.hidden = Boolean(want);
  });
  box.before(input);
}

// Small pop-ups close when one clicks beside them.
function closePops(e) {
  for (const open of document.querySelectorAll("details.help[open], details.more-tab[open]")) {
    if (!open.contains(e.target)) open.open = false;
  }
}
