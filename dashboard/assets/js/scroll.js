// What scrolls sideways and holds nothing to focus must be reachable itself, or
// the keyboard cannot scroll it.
const regions = ".scroll, .steps, .saved ul, pre";
const stops = "a[href], button, input, select, textarea, summary, [tabindex]";

function reach() {
  for (const region of document.querySelectorAll(regions)) {
    const moves = region.scrollWidth > region.clientWidth + 1 || region.scrollHeight > region.clientHeight + 1;
    if (moves && !region.hasAttribute("tabindex") && !region.querySelector(stops)) region.tabIndex = 0;
  }
}

export function startScroll() {
  reach();
  addEventListener("resize", reach);
  document.addEventListener("htmx:afterSettle", reach);
  document.addEventListener("toggle", reach, true); // what was folded has a size now
}
