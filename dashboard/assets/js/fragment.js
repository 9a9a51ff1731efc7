// Fetching pieces of pages, as the server renders them. Live messages cause it, not a
// person, so these requests must not keep a forgotten session alive.

const patience = 10000; // ms for an answer
const tries = 3; // a connection kept from before the network went away answers nothing

/** The element a fragment address answers with, or null (204: it does not belong there any more). */
export async function fetchElement(url) {
  const { status, html } = await read(url);
  if (status === 204 || status === 404) return null;
  if (status !== 200) throw new Error(`${url}: ${status}`);
  return parse(html).body.firstElementChild;
}

/** The whole page behind an address, parsed. */
export async function fetchPage(url) {
  const { status, html } = await read(url);
  if (status !== 200) throw new Error(`${url}: ${status}`);
  return parse(html);
}

async function read(url) {
  for (let n = 1; ; n++) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), patience);
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true", "X-Unattended": "1" }, signal: late.signal });
      return { status: answer.status, html: await answer.text() };
    } catch (e) {
      if (n === tries) throw e;
    } finally {
      clearTimeout(timer);
    }
  }
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
