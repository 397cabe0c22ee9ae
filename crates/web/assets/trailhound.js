// What pages do beyond links and a form. Everything works without it, only with more page loads.
"use strict";

(() => {
  const isTyping = (target) => target.closest("input, select, textarea") !== null;
  const openLinks = () => Array.from(document.querySelectorAll("#rows a.open"));

  function move(step) {
    const neighbour = document.getElementById(step > 0 ? "older" : "newer");
    if (neighbour !== null && document.querySelector("article.event") !== null) {
      neighbour.click();
      return;
    }
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
    back.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.id === "f-q" && completeKey(event)) {
      event.preventDefault();
      return;
    }
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
    if (field.matches("select")) form.requestSubmit();
  });

  // A click into a row opens its event, unless it meant a link or marked some text.
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("button.copy");
    if (copy !== null) {
      copyRecord(copy);
      return;
    }
    const option = event.target.closest("#complete [role=option]");
    if (option !== null) {
      takeCompletion(option);
      return;
    }
    const value = event.target.closest("a[data-not]");
    if (value !== null && event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      goTo(value.dataset.not);
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
      let text = button.dataset.text;
      if (text === undefined) {
        const answer = await fetch(button.dataset.copy);
        if (!answer.ok) throw new Error(String(answer.status));
        text = await answer.text();
      }
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied: use Download";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  // The slider over a resource's moments: each of its places is a link of the list below it.
  const momentLinks = () => Array.from(document.querySelectorAll("#moments a"));
  let momentTimer;

  function showMoment(slider) {
    const link = momentLinks()[Number(slider.value)];
    if (link === undefined) return;
    const text = link.textContent.trim();
    document.getElementById("moment-at").textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }

  // Marks the moment that is told, and moves the slider there.
  function settleMoment() {
    const slider = document.getElementById("moment");
    const now = document.getElementById("state-now");
    if (slider === null || now === null) return;
    document.getElementById("slide").hidden = false;
    const index = now.dataset.index;
    momentLinks().forEach((link, at) => {
      if (String(at) === index) {
        link.setAttribute("aria-current", "true");
        const list = document.getElementById("moments");
        list.scrollTop = link.offsetTop - list.offsetTop - list.clientHeight / 2;
      } else {
        link.removeAttribute("aria-current");
      }
    });
    if (index !== undefined) slider.value = index;
    showMoment(slider);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "moment") return;
    showMoment(event.target);
    clearTimeout(momentTimer);
    momentTimer = setTimeout(() => momentLinks()[Number(event.target.value)]?.click(), 150);
  });

  // Goes to an address of ours as a link does.
  function goTo(href) {
    const link = document.createElement("a");
    link.href = href;
    link.hidden = true;
    document.getElementById("main").append(link);
    htmx.process(link);
    link.click();
  }

  // The list of completions under the query bar.
  const options = () => Array.from(document.querySelectorAll("#complete [role=option]"));
  const chosen = () => document.querySelector("#complete [aria-selected=true]");

  function showCompletions(is) {
    const list = document.getElementById("complete");
    const bar = document.getElementById("f-q");
    if (list === null) return;
    list.hidden = !is || list.childElementCount === 0;
    bar.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) bar.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option === undefined) return;
    document.getElementById("f-q").setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function takeCompletion(option) {
    const bar = document.getElementById("f-q");
    const at = Number(option.dataset.at);
    bar.value = option.dataset.search;
    document.getElementById("complete").replaceChildren();
    showCompletions(false);
    bar.focus();
    bar.setSelectionRange(at, at);
    if (bar.value.slice(0, at).endsWith(":")) askCompletions();
  }

  // Whether the list of completions took the key.
  function completeKey(event) {
    const list = document.getElementById("complete");
    const all = options();
    if (event.key === "ArrowDown" && list.hidden) {
      askCompletions();
      return true;
    }
    if (list.hidden || all.length === 0) return false;
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at <= 0 ? all.length : at) - 1]);
    else if (event.key === "Tab" && !event.shiftKey) takeCompletion(chosen() ?? all[0]);
    else if (event.key === "Enter" && at !== -1) takeCompletion(all[at]);
    else if (event.key === "Escape") showCompletions(false);
    else return false;
    return true;
  }

  let completeTimer;
  function askCompletions(delay = 0) {
    clearTimeout(completeTimer);
    completeTimer = setTimeout(() => {
      const bar = document.getElementById("f-q");
      if (bar !== null && document.activeElement === bar) htmx.trigger(bar, "complete");
    }, delay);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "f-q") askCompletions(120);
  });
  document.addEventListener("submit", () => {
    clearTimeout(completeTimer);
    showCompletions(false);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.id === "f-q") setTimeout(() => {
      if (document.activeElement !== document.getElementById("f-q")) showCompletions(false);
    }, 150);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const bar = event.detail.elt;
    if (bar.id !== "f-q") return;
    const parameters = { q: bar.value, at: bar.selectionStart };
    for (const name of ["range", "from", "until"]) parameters[name] = bar.form.elements[name].value;
    event.detail.parameters = parameters;
  });

  // Times are UTC, or those of the browser. The answer does not depend on it: only what is shown does.
  const ZONE = "trailhound.zone";
  const remembered = (name) => {
    try { return localStorage.getItem(name); } catch { return null; }
  };
  const remember = (name, value) => {
    try { localStorage.setItem(name, value); } catch { /* Private windows may refuse. */ }
  };
  const isLocal = () => remembered(ZONE) === "local";
  const two = (number) => String(number).padStart(2, "0");
  const localText = (date) =>
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

  function showTimes() {
    const local = isLocal();
    for (const time of document.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      const utc = time.title.replace(/ UTC$/, "");
      time.textContent = local && !Number.isNaN(date.getTime()) ? localText(date) : utc;
    }
    for (const zone of document.querySelectorAll(".zone")) zone.textContent = local ? "(local)" : "(UTC)";
    const button = document.getElementById("zone");
    button.textContent = local ? "Local time" : "UTC";
    button.setAttribute("aria-label", `Times are shown in ${local ? "local time" : "UTC"}; change`);
  }

  // Searches that this browser keeps: names and addresses of ours.
  const SAVED = "trailhound.saved";
  function savedSearches() {
    try {
      const saved = JSON.parse(remembered(SAVED) ?? "[]");
      return saved.filter((it) => typeof it.name === "string" && /^\/(\?|$)/.test(it.href));
    } catch {
      return [];
    }
  }

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function showSaved() {
    const menu = document.querySelector("#saved .menu");
    const saved = savedSearches();
    const keep = (list) => {
      remember(SAVED, JSON.stringify(list));
      showSaved();
    };
    const item = (search) => {
      const drop = element("button", { type: "button", textContent: "×" });
      drop.setAttribute("aria-label", `Forget ${search.name}`);
      drop.addEventListener("click", () => keep(saved.filter((other) => other.name !== search.name)));
      return element("li", {}, element("a", { href: search.href, textContent: search.name }), drop);
    };
    const name = element("input", { placeholder: "Name of this search", maxLength: 80 });
    name.setAttribute("aria-label", "Name of this search");
    const form = element("form", {}, name, element("button", { type: "submit", textContent: "Save" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const href = location.pathname === "/" ? `/${location.search}` : "/";
      const wanted = name.value.trim();
      if (wanted === "") return;
      keep([...saved.filter((other) => other.name !== wanted), { name: wanted, href }]);
    });
    const parts = saved.length === 0
      ? [element("p", { className: "hint", textContent: "No search is saved in this browser." })]
      : [element("ul", {}, ...saved.map(item))];
    if (location.pathname === "/") parts.push(form);
    menu.replaceChildren(...parts);
    htmx.process(menu);
  }

  document.getElementById("zone").addEventListener("click", () => {
    remember(ZONE, isLocal() ? "utc" : "local");
    showTimes();
    destroyChart();
    drawChart();
  });
  document.getElementById("saved").addEventListener("toggle", showSaved);

  let chart = null; // The histogram: its plot, and what watches its width.

  const isoText = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");

  function destroyChart() {
    if (chart === null) return;
    chart.resize.disconnect();
    chart.plot.destroy();
    chart = null;
  }

  // Asks for the events from one instant to another, as if the times had been typed into the form.
  function showRange(start, end) {
    const form = document.getElementById("filter");
    const isDays = start % 86400 === 0 && end % 86400 === 0;
    const text = (seconds) => (isDays ? isoText(seconds).slice(0, 10) : isoText(seconds));
    form.elements.range.value = "";
    form.elements.from.value = text(start);
    form.elements.until.value = text(end - 1);
    form.requestSubmit();
  }

  // What uPlot draws: steps without events next to steps with some are zero, so that every bar is as
  // wide as one step; a step with few events still is a line one can see.
  function barsOf(events, step) {
    const top = Math.max(1, ...events.values());
    const drawn = new Map();
    for (const start of events.keys()) {
      for (const near of [start - step, start, start + step]) {
        const count = events.get(near) ?? 0;
        drawn.set(near, count === 0 ? 0 : Math.max(count, top / 50));
      }
    }
    const starts = Array.from(drawn.keys()).sort((a, b) => a - b);
    return { top, data: [starts.map((start) => start + step / 2), starts.map((start) => drawn.get(start))] };
  }

  function chartOptions(holder, events, step, top) {
    const starts = Array.from(events.keys());
    const [first, last] = [Math.min(...starts), Math.max(...starts)];
    const css = getComputedStyle(document.documentElement);
    const color = (name) => css.getPropertyValue(name).trim();
    const at = document.getElementById("days-at");
    const help = at.textContent;
    const compact = new Intl.NumberFormat("en", { notation: "compact" });
    const shownAt = (seconds) =>
      isLocal() ? localText(new Date(seconds * 1000)) : isoText(seconds).replace("T", " ").replace("Z", "");
    const startAt = (plot, x) => {
      const steps = Math.floor((plot.posToVal(x, "x") - first) / step);
      return Math.min(last, Math.max(first, first + steps * step));
    };
    const axis = { stroke: color("--soft"), font: "11px system-ui, sans-serif", gap: 3 };
    const line = (name) => ({ stroke: color(name), width: 1, size: 4 });
    const day = 86400;
    return {
      width: holder.clientWidth,
      height: holder.clientHeight,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => isLocal() ? new Date(seconds * 1000) : uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
      scales: {
        x: { range: () => [first, last + step] },
        y: { range: () => [0, top] },
      },
      axes: [
        {
          ...axis,
          size: 22,
          space: 84,
          grid: { show: false },
          ticks: line("--line-strong"),
          incrs: [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, day, 2 * day, 3 * day, 7 * day,
            14 * day, 30 * day, 90 * day, 180 * day, 365 * day, 730 * day, 1825 * day, 3650 * day, 36500 * day],
          values: (_, splits, __, ___, gap) => splits.map((seconds) => {
            const text = shownAt(seconds);
            if (gap >= 365 * day) return text.slice(0, 4);
            if (gap >= 30 * day) return text.slice(0, 7);
            if (gap >= day) return text.slice(0, 10);
            return gap >= 60 ? text.slice(5, 16) : text.slice(11);
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
          const start = startAt(plot, plot.cursor.left);
          showRange(start, start + step);
        })],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width > 0) showRange(startAt(plot, left), startAt(plot, left + width) + step);
        }],
        setCursor: [(plot) => {
          if (plot.cursor.left < 0) {
            at.textContent = help;
            return;
          }
          const start = startAt(plot, plot.cursor.left);
          const count = events.get(start) ?? 0;
          const text = step % day === 0 ? shownAt(start).slice(0, 10) : shownAt(start);
          at.textContent = `${text}: ${count.toLocaleString("en")} ${count === 1 ? "event" : "events"}`;
        }],
      },
    };
  }

  function drawChart() {
    const holder = document.getElementById("days-plot");
    if (chart !== null && chart.holder === holder) return;
    destroyChart();
    if (holder === null || holder.dataset.buckets === "") return;
    const step = Number(holder.dataset.seconds);
    const events = new Map(holder.dataset.buckets.split(" ").map((text) => text.split(":").map(Number)));
    const { top, data } = barsOf(events, step);
    const plot = new uPlot(chartOptions(holder, events, step, top), data, holder);
    const resize = new ResizeObserver(() => {
      plot.setSize({ width: holder.clientWidth, height: holder.clientHeight });
    });
    resize.observe(holder);
    chart = { holder, plot, resize };
  }

  function settle() {
    drawChart();
    showTimes();
    settleMoment();
    document.getElementById("settings").hidden = false;
    const canCopy = navigator.clipboard !== undefined;
    for (const button of document.querySelectorAll("button.copy")) button.hidden = !canCopy;
  }

  const trouble = (is) => { document.getElementById("trouble").hidden = !is; };
  document.addEventListener("htmx:sendError", () => trouble(true));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) trouble(false);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (chart !== null && event.detail.shouldSwap && event.detail.target.contains(chart.holder)) destroyChart();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    destroyChart();
    drawChart();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "complete") showCompletions(true);
  });
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("htmx:historyRestore", settle);
  settle();
})();
