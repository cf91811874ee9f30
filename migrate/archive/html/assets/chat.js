// A chat page: arrow keys go from message to message, one menu is open at a time, the list knows where we are.
"use strict";

const log = document.querySelector(".log");
const asked = new URLSearchParams(location.search).get("q");

// From a search: keep what was searched for beside the chat.
const side = document.querySelector("iframe.side");
if (asked) side.src += `&q=${encodeURIComponent(asked)}`;

// Of a thousand messages one is a stop of the Tab key; the arrows move on from there.
if (log) {
  let current = null;
  const reach = (item) => {
    current?.removeAttribute("tabindex");
    current = item;
    item.tabIndex = 0;
  };
  const go = (item) => {
    reach(item);
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  };
  const messages = "li.m, li.n";
  const along = (item, way) => {
    do item = item?.[way];
    while (item && !item.matches(messages));
    return item;
  };
  const all = [...log.querySelectorAll(`:scope > :is(${messages})`)];
  const arrive = () => {
    if (location.hash === "#end") {
      reach(all.at(-1));
      return current.focus({ preventScroll: true });
    }
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && log.contains(target)) go(target);
  };
  addEventListener("hashchange", arrive);
  log.addEventListener("focusin", (event) => {
    const item = event.target.closest(messages);
    if (item && item !== current) reach(item);
  });
  reach(all[0]);
  arrive();
  log.addEventListener("keydown", (event) => {
    if (!event.target.matches(messages)) return;
    const next = {
      ArrowUp: () => along(event.target, "previousElementSibling"),
      ArrowDown: () => along(event.target, "nextElementSibling"),
      Home: () => all[0],
      End: () => all.at(-1),
    }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    go(next);
  });
}

const menus = [...document.querySelectorAll("details.menu")];
for (const menu of menus) {
  menu.addEventListener("toggle", () => {
    if (menu.open) for (const other of menus) if (other !== menu) other.open = false;
  });
}
const shut = () => menus.forEach((menu) => (menu.open = false));
addEventListener("keydown", (event) => {
  const open = menus.find((menu) => menu.open);
  if (event.key !== "Escape" || !open) return;
  shut();
  open.firstElementChild.focus();
});
addEventListener("click", (event) => {
  if (!event.target.closest("details.menu") || event.target.closest(".months a")) shut();
});
if (location.hash === "#about") document.getElementById("about").open = true;

// How long a sound or video is, once it comes into sight: a page of a thousand players must not open them all.
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.preload = "metadata";
  }
});
document.querySelectorAll("audio, video").forEach((player) => seen.observe(player));
