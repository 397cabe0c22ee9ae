// What pages do beyond links and a form. Everything works without it, only with more page loads.
"use strict";

(() => {
  let cameFromHere = false; // Whether "back" stays on our pages.

  const isTyping = (target) => target.closest("input, select, textarea") !== null;
  const openLinks = () => Array.from(document.querySelectorAll("#rows a.open"));

  function move(step) {
    const links = openLinks();
    const row = document.activeElement.closest("#rows tr");
    const at = row === null ? -1 : links.indexOf(row.querySelector("a.open"));
    const next = links[at === -1 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (next !== undefined) {
      next.focus();
      next.closest("tr").scrollIntoView({ block: "nearest" });
    }
  }

  function goBack() {
    const back = document.querySelector("a.back");
    if (back === null) return;
    if (cameFromHere) history.back();
    else back.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const search = document.getElementById("f-q");
      if (search === null) return;
      search.focus();
      search.select();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Escape") goBack();
    else return;
    event.preventDefault();
  });

  // A choice counts at once; a text counts on Enter.
  document.addEventListener("change", (event) => {
    const field = event.target;
    const form = field.closest("#filter");
    if (form === null) return;
    const isTime = field.name === "from" || field.name === "until";
    if (isTime && field.value !== "") form.elements.range.value = "";
    if (field.name === "range" && field.value !== "custom") {
      form.elements.from.value = "";
      form.elements.until.value = "";
    }
    if (field.matches("select, [type=radio], [type=checkbox]")) form.requestSubmit();
  });

  // A click into a row opens its event, unless it meant a link or marked some text.
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("button.copy");
    if (copy !== null) {
      copyRecord(copy);
      return;
    }
    const back = event.target.closest("a.back");
    if (back !== null && cameFromHere && event.isTrusted) {
      event.preventDefault();
      event.stopPropagation();
      history.back();
      return;
    }
    const row = event.target.closest("#rows tr");
    if (row === null || event.target.closest("a, details, button") !== null) return;
    if (String(getSelection()) !== "") return;
    const open = row.querySelector("a.open");
    if (open !== null) open.click();
  }, true);

  async function copyRecord(button) {
    const label = button.textContent;
    try {
      const answer = await fetch(button.dataset.copy);
      if (!answer.ok) throw new Error(String(answer.status));
      await navigator.clipboard.writeText(await answer.text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied: use Download";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  const DAY_SECONDS = 86400;
  let days = null; // The chart of events per day: its plot, and what watches its width.

  const dayNumber = (text) => Date.parse(`${text}T00:00:00Z`) / 1000 / DAY_SECONDS;
  const dayText = (day) => new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10);

  function destroyDays() {
    if (days === null) return;
    days.resize.disconnect();
    days.plot.destroy();
    days = null;
  }

  // Asks for the events of some days, as if their dates had been typed into the form.
  function showDays(first, last) {
    const form = document.getElementById("filter");
    form.elements.range.value = "";
    form.elements.from.value = dayText(first);
    form.elements.until.value = dayText(last);
    form.requestSubmit();
  }

  // What uPlot draws: days without events next to days with some are zero, so that every bar is as
  // wide as one day; a day with few events still is a line one can see.
  function barsOf(events) {
    const top = Math.max(...events.values());
    const drawn = new Map();
    for (const day of events.keys()) {
      for (const near of [day - 1, day, day + 1]) {
        drawn.set(near, events.has(near) ? Math.max(events.get(near), top / 50) : 0);
      }
    }
    const numbers = Array.from(drawn.keys()).sort((a, b) => a - b);
    return { top, data: [numbers.map((day) => day * DAY_SECONDS), numbers.map((day) => drawn.get(day))] };
  }

  function daysOptions(holder, events, top) {
    const numbers = Array.from(events.keys());
    const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
    const css = getComputedStyle(document.documentElement);
    const color = (name) => css.getPropertyValue(name).trim();
    const at = document.getElementById("days-at");
    const help = at.textContent;
    const compact = new Intl.NumberFormat("en", { notation: "compact" });
    const dayAt = (plot, x) =>
      Math.min(last, Math.max(first, Math.round(plot.posToVal(x, "x") / DAY_SECONDS)));
    const axis = { stroke: color("--soft"), font: "11px system-ui, sans-serif", gap: 3 };
    const line = (name) => ({ stroke: color(name), width: 1, size: 4 });
    return {
      width: holder.clientWidth,
      height: holder.clientHeight,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
      scales: {
        x: { range: () => [(first - 0.5) * DAY_SECONDS, (last + 0.5) * DAY_SECONDS] },
        y: { range: () => [0, top] },
      },
      axes: [
        {
          ...axis,
          size: 22,
          space: 84,
          grid: { show: false },
          ticks: line("--line-strong"),
          incrs: [1, 2, 3, 5, 7, 10, 15, 30, 60, 90, 180, 365, 730, 1825, 3650, 18250, 182500, 365000, 1825000]
            .map((count) => count * DAY_SECONDS),
          values: (_, splits, __, ___, step) => splits.map((seconds) => {
            const text = dayText(seconds / DAY_SECONDS);
            const days = step / DAY_SECONDS;
            return days >= 365 ? text.slice(0, 4) : days >= 30 ? text.slice(0, 7) : text;
          }),
        },
        {
          ...axis,
          size: 42,
          space: 22,
          grid: line("--line"),
          ticks: { show: false },
          incrs: Array.from({ length: 36 }, (_, at) => [1, 2, 5][at % 3] * 10 ** Math.floor(at / 3)),
          values: (_, splits) => splits.map((count) => compact.format(count)),
        },
      ],
      series: [
        {},
        { fill: color("--accent"), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.8, 64, 1] }) },
      ],
      hooks: {
        init: [(plot) => plot.over.addEventListener("click", () => {
          const day = dayAt(plot, plot.cursor.left);
          showDays(day, day);
        })],
        ready: [markDays],
        setSize: [markDays],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width > 0) showDays(dayAt(plot, left), dayAt(plot, left + width));
        }],
        setCursor: [(plot) => {
          if (plot.cursor.left < 0) {
            at.textContent = help;
            return;
          }
          const day = dayAt(plot, plot.cursor.left);
          const count = events.get(day) ?? 0;
          at.textContent = `${dayText(day)}: ${count.toLocaleString("en")} ${count === 1 ? "event" : "events"}`;
        }],
      },
    };
  }

  // Marks the days that the filter names; times within a day are too fine for it.
  function markDays(plot) {
    const isDay = (text) => text === "" || /^\d{4}-\d\d-\d\d$/.test(text);
    const [from, until] = ["f-from", "f-until"].map((id) => document.getElementById(id).value);
    if (from + until === "" || !isDay(from) || !isDay(until)) return;
    const { min, max } = plot.scales.x;
    const x = (day) => plot.valToPos(Math.min(max, Math.max(min, day * DAY_SECONDS)), "x");
    const left = from === "" ? 0 : x(dayNumber(from) - 0.5);
    const right = until === "" ? plot.over.clientWidth : x(dayNumber(until) + 0.5);
    plot.setSelect({ left, width: Math.max(0, right - left), top: 0, height: plot.over.clientHeight }, false);
  }

  function drawDays() {
    const holder = document.getElementById("days-plot");
    if (days !== null && days.holder === holder) return;
    destroyDays();
    if (holder === null) return;
    const events = new Map(holder.dataset.days.split(" ").map((text) => {
      const [day, count] = text.split(":");
      return [dayNumber(day), Number(count)];
    }));
    const { top, data } = barsOf(events);
    const plot = new uPlot(daysOptions(holder, events, top), data, holder);
    const resize = new ResizeObserver(() => {
      plot.setSize({ width: holder.clientWidth, height: holder.clientHeight });
    });
    resize.observe(holder);
    days = { holder, plot, resize };
  }

  function settle() {
    drawDays();
    const canCopy = navigator.clipboard !== undefined;
    for (const button of document.querySelectorAll("button.copy")) button.hidden = !canCopy;
  }

  const trouble = (is) => { document.getElementById("trouble").hidden = !is; };
  document.addEventListener("htmx:sendError", () => trouble(true));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) trouble(false);
  });
  document.addEventListener("htmx:pushedIntoHistory", () => { cameFromHere = true; });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (days !== null && event.detail.shouldSwap && event.detail.target.contains(days.holder)) destroyDays();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    destroyDays();
    drawDays();
  });
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("htmx:historyRestore", settle);
  settle();
})();
