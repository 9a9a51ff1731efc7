// Fetching pieces of pages, as the server renders them. Live messages cause it, not a
// person, so these requests must not keep a forgotten session alive.

/** The element a fragment address answers with, or null (204: it does not belong there any more). */
export async function fetchElement(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true", "X-Unattended": "1" } });
  if (answer.status === 204 || answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return parse(await answer.text()).body.firstElementChild;
}

/** The whole page behind an address, parsed. */
export async function fetchPage(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true", "X-Unattended": "1" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return parse(await answer.text());
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/** Lets htmx find its attributes in what was just put into the page. */
export function adopt(element) {
  if (window.htmx) window.htmx.process(element);
}

/** Runs f at most once in ms, after the last call of a burst. */
export function settle(f, ms) {
  let waiting = null;
  return (...args) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => f(...args), ms);
  };
}
