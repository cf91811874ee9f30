// The list of chats: one box that narrows it by name and finds messages in all of it.
"use strict";

const at = (id) => document.getElementById(id);
const box = at("query");
const chats = [...document.querySelectorAll(".chats > li")].map((item) => ({
  item,
  name: words(item.querySelector("bdi").textContent).join(" "),
}));
const STEP = 50;
const given = () => new URLSearchParams(location.hash.slice(1));
let latest = 0;

function filterChats() {
  const wanted = words(box.value).join(" ");
  for (const { item, name } of chats) item.hidden = !` ${name}`.includes(` ${wanted}`);
}

async function searchMessages() {
  const mine = ++latest;
  const terms = query(box.value);
  at("found").hidden = at("filters").hidden = !terms.length;
  at("more").hidden = true;
  remember();
  if (!terms.length) return at("hits").replaceChildren();
  try {
    await offerFilters();
    const result = await find(terms, at("where").value, at("who").value);
    const first = await result.next(STEP);
    if (mine !== latest) return;
    at("hits").replaceChildren(...first.map((hit) => shown(hit, terms)));
    announce(result);
    at("more").onclick = async () => {
      const more = (await result.next(STEP)).map((hit) => shown(hit, terms));
      if (mine !== latest) return;
      at("hits").append(...more);
      announce(result);
      more[0]?.firstElementChild.focus();
    };
  } catch (problem) {
    if (mine === latest) at("found-title").textContent = `The search index cannot be read: ${problem.message}.`;
  }
}

function announce(result) {
  const done = result.done();
  const number = at("hits").children.length;
  const count = result.exact ? result.count : number;
  const more = !done && !result.exact ? "More than " : "";
  at("found-title").textContent = count
    ? `${more}${count.toLocaleString("en")} ${count === 1 ? "message" : "messages"}`
    : "No message has these words";
  at("more").hidden = done;
}

/** One hit as a link to its message. Everything foreign goes in as text. */
function shown(hit, terms) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `c/${hit.folder}/${hit.page}.html?q=${encodeURIComponent(box.value)}#m${hit.id}`;
  const add = (tag, className, ...content) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content);
    link.append(element);
  };
  add("bdi", "chat-name", hit.title);
  add("span", "when", hit.second ? shortDate(new Date(hit.second * 1000)) : "");
  const text = document.createElement("span");
  text.dir = "auto";
  text.append(...snippet(hit.text, terms));
  const name = document.createElement("bdi");
  name.append(hit.name);
  add("span", "last", name, ": ", text);
  item.append(link);
  return item;
}

/** The text around the first word that was looked for, with all such words marked. */
function snippet(text, terms) {
  const parts = text.replace(/\s+/gu, " ").match(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu) || [];
  const wanted = terms.flatMap((term) => term.words);
  const fits = (part) => words(part).some((word) => wanted.some((start) => word.startsWith(start)));
  const first = Math.max(0, parts.findIndex(fits));
  let from = first;
  for (let room = 30; from > 0 && room > 0; from--) room -= parts[from - 1].length;
  while (from < first && !/[\p{L}\p{N}]/u.test(parts[from])) from++;
  const result = from ? ["…"] : [];
  let room = 160;
  for (let i = from; i < parts.length && room > 0; i++) {
    const part = parts[i].length > 200 && !fits(parts[i]) ? `${parts[i].slice(0, 200)}…` : parts[i];
    room -= part.length;
    if (fits(part)) {
      const marked = document.createElement("mark");
      marked.append(part);
      result.push(marked);
    } else result.push(part);
  }
  return result;
}

let offered;
function offerFilters() {
  offered ??= piece("start").then((start) => {
    const option = (value, text) => new Option(text, value);
    at("where").append(...start.chats.map(([folder, title]) => option(folder, title)));
    at("who").append(...start.people.map(([id, name]) => option(id, `From ${name}`)));
    at("where").value = given().get("in") || "";
    at("who").value = given().get("from") || "";
  });
  return offered;
}

/** Keep the question in the address, so that coming back finds it. */
function remember() {
  const kept = given();
  const values = { q: box.value, in: at("where").value, from: at("who").value };
  for (const [key, value] of Object.entries(values)) value ? kept.set(key, value) : kept.delete(key);
  const address = `#${kept}`;
  if (address !== location.hash && (location.hash || kept.size)) history.replaceState(null, "", address);
}

let pause;
box.addEventListener("input", () => {
  filterChats();
  clearTimeout(pause);
  pause = setTimeout(searchMessages, 120);
});
at("search").addEventListener("submit", (event) => {
  event.preventDefault();
  filterChats();
  searchMessages();
});
for (const id of ["where", "who"]) at(id).addEventListener("change", searchMessages);

// Keys: / to search, arrows to go through what is listed, Escape to see everything again.
addEventListener("keydown", (event) => {
  const typing = event.target === box;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    box.focus();
  } else if (event.key === "Escape" && box.value) {
    box.value = "";
    box.dispatchEvent(new Event("input"));
    box.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const links = [...document.querySelectorAll(".chats > li:not([hidden]) a, .hits a")];
    const place = links.indexOf(event.target);
    if (!typing && place < 0) return;
    event.preventDefault();
    const next = place + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) box.focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  }
});

if (self !== top) document.body.classList.add("framed");
const here = given().get("chat") && at(`c${given().get("chat")}`);
if (here) {
  here.querySelector("a").setAttribute("aria-current", "page");
  here.scrollIntoView({ block: "center" });
}
if (given().get("q")) {
  box.value = given().get("q");
  filterChats();
  searchMessages();
}
