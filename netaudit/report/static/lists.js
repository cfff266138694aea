"use strict";
// Sorts, filters and searches the lists of a page, and unfolds what is asked for. Used by the report and by `netaudit browse`.
// It only reads what stands in the page and hides or moves elements: no address is called, nothing is stored, no HTML is made.
// Words come from data attributes of <body>; without this file everything is there and in order.
(function () {
  const words = document.body.dataset;
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const NUMBER = /^[-−]?\d[\d,]*(?:\.\d+)?(?![\d:-])/;
  const LEAST = 8; // rows from which a list has a box of its own

  const valueOf = (cell) => {
    const text = cell ? (cell.dataset.v || cell.textContent).trim() : "";
    const found = NUMBER.exec(text);
    return found ? Number(found[0].replaceAll(",", "").replace("−", "-")) : text;
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1; // numbers first, then texts
    return collator.compare(a, b);
  };

  const sort = (table, column, head) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const body of table.tBodies) {
      const keyed = [...body.rows].map((row, place) => ({ row, place, key: valueOf(row.cells[column]) }));
      const sign = down ? -1 : 1;
      keyed.sort((a, b) => {
        if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "") || a.place - b.place; // empty ones last
        return sign * compare(a.key, b.key) || a.place - b.place;
      });
      const sorted = document.createDocumentFragment();
      for (const one of keyed) sorted.append(one.row);
      body.append(sorted);
    }
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  const sortable = (table) => {
    const heads = table.tHead && table.tHead.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
    heads.forEach((head, column) => {
      if (head.querySelector("a") || !head.textContent.trim()) return; // sorted by the server, or nothing to sort by
      head.tabIndex = 0;
      head.classList.add("sorts");
      head.title = words.sort || "";
      head.addEventListener("click", () => sort(table, column, head));
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          sort(table, column, head);
        }
      });
    });
  };

  // What a search may hide, with its text in lower case; read once, when first asked for.
  const texts = new WeakMap();
  const textOf = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };
  const show = (elements, query) => {
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const element of elements) {
      const fits = wanted.every((word) => textOf(element).includes(word));
      if (element.hidden === fits) element.hidden = !fits;
      shown += fits;
    }
    return shown;
  };

  const box = (label, act) => {
    const tools = document.createElement("p");
    const field = document.createElement("input");
    const told = document.createElement("span");
    tools.className = "find";
    field.type = "search";
    field.placeholder = label;
    field.setAttribute("aria-label", label);
    field.autocomplete = "off";
    told.setAttribute("role", "status");
    let waiting = 0;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const [shown, all] = act(field.value);
        told.textContent = field.value ? (words.shown || "").replace("{n}", shown).replace("{all}", all) : "";
      }, 60);
    });
    tools.append(field, told);
    return tools;
  };

  const filterable = (table) => {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    if (rows.length < LEAST || !words.find || table.closest(".front")) return;
    const place = table.closest(".scroll") || table;
    place.before(box(words.find, (query) => [show(rows, query), rows.length]));
  };

  const unfold = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };
  const toAnchor = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) {
      unfold(target);
      target.querySelectorAll(":scope > details").forEach((one) => (one.open = true));
      target.scrollIntoView();
    }
  };

  // One search over all annexes: cards, rows and pictures that do not fit are hidden, sections without any too.
  const searchAll = (place) => {
    const sections = [...document.querySelectorAll("section.annex")];
    const items = sections.map((section) => [
      section,
      [...section.querySelectorAll("article.card, figure, table.list > tbody > tr")].filter(
        (one) => !one.parentElement.closest("article.card"),
      ),
    ]);
    const all = items.reduce((sum, [, some]) => sum + some.length, 0);
    place.append(
      box(words.search, (query) => {
        let shown = 0;
        for (const [section, some] of items) {
          const here = show(some, query);
          shown += here;
          section.hidden = query.trim() !== "" && !here;
          if (query && here) section.querySelectorAll(":scope > details").forEach((one) => (one.open = true));
        }
        return [shown, all];
      }),
    );
  };

  document.querySelectorAll("table.list").forEach((table) => {
    sortable(table);
    filterable(table);
  });
  // What is folded is not printed, unless it is asked for: by a button, or by an address that ends in #all.
  const unfoldAll = () => document.querySelectorAll("details").forEach((one) => (one.open = true));
  const tools = document.querySelector("[data-print-all]");
  if (tools) {
    for (const [label, before] of [[tools.dataset.print, () => {}], [tools.dataset.printAll, unfoldAll]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => (before(), print()));
      tools.append(button);
    }
  }
  if (location.hash === "#all") unfoldAll();
  const place = document.querySelector("[data-search-here]");
  if (place && words.search) searchAll(place);
  addEventListener("hashchange", toAnchor);
  toAnchor();
})();
