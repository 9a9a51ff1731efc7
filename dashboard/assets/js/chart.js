// ECharts draws what the table below it says: one source of figures, and the
// table stays for those who do not see the plot.
import { seconds } from "./counters.js";

const shown = 16; // units in the plot; the table has all

export function startCharts() {
  if (document.readyState === "complete") draw();
  else addEventListener("load", draw); // the library may come after this module
  document.addEventListener("htmx:afterSettle", draw);
  addEventListener("resize", () => {
    for (const place of document.querySelectorAll("[data-plot]")) {
      const chart = window.echarts && window.echarts.getInstanceByDom(place);
      if (chart) chart.resize();
    }
  });
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function draw() {
  for (const place of document.querySelectorAll("[data-plot=answers]")) answers(place);
}

function answers(place) {
  if (!window.echarts || window.echarts.getInstanceByDom(place)) return;
  const table = document.getElementById(place.dataset.table);
  if (!table) return;
  const rows = [...table.tBodies[0].rows].map((r) => ({
    name: r.dataset.name, n: Number(r.dataset.n), acked: Number(r.dataset.acked), thin: r.dataset.thin === "true",
    median: Number(r.dataset.median), p90: Number(r.dataset.p90),
  })).filter((r) => r.acked > 0).slice(0, shown);
  if (!rows.length) {
    place.closest("section").hidden = true;
    return;
  }
  const every = step(Math.max(...rows.map((r) => r.p90)));
  const ink = token("--ink-soft");
  const line = token("--line");
  const narrow = place.clientWidth < 560; // a phone: one unit below the other
  if (narrow) place.style.height = `${rows.length * 34 + 76}px`;
  const units = {
    type: "category", data: rows.map((r) => r.name), inverse: narrow,
    axisLabel: { color: ink, interval: 0, width: 108, overflow: "truncate", rotate: !narrow && place.clientWidth / rows.length < 76 ? 35 : 0 },
    axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
  };
  const times = {
    type: "value", interval: narrow ? 2 * every : every, max: ({ max }) => Math.max(every, Math.ceil(max / every) * every), splitLine: { lineStyle: { color: line } },
    axisLabel: { color: ink, hideOverlap: true, formatter: (v) => (v ? seconds(v) : "0") },
  };
  const radius = narrow ? [0, 3, 3, 0] : [3, 3, 0, 0];
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  chart.setOption({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: ink } },
    tooltip: {
      trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" },
      formatter: (points) => {
        const r = rows[points[0].dataIndex];
        return `${r.name}${r.thin ? "（样本不足）" : ""}\n签收 ${r.acked} / 交办 ${r.n}\n中位数 ${seconds(r.median)}\n九成线 ${seconds(r.p90)}`;
      },
    },
    xAxis: narrow ? times : units,
    yAxis: narrow ? units : times,
    series: [
      { name: "中位数", type: "bar", barMaxWidth: 22, itemStyle: { color: token("--bar-part"), borderRadius: radius }, data: rows.map((r) => tone(r, r.median)) },
      { name: "九成线", type: "bar", barMaxWidth: 22, itemStyle: { color: token("--bar"), borderRadius: radius }, data: rows.map((r) => tone(r, r.p90)) },
    ],
  });
}

// Round steps on the time axis: 1, 2, 5, 10, 15, 30 minutes, then hours.
function step(top) {
  const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400];
  return 60 * (minutes.find((m) => m * 60 * 5 >= top) || minutes[minutes.length - 1]);
}

function tone(row, value) {
  return { value, itemStyle: row.thin ? { opacity: 0.35 } : {} };
}
