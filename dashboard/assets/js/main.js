// One entry for every page: each module looks for what it serves and is silent
// when that is not there.
import { startClocks } from "./clock.js";
import { startLive } from "./live.js";
import { startForms } from "./forms.js";
import { startCharts } from "./chart.js";
import { startBulk } from "./bulk.js";
import { startRules } from "./rules.js";
import { startScroll } from "./scroll.js";
import { startWall } from "./wall.js";

startClocks();
startForms();
startCharts();
startBulk();
startRules();
startScroll();
startWall();
if (document.body.dataset.user && !document.querySelector("[data-unfinished]")) startLive();
