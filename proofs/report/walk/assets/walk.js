"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const graph = JSON.parse(byId("graph").textContent);
  const edgeOf = (node, k) => {
    const at = graph.edges[node], [label, target, place, violates] = at.slice(4 * k, 4 * k + 4);
    return { label: graph.labels[label], number: label, target, place: graph.places[place], violates };
  };
  const countOf = (node) => (node < graph.edges.length ? graph.edges[node].length / 4 : 0);
  const isExpanded = (node) => node < graph.edges.length;

  // A situation is a node, and for each of its cells the cell that shows it.
  const first = { node: 0, place: graph.place };
  const after = (here, edge) => ({ node: edge.target, place: edge.place.map((cell) => here.place[cell]) });
  const keyOf = (here) => here.node + ":" + here.place.join(",");
  const worded = (label, place) => label.map((part) => (typeof part === "number" ? graph.cells[place[part]] : part)).join("");
  const violatedIn = (node) => graph.nodes[node][3];

  const shown = (here) => {
    const [texts, from] = graph.nodes[here.node];
    const cells = graph.cells.map(() => null);
    here.place.forEach((at, cell) => {
      cells[at] = { lines: graph.texts[texts[cell]], from: from[cell] < 0 ? -1 : here.place[from[cell]] };
    });
    return cells;
  };

  // The way so far: the number of the edge that was taken at each step, and where it led.
  let way = [];
  let ahead = [];
  let timer = null;
  let chosen = null;
  const here = () => (way.length ? way[way.length - 1].to : first);

  const take = (k) => {
    const edge = edgeOf(here().node, k);
    way.push({ k, text: worded(edge.label, here().place), violates: edge.violates, to: after(here(), edge) });
  };
  const wayIn = (text) => {
    const found = /^#go=([\d.]*)$/.exec(text);
    return found ? found[1].split(".").filter((each) => each !== "").map(Number) : null;
  };
  const follow = (numbers) => {
    way = [];
    for (const k of numbers) {
      if (k >= countOf(here().node)) return false;
      take(k);
    }
    return true;
  };
  const share = () => {
    const hash = "#go=" + way.map((step) => step.k).join(".");
    try { if (location.hash !== hash) history.pushState(null, "", hash); }
    catch (error) { if (!(error instanceof DOMException)) throw error; } // a frame without an address of its own
  };

  const stop = () => { clearInterval(timer); timer = null; };
  const go = (k) => { take(k); chosen = null; share(); show(); };
  const step = (k) => { stop(); ahead = []; go(k); };
  const back = () => { stop(); ahead = []; if (way.length) { way.pop(); chosen = null; share(); show(); } };
  const start = () => { stop(); ahead = []; way = []; chosen = null; share(); show(); };
  const next = () => { if (ahead.length) { const k = ahead.shift(); go(k); } if (!ahead.length) { stop(); show(); } };
  const play = (numbers) => {
    stop();
    ahead = numbers;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) { while (ahead.length) next(); return; }
    next();
    if (ahead.length) timer = setInterval(next, 900);
  };

  // Breadth first from here: the numbers of the edges of a shortest way to what is wanted.
  const shortest = (key, wanted) => {
    const begin = here(), met = new Map([[key(begin), null]]), queue = [begin];
    let beyond = false;
    for (let at = 0; at < queue.length; at++) {
      const now = queue[at];
      beyond ||= !isExpanded(now.node);
      for (let k = 0; k < countOf(now.node); k++) {
        const edge = edgeOf(now.node, k), then = after(now, edge), name = key(then), is = wanted(then, edge);
        if (met.has(name) && !is) continue;
        if (!met.has(name)) { met.set(name, { k, by: now }); queue.push(then); }
        if (!is) continue;
        const numbers = [k];
        for (let up = met.get(key(now)); up !== null; up = met.get(key(up.by))) numbers.unshift(up.k);
        return { numbers };
      }
    }
    return { numbers: null, beyond, met: met.size };
  };
  const nowhere = (found) => (found.beyond ? "none within what this page holds" : "none can be reached from here");

  // Formulas: or, and, not, brackets, and predicates of cells.
  const cellNamed = (text) => {
    const plain = text.trim();
    for (const name of [plain, "σ" + plain, plain.replace(/^s(?=\d)/, "σ")]) {
      const at = graph.cells.indexOf(name);
      if (at >= 0) return at;
    }
    return plain.replace(/^["']|["']$/g, "");
  };
  const asRights = (text) => (/^[rwx-]+$/.test(text) ? [..."rwx"].map((each) => (text.includes(each) ? each : "-")).join("") : text);
  const parse = (text) => {
    const tokens = text.match(/[A-Za-z_]+\s*\([^()]*\)|\(|\)|[A-Za-z]+|\S/g) || [];
    let at = 0;
    const fail = (what) => { throw new Error(what); };
    const atom = () => {
      const token = tokens[at++];
      if (token === undefined) fail("it ends too early");
      if (token === "not") { const of = atom(); return (is) => !of(is); }
      if (token === "(") { const of = any(); if (tokens[at++] !== ")") fail("a bracket is not closed"); return of; }
      const call = /^([A-Za-z_]+)\s*\(([^()]*)\)$/.exec(token);
      if (!call) fail("“" + token + "” is not understood");
      const known = Object.keys(graph.predicates).map((each) => each.split("(")[0]);
      if (!known.includes(call[1])) fail("there is no “" + call[1] + "”: write one of " + known.join(", "));
      const args = call[2].split(",").map(cellNamed).map((each) => (call[1] === "has" && typeof each === "string" ? asRights(each) : each));
      if (typeof args[0] === "string") fail("“" + args[0] + "” names nothing here: there are " + graph.cells.join(", "));
      return (is) => is(call[1], args);
    };
    const all = () => { const of = [atom()]; while (tokens[at] === "and") { at++; of.push(atom()); } return (is) => of.every((each) => each(is)); };
    const any = () => { const of = [all()]; while (tokens[at] === "or") { at++; of.push(all()); } return (is) => of.some((each) => each(is)); };
    const formula = any();
    if (at < tokens.length) fail("“" + tokens[at] + "” comes too much");
    return formula;
  };
  const holds = (now) => {
    const facts = graph.facts[graph.nodes[now.node][2]];
    return (name, args) => (facts[name] || []).some((fact) => fact.length === args.length
      && fact.every((part, k) => (typeof part === "number" ? now.place[part] : part) === args[k]));
  };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const drawState = (cells, before) => {
    const groups = graph.groups.map(([name, members]) => {
      const boxes = members.map((at) => {
        const { lines, from } = cells[at], isNil = lines[0] === "φ";
        const box = element("button", { type: "button", className: "cell" }, element("b", { textContent: graph.cells[at] }),
          ...lines.map((line) => element("span", { textContent: line })));
        if (from >= 0) box.append(element("span", { textContent: "← " + graph.cells[from] }));
        box.classList.toggle("nil", isNil);
        if (before) {
          const was = before[at], same = was.lines.join("\n") === lines.join("\n") && was.from === from;
          if (!same) box.classList.add(was.lines[0] === "φ" ? "new" : isNil ? "gone" : "changed");
        }
        box.setAttribute("aria-pressed", String(chosen === at));
        box.addEventListener("click", () => { chosen = chosen === at ? null : at; show(); });
        return box;
      });
      return element("div", {}, element("h3", { textContent: name }), element("div", { className: "cells" }, ...boxes));
    });
    byId("state").replaceChildren(...groups);
  };

  const drawTree = (cells) => {
    const under = (at, seen) => {
      const item = element("li", {}, graph.cells[at] + (cells[at].lines.length ? ": " + cells[at].lines.join(", ") : ""));
      if (seen.has(at)) { item.append(" (round again)"); return item; }
      const more = new Set([...seen, at]);
      const below = cells.flatMap((cell, k) => (cell.from === at ? [under(k, more)] : []));
      if (below.length) item.append(element("ul", {}, ...below));
      return item;
    };
    const linked = cells.some((cell) => cell.from >= 0);
    const roots = cells.flatMap((cell, at) => (cell.from < 0 && cells.some((other) => other.from === at) ? [at] : []));
    const reached = new Set();
    const mark = (at) => { if (!reached.has(at)) { reached.add(at); cells.forEach((cell, k) => { if (cell.from === at) mark(k); }); } };
    roots.forEach(mark);
    cells.forEach((cell, at) => { if (cell.from >= 0 && !reached.has(at)) { roots.push(at); mark(at); } });
    byId("tree-part").hidden = !linked;
    byId("tree").replaceChildren(element("ul", {}, ...roots.map((at) => under(at, new Set()))));
  };

  const inRange = (text, cell) => {
    const page = /^(.*)\[(\d+)\]$/.exec(cell);
    return page !== null && [...text.matchAll(/([^\s[]+)\[(\d+)\.\.(\d+)\]/g)]
      .some((range) => range[1] === page[1] && +range[2] <= +page[2] && +page[2] <= +range[3]);
  };
  const mentions = (label, place) => chosen === null || label.some((part) => typeof part === "number" && place[part] === chosen)
    || label.some((part) => typeof part === "string" && (part.includes(graph.cells[chosen]) || inRange(part, graph.cells[chosen])));

  const drawSteps = () => {
    const now = here(), kinds = new Map(), done = new Set();
    for (let k = 0; k < countOf(now.node); k++) {
      const edge = edgeOf(now.node, k), text = worded(edge.label, now.place), then = after(now, edge);
      done.add(edge.number);
      if (!mentions(edge.label, now.place)) continue;
      const button = element("button", { type: "button", textContent: text });
      const bad = edge.violates || violatedIn(edge.target).some((each) => !violatedIn(now.node).includes(each));
      button.classList.toggle("bad", Boolean(bad));
      if (keyOf(then) === keyOf(now)) { button.classList.add("idle"); button.title = "changes nothing"; }
      button.addEventListener("click", () => step(k));
      const kind = text.split(" ")[0];
      kinds.set(kind, [...(kinds.get(kind) || []), [text, button]]);
    }
    const sorted = (list) => list.sort(([a], [b]) => a.localeCompare(b)).map(([, button]) => button);
    byId("possible").replaceChildren(...[...kinds.values()].map((list) => element("div", { className: "kind" }, ...sorted(list))));
    if (!isExpanded(now.node)) byId("possible").textContent = "The steps from here are not in this page: the scope is too large.";
    else if (!kinds.size) byId("possible").textContent = "None.";
    const refused = isExpanded(now.node) ? graph.labels.slice(0, graph.tried).flatMap((label, number) =>
      (done.has(number) || !mentions(label, now.place) ? [] : [worded(label, now.place)])).sort() : [];
    byId("refused-part").hidden = !refused.length;
    byId("refused-count").textContent = refused.length;
    byId("refused").textContent = refused.join(" · ");
    byId("chosen").textContent = chosen === null ? "" : "with " + graph.cells[chosen];
  };

  const drawProperties = () => {
    const last = way.length ? way[way.length - 1].violates : 0, wrong = violatedIn(here().node);
    byId("properties").replaceChildren(...graph.properties.map(([id, clause, sentence], at) => {
      const bad = wrong.includes(at) || Math.floor(last / 2 ** at) % 2 === 1;
      const item = element("li", { textContent: (clause ? clause + ", " : "") + id + (sentence ? ": " + sentence : "") });
      if (bad) { item.classList.add("bad"); item.append(" Violated."); }
      return item;
    }));
  };

  const drawTrail = () => {
    const links = [element("a", { href: "#go=", textContent: "at first" })];
    way.forEach((each, at) => {
      const link = element("a", { href: "#go=" + way.slice(0, at + 1).map((one) => one.k).join("."), textContent: each.text });
      link.classList.toggle("bad", Boolean(each.violates) || violatedIn(each.to.node).length > 0);
      links.push(link);
    });
    links[links.length - 1].setAttribute("aria-current", "step");
    byId("trail").replaceChildren(...links.map((link) => element("li", {}, link)));
  };

  const show = () => {
    const cells = shown(here()), before = way.length ? shown(way.length > 1 ? way[way.length - 2].to : first) : null;
    drawState(cells, before);
    drawTree(cells);
    drawSteps();
    drawProperties();
    drawTrail();
    const last = way.length ? way[way.length - 1].text : "the first state";
    byId("at").textContent = way.length ? "step " + way.length + ": " + last : last;
    const changed = before ? graph.cells.filter((_, at) => before[at].lines.join() !== cells[at].lines.join() || before[at].from !== cells[at].from) : [];
    byId("changes").textContent = before ? (changed.length ? "Changed: " + changed.join(", ") : "Nothing changed.") : "";
    byId("back").disabled = !way.length;
    byId("start").disabled = !way.length;
    byId("ahead").hidden = !ahead.length;
  };

  byId("start").addEventListener("click", start);
  byId("back").addEventListener("click", back);
  byId("ahead").addEventListener("click", () => { stop(); next(); });
  const toViolation = () => {
    const found = shortest((now) => now.node, (then, edge) => edge.violates !== 0 || violatedIn(then.node).length > 0);
    if (found.numbers) play(found.numbers);
    else byId("at").textContent = "No violation: " + nowhere(found) + ".";
  };
  byId("violation").addEventListener("click", toViolation);
  byId("goal-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const said = byId("goal-said");
    said.classList.remove("bad");
    try {
      const formula = parse(byId("goal").value);
      if (formula(holds(here()))) { said.textContent = "It holds here."; return; }
      const found = shortest(keyOf, (then) => formula(holds(then)));
      said.textContent = found.numbers ? "A shortest way: " + found.numbers.length + (found.numbers.length === 1 ? " step." : " steps.") : "No such state: " + nowhere(found) + ".";
      if (found.numbers) play(found.numbers);
    } catch (error) {
      said.classList.add("bad");
      said.textContent = "This is no formula: " + error.message + ".";
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { chosen = null; stop(); show(); return; }
    if (event.target instanceof HTMLInputElement) return;
    const does = { Backspace: back, s: start, n: () => { stop(); next(); }, v: toViolation, "/": () => byId("goal").focus() }[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  const fromAddress = () => {
    stop();
    ahead = [];
    const numbers = wayIn(location.hash);
    if (numbers === null || !follow(numbers)) way = [];
    show();
  };
  addEventListener("hashchange", fromAddress);
  addEventListener("popstate", fromAddress);

  if (wayIn(location.hash) === null) {
    for (const wanted of graph.way) {
      const text = wanted.map((part) => (typeof part === "number" ? graph.cells[part] : part)).join("");
      for (let k = 0; k < countOf(here().node); k++) {
        if (worded(edgeOf(here().node, k).label, here().place) === text) { take(k); break; }
      }
    }
    show();
  } else {
    fromAddress();
  }
})();
