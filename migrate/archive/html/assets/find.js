// Finds messages in the index that lies in search/, reading no more of it than a question needs.
// Every piece is a script that calls decamp(name, data): pages opened from disk may add scripts, but not fetch.
"use strict";

const arriving = new Map();
const pieces = new Map();

function decamp(name, data) {
  arriving.get(name)?.(data);
}

function piece(name) {
  if (!pieces.has(name)) {
    pieces.set(
      name,
      new Promise((resolve, reject) => {
        arriving.set(name, resolve);
        const script = document.createElement("script");
        script.src = `search/${name}.js`;
        script.onload = () => (arriving.delete(name), script.remove());
        script.onerror = () => (pieces.delete(name), reject(new Error(`search/${name}.js is missing`)));
        document.head.append(script);
      }),
    );
  }
  return pieces.get(name);
}

// SQLite, which made the index, knows one small sigma only.
const asIndexed = (word) => word.replaceAll("ς", "σ");

// SQLite orders words by their UTF-8 bytes, which is the order of code points; JavaScript compares UTF-16.
function before(a, b) {
  const x = a[Symbol.iterator](), y = b[Symbol.iterator]();
  for (;;) {
    const p = x.next(), q = y.next();
    if (p.done || q.done) return p.done && !q.done;
    if (p.value !== q.value) return p.value.codePointAt(0) < q.value.codePointAt(0);
  }
}

/** How many of the sorted words come before one. */
function rank(sorted, word) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(sorted[middle], word)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Mark in `found` every message with this word, or with one that begins so. */
async function mark(start, word, begun, found) {
  let number = Math.max(0, rank(start.terms, word) - 1);
  for (; number < start.terms.length; number++) {
    const first = start.terms[number];
    if (before(word, first) && !(begun && first.startsWith(word))) break;
    const [terms, lists] = await piece(`terms/${number}`);
    for (let i = rank(terms, word); i < terms.length; i++) {
      if (terms[i] !== word && !(begun && terms[i].startsWith(word))) break;
      let place = 0;
      for (const step of lists[i]) found[(place += step)] = 1;
    }
  }
}

/** Whether a text has every term as it was typed: the index knows words, but not which stand side by side. */
function holds(text, terms) {
  const have = words(text).map(asIndexed);
  return terms.every(({ words: wanted, begun }) => {
    const last = wanted.length - 1;
    const fits = (at) =>
      wanted.every((word, i) => have[at + i] === word || (begun && i === last && have[at + i]?.startsWith(word)));
    for (let at = 0; at + last < have.length; at++) if (fits(at)) return true;
    return false;
  });
}

/**
 * The messages with all the terms, newest first: {exact, count, next}. `next(n)` gives up to n more.
 * `count` is exact unless hits still have to be checked against their text.
 */
async function find(typed, where, who) {
  const terms = typed.map((term) => ({ ...term, words: term.words.map(asIndexed) }));
  const [start, packed] = await Promise.all([piece("start"), piece("times")]);
  const times = new Uint32Array(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)).buffer);
  let found = null;
  for (const { words: wanted, begun } of terms) {
    for (const [i, word] of wanted.entries()) {
      const marked = new Uint8Array(times.length);
      await mark(start, word, begun && i === wanted.length - 1, marked);
      if (found) for (let p = 0; p < marked.length; p++) marked[p] &= found[p];
      found = marked;
    }
  }
  const chats = where ? start.chats.filter(([folder]) => folder === where) : start.chats;
  const hits = [];
  for (const [, , first, count] of chats) for (let p = first; p < first + count; p++) if (found[p]) hits.push(p);
  hits.sort((a, b) => times[b] - times[a] || b - a);

  const exact = !who && terms.every((term) => term.words.length === 1);
  let at = 0;
  async function next(wanted) {
    const shown = [];
    while (shown.length < wanted && at < hits.length) {
      const batch = hits.slice(at, at + (exact ? wanted - shown.length : 4 * wanted)).map((p) => locate(start, p));
      await Promise.all(batch.map((hit) => piece(hit.block)));
      for (const hit of batch) {
        if (shown.length === wanted) break;
        at++;
        const [people, messages] = await piece(hit.block);
        const [id, second, person, text] = messages[hit.offset];
        const [sender, name] = people[person];
        if ((who && sender !== who) || (!exact && !holds(text, terms))) continue;
        shown.push({ ...hit, id, second, name, text });
      }
    }
    return shown;
  }
  return { exact, count: hits.length, next, done: () => at >= hits.length };
}

function locate(start, place) {
  let low = 0, high = start.chats.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (start.chats[middle][2] <= place) low = middle;
    else high = middle;
  }
  const [folder, title, first] = start.chats[low];
  const position = place - first;
  return {
    folder,
    title,
    page: Math.floor(position / start.page) + 1,
    block: `text/${folder}/${Math.floor(position / start.block)}`,
    offset: position % start.block,
  };
}
