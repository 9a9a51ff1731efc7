// Rule files: a problem's line number leads to the line in the field.
export function startRules() {
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-line]");
    const field = document.getElementById("text");
    if (!link || !field) return;
    e.preventDefault();
    const lines = field.value.split("\n");
    const n = Math.min(Number(link.dataset.line), lines.length) - 1;
    const from = lines.slice(0, n).reduce((sum, line) => sum + line.length + 1, 0);
    field.focus();
    field.setSelectionRange(from, from + lines[n].length);
    field.scrollTop = Math.max(0, n - 3) * parseFloat(getComputedStyle(field).lineHeight);
  });
}
