"use strict";
// Keys: everything they do is a link or a row on the page; without this file all pages work by pointer.
(function () {
  const typing = (element) => /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  const follow = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
  };
  const step = (by) => {
    const rows = [...document.querySelectorAll("tr[tabindex], a.picture")];
    const at = rows.indexOf(document.activeElement.closest("tr[tabindex], a.picture"));
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  };
  const room = () => {
    const here = document.querySelector("nav a.here");
    const next = (here && here.nextElementSibling) || document.querySelector("nav a");
    if (next) next.click();
  };
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: () => follow("a[rel=next]"),
    p: () => follow("a[rel=prev]"),
    g: room,
    u: () => history.back(),
    "/": () => document.querySelector("input[type=search]").focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) event.target.blur();
    if (typing(event.target)) return;
    if (event.key === "Enter" && event.target.matches("tr[tabindex]")) {
      const link = event.target.querySelector("a.open");
      if (link) link.click();
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
