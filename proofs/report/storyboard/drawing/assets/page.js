"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const details = JSON.parse(byId("details").textContent);
  const last = details.last;
  let current = 0;
  let section = null;
  let pinned = null;

  const fromHash = () => {
    const match = /^#step=(\d{1,6})$/.exec(location.hash);
    return match ? Math.min(Number(match[1]), last) : null;
  };

  // A section is a step, or a stretch of steps that are not drawn.
  const sections = [...document.querySelectorAll(".step")];
  const holding = (step) => sections.find((each) => Number(each.dataset.first) <= step && step <= Number(each.dataset.last));

  const chips = [...document.querySelectorAll("#strip a")];

  const fill = (list, texts) => {
    list.replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  };

  const clear = () => {
    for (const each of document.querySelectorAll(".lit")) each.classList.remove("lit");
    for (const each of document.querySelectorAll(".tracing")) each.classList.remove("tracing");
    byId("detail").hidden = true;
  };

  const trace = (slot) => {
    clear();
    const told = slot === null ? undefined : details.scenes[current]?.[slot];
    if (told === undefined) return;
    const lit = new Set(told.lit);
    section.querySelector("svg").classList.add("tracing");
    for (const cell of section.querySelectorAll("svg .cell")) {
      cell.classList.toggle("lit", lit.has("s" + cell.dataset.slot));
    }
    for (const frame of section.querySelectorAll("svg .frame")) {
      frame.classList.toggle("lit", lit.has("f" + frame.dataset.frame));
    }
    for (const line of section.querySelectorAll("svg [data-to]")) {
      const gone = line.classList.contains("gone");
      line.classList.toggle("lit", !gone && lit.has(line.dataset.from) && lit.has(line.dataset.to));
    }
    for (const row of section.querySelectorAll("tr[data-slot]")) {
      row.classList.toggle("lit", row.dataset.slot === slot);
    }
    byId("detail-name").textContent = told.name;
    fill(byId("detail-chain"), told.chain);
    byId("detail-facts").textContent = told.facts.join(" · ");
    fill(byId("detail-wrong"), told.wrong);
    byId("detail").hidden = false;
  };

  const show = (number) => {
    current = Math.max(0, Math.min(number, last));
    section = holding(current);
    for (const each of sections) each.classList.toggle("current", each === section);
    const untold = details.gaps[section.dataset.first];
    if (untold !== undefined) {
      section.querySelector("h2").textContent = `${current}. ${untold[current - Number(section.dataset.first)]}`;
    }
    for (const each of chips) {
      if (holding(Number(each.dataset.step)) === section) each.setAttribute("aria-current", "step");
      else each.removeAttribute("aria-current");
    }
    const chip = document.querySelector("#strip [aria-current]");
    const strip = document.querySelector("#strip ol");
    strip.scrollLeft = chip.offsetLeft - strip.offsetLeft - (strip.clientWidth - chip.offsetWidth) / 2;
    byId("slider").value = String(current);
    byId("slider").setAttribute("aria-valuetext", section.querySelector("h2").textContent);
    byId("first").disabled = byId("back").disabled = current === 0;
    byId("forward").disabled = byId("last").disabled = current === last;
    byId("link").textContent = `step ${current} of ${last}`;
    byId("link").href = `#step=${current}`;
    if (location.hash !== `#step=${current}`) history.replaceState(null, "", `#step=${current}`);
    trace(pinned);
    bringIntoView();
  };

  const bringIntoView = () => {
    const box = section.querySelector(".scroll");
    if (box === null) return;
    const cell = box.querySelector(".cell.wrong") ?? box.querySelector(".cell.changed");
    if (cell === null || box.scrollWidth <= box.clientWidth) return;
    const beyond = cell.getBoundingClientRect().right - box.getBoundingClientRect().right;
    if (beyond > 0) box.scrollLeft += beyond + 8;
  };

  const slotOf = (target) => {
    const owner = target instanceof Element ? target.closest("[data-slot]") : null;
    return owner === null ? null : owner.dataset.slot;
  };

  const pin = (slot) => {
    pinned = slot === pinned ? null : slot;
    trace(pinned);
  };

  byId("first").addEventListener("click", () => show(0));
  byId("back").addEventListener("click", () => show(current - 1));
  byId("forward").addEventListener("click", () => show(current + 1));
  byId("last").addEventListener("click", () => show(last));
  byId("slider").addEventListener("input", (event) => show(Number(event.target.value)));
  window.addEventListener("hashchange", () => { const step = fromHash(); if (step !== null) show(step); });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === byId("slider")) return;
    const goal = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last }[event.key];
    if (goal !== undefined) {
      event.preventDefault();
      show(goal);
    } else if (event.key === "Escape") {
      pinned = null;
      clear();
    } else if ((event.key === "Enter" || event.key === " ") && slotOf(event.target) !== null) {
      event.preventDefault();
      pin(slotOf(event.target));
    }
  });
  byId("strip").addEventListener("click", (event) => {
    const chip = event.target instanceof Element ? event.target.closest("[data-step]") : null;
    if (chip === null) return;
    event.preventDefault();
    show(Number(chip.dataset.step));
  });
  const main = document.querySelector("main");
  main.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") trace(slotOf(event.target) ?? pinned);
  });
  main.addEventListener("pointerleave", () => trace(pinned));
  main.addEventListener("focusin", (event) => { if (slotOf(event.target) !== null) trace(slotOf(event.target)); });
  main.addEventListener("click", (event) => { const slot = slotOf(event.target); if (slot !== null) pin(slot); });

  document.documentElement.classList.add("js");
  byId("controls").hidden = byId("help").hidden = false;
  show(fromHash() ?? details.opens);
})();
