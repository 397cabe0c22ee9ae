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
      const search = document.getElementById("f-text");
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

  function settle() {
    const canCopy = navigator.clipboard !== undefined;
    for (const button of document.querySelectorAll("button.copy")) button.hidden = !canCopy;
  }

  const trouble = (is) => { document.getElementById("trouble").hidden = !is; };
  document.addEventListener("htmx:sendError", () => trouble(true));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) trouble(false);
  });
  document.addEventListener("htmx:pushedIntoHistory", () => { cameFromHere = true; });
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("htmx:historyRestore", settle);
  settle();
})();
