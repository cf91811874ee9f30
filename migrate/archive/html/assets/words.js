// What counts as a word: the rule of migrate/archive/words.py, checked against it by tests/archive/words.json.
"use strict";

const ALONE =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u2190-\\u2bff" +
  "\\u3005-\\u3007\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff" +
  "\\u{1f000}-\\u{1faff}\\u{20000}-\\u{3ffff}";
const alone = new RegExp(`^[${ALONE}]$`, "u");
const word = new RegExp(`[${ALONE}]|(?:(?![${ALONE}])[\\p{L}\\p{N}])+`, "gu");
const marks = /[\p{Mn}\u{1f3fb}-\u{1f3ff}]/gu;

/** The words of a text, in order. */
function words(text) {
  const plain = text.normalize("NFKD").replace(marks, "").normalize("NFC");
  return plain.toLowerCase().match(word) || [];
}

/** What a person typed, as terms that must all occur: a run of words each, the last one perhaps just begun. */
function query(text) {
  const terms = [];
  for (const [, quoted, plain] of text.matchAll(/"([^"]*)"|(\S+)/gu)) {
    const found = words(quoted || plain || "");
    if (found.length) terms.push({ words: found, begun: !quoted && !alone.test(found.at(-1)) });
  }
  return terms;
}
