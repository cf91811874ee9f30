// Checks move statements in a browser, by itself: no request, no library. What is right is in docs/statement.md; the
// numbers in brackets below are its sections. Other pages may use it:
//
//   const { unable, missing, verdicts } = await decampVerify.check(text, { sessionId, reader, now });
//
// `unable` says why this browser cannot check, `missing` that there is nothing to check; both may be null. Each verdict
// has a `state` ("valid", "expired", "forged", "unreadable", …), `genuine`, `ok`, sentences for people, the `statement`
// and its canonical `text`. What the statement says is a stranger's until shown otherwise: never markup, never a link.
"use strict";

window.decampVerify = (() => {
  const BEGIN = "-----BEGIN MOVE STATEMENT-----";
  const END = "-----END MOVE STATEMENT-----";
  const COMPACT = "DECAMP1:";
  const DOMAIN = "decamp move statement 1\0";
  const MOST_LINES = 64, MOST_BYTES = 16 * 1024, LONGEST_COMPACT = 25_000;
  const KNOWN = ["Session ID", "Issued", "Valid until", "Serial", "For", "Moved to", "Withdrawn", "Note", "Key", "Signature"];
  const FOLDED = new Set(KNOWN.map(folded));
  const ID = /^05[0-9a-f]{64}$/;
  const { ORDER, littleEndian, isKey, owner } = decampEd25519;
  const { verdict, writtenTime } = decampVerdict;
  const bytesOf = (text) => new TextEncoder().encode(text);

  class Bad extends Error {}      // the statement cannot be read
  class Unable extends Error {}   // this browser cannot check it

  // -- The canonical text [2 to 5] -----------------------------------------------------------------

  const REFUSED = new RegExp(
    "[\\u{0}-\\u{1f}\\u{7f}-\\u{a0}\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{1680}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}" +
    "\\u{2000}-\\u{200b}\\u{200e}\\u{200f}\\u{2028}-\\u{202f}\\u{205f}-\\u{206f}\\u{2800}\\u{3000}\\u{3164}\\u{d800}-\\u{f8ff}" +
    "\\u{fdd0}-\\u{fdef}\\u{fe00}-\\u{fe0d}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{ffff}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}" +
    "\\u{1fffe}\\u{1ffff}\\u{2fffe}\\u{2ffff}\\u{3fffe}-\\u{10ffff}]", "u");

  function folded(key) {
    return key.replace(/[ -]/g, "").toLowerCase();
  }

  function read(lines) {
    if (lines.length > MOST_LINES) throw new Bad(`The statement has more than ${MOST_LINES} lines.`);
    lines.forEach(checkCharacters);
    if (bytesOf(`${lines.join("\n")}\n`).length > MOST_BYTES) {
      throw new Bad(`The statement has more than ${MOST_BYTES} bytes.`);
    }
    if (lines.length < 2 || lines[0] !== BEGIN || lines.at(-1) !== END) {
      throw new Bad("The statement does not begin and end with its two marks.");
    }
    const pairs = lines.slice(1, -1).map(pair);
    let place = 0;
    const nextIs = (key) => place < pairs.length && pairs[place][0] === key;
    const one = (key, convert = String) => {
      if (!nextIs(key)) throw new Bad(`Line ${place + 2} of the statement should be the "${key}" line.`);
      place += 1;
      return convert(pairs[place - 1][1], (wrong) => {
        throw new Bad(`Line ${place + 1} of the statement: ${wrong}.`);
      });
    };
    const all = (key) => {
      const values = [];
      while (nextIs(key)) values.push(one(key));
      return values;
    };
    const statement = {
      sessionId: one("Session ID", readId),
      issued: one("Issued", readTime),
      validUntil: one("Valid until", (text, wrong) => (text === "further notice" ? null : readTime(text, wrong))),
      serial: one("Serial", readSerial),
      audience: nextIs("For") ? one("For", readId) : null,
      handles: all("Moved to"),
    };
    statement.withdraws = !statement.handles.length;
    if (statement.withdraws) one("Withdrawn", readWithdrawal);
    statement.notes = all("Note");
    statement.unknown = [];
    while (place < pairs.length && !FOLDED.has(folded(pairs[place][0]))) statement.unknown.push(pairs[place++]);
    const key = one("Key"), signature = one("Signature");
    if (place < pairs.length) throw new Bad(`Line ${place + 2} of the statement should be its end.`);
    if (statement.validUntil !== null && statement.validUntil <= statement.issued) {
      throw new Bad("The statement ends before it begins to be valid.");
    }
    if (statement.audience === statement.sessionId) {
      throw new Bad("The statement is addressed to the account that it is about.");
    }
    const covered = `${lines.slice(0, -2).join("\n")}\n`;
    return { statement, covered, key: readKey(key), signature: readSignature(signature), text: `${lines.join("\n")}\n` };
  }

  function checkCharacters(line, index) {
    const where = `Line ${index + 1} of the statement`;
    if (REFUSED.test(line)) throw new Bad(`${where} holds a character that is not allowed in one.`);
    if (line !== line.normalize("NFC")) throw new Bad(`${where} is not in Unicode normal form C.`);
    if (line.startsWith(" ") || line.endsWith(" ") || line.includes("  ")) throw new Bad(`${where} has a blank too many.`);
  }

  function pair(line, index) {
    const colon = line.indexOf(": ");
    const key = line.slice(0, Math.max(colon, 0)), value = line.slice(colon + 2);
    if (colon < 0 || !value || !/^(?!From )[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*$/.test(key)) {
      throw new Bad(`Line ${index + 2} of the statement is not of the form "Key: value".`);
    }
    return [key, value];
  }

  function readId(text, wrong) {
    return ID.test(text) ? text : wrong("not a Session ID, which is 05 and 64 digits or small letters a to f");
  }

  function readTime(text, wrong) {
    const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC$/.exec(text);
    const time = parts ? Date.UTC(parts[1], parts[2] - 1, ...parts.slice(3)) : NaN;
    const exists = parts && parts[1] >= 2020 && writtenTime(time) === text; // 30 February would come back as 2 March
    return exists ? time : wrong("not a time like 2026-11-22 14:00:00 UTC");
  }

  function readSerial(text, wrong) {
    const good = /^[1-9][0-9]{0,15}$/.test(text) && Number.isSafeInteger(Number(text));
    return good ? Number(text) : wrong("not a serial number from 1 to 9007199254740991");
  }

  function readWithdrawal(text, wrong) {
    return text === "all earlier statements" || wrong('only "all earlier statements" can be withdrawn');
  }

  function readKey(text) {
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Bad("The key is not 64 digits or small letters a to f.");
    return Uint8Array.from(text.match(/../g), (digits) => parseInt(digits, 16));
  }

  function readSignature(text) {
    if (!/^[A-Za-z0-9_-]{86}$/.test(text)) throw new Bad("The signature is not 86 characters of URL-safe base64.");
    const signature = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    if (writtenSignature(signature) !== text) throw new Bad("The signature has bits where none belong.");
    return signature;
  }

  function writtenSignature(bytes) {
    return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  // -- The signature [6] ------------------------------------------------------------------------------

  /** Null if the signature is genuine, else a sentence that says what is wrong. */
  async function whyNot({ statement, covered, key, signature }) {
    const belongsTo = owner(key);
    if (belongsTo === null) return "The key is not one that anybody can sign with.";
    if (belongsTo !== statement.sessionId) return "The key does not belong to the Session ID.";
    if (!isKey(signature.slice(0, 32))) return "The signature is not one that a key can make.";
    const small = littleEndian(signature.slice(32)) < ORDER;
    const good = small && await browserVerifies(key, signature, bytesOf(DOMAIN + covered));
    return good ? null : "The signature does not fit the text: something was changed, or another key signed it.";
  }

  async function browserVerifies(key, signature, message) {
    if (!globalThis.crypto?.subtle) {
      throw new Unable("This browser lets a page check signatures only if it comes over https or from a file on this device.");
    }
    try {
      const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
    } catch {
      throw new Unable("This browser is too old: it does not know Ed25519 signatures. Use a newer one.");
    }
  }

  // -- The compact form [7] ----------------------------------------------------------------------------

  const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

  function fromBase45(text) {
    if ([...text].some((c) => !BASE45.includes(c))) {
      throw new Bad("The compact statement holds a character that is not allowed in one.");
    }
    const bytes = [];
    for (let place = 0; place < text.length; place += 3) {
      const digits = [...text.slice(place, place + 3)].map((c) => BASE45.indexOf(c));
      const value = digits.reduceRight((number, digit) => number * 45 + digit, 0);
      if (digits.length === 1 || value >= 256 ** (digits.length - 1)) throw new Bad("The compact statement is damaged.");
      if (digits.length === 3) bytes.push(value >> 8);
      bytes.push(value & 255);
    }
    return Uint8Array.from(bytes);
  }

  async function inflated(bytes) {
    if (!globalThis.DecompressionStream) {
      throw new Unable("This browser is too old to unpack a compact statement. Use a newer one, or the long form.");
    }
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const content = [];
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        content.push(...part.value.subarray(0, MOST_BYTES + 1));
        if (content.length > MOST_BYTES) break;
      }
      if (content.length <= MOST_BYTES) {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(content));
      }
    } catch {
      throw new Bad("The compact statement is damaged.");
    }
    await reader.cancel();
    throw new Bad(`The compact statement unpacks to more than ${MOST_BYTES} bytes.`);
  }

  async function unpacked(text) {
    if (text.length > LONGEST_COMPACT) throw new Bad("This is no compact statement.");
    const packed = fromBase45(text.slice(COMPACT.length));
    const key = packed.slice(0, 32), signature = packed.slice(32, 96);
    const content = await inflated(packed.slice(96));
    const sessionId = key.length === 32 ? owner(key) : null;
    if (sessionId === null || !content.endsWith("\n")) throw new Bad("The compact statement is damaged.");
    const hex = Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const end = [`Key: ${hex}`, `Signature: ${writtenSignature(signature)}`, END];
    return [BEGIN, `Session ID: ${sessionId}`, ...content.slice(0, -1).split("\n"), ...end];
  }

  // -- Where statements are found [8] ------------------------------------------------------------------

  function plain(text) {
    text = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
    if (/^\s*<(?:!doctype\s+html|html)\b/i.test(text)) {
      const page = new DOMParser().parseFromString(text, "text/html"); // inert: nothing in it runs or loads
      return Array.from(page.querySelectorAll("pre, textarea"), (element) => element.textContent).join("\n");
    }
    if (/^\s*BEGIN:VCARD\s/i.test(text)) {
      const values = text.replace(/\n[ \t]/g, "").split("\n").map((line) => /^(?:"[^"]*"|[^":])*:(.*)$/s.exec(line)?.[1]);
      return values.filter((value) => value !== undefined)
        .map((value) => value.replace(/\\([\\,;nN])/g, (_, c) => (/n/i.test(c) ? "\n" : c))).join("\n");
    }
    return text;
  }

  const beginOf = (line) => (line.endsWith(BEGIN) ? /^[>| \t]*$/.exec(line.slice(0, -BEGIN.length)) : null);

  /** Lines, a compact text, or the error that there is instead, for each statement in the text. */
  function blocks(text) {
    const lines = text.split("\n"), found = [];
    lines.forEach((line, index) => {
      const compact = line.replace(/^[ \t]+/, "");
      if (beginOf(line)) found.push(block(lines, index + 1, beginOf(line)[0]));
      else if (compact.startsWith(COMPACT)) found.push(compact.replace(/[ \t]+$/, ""));
    });
    return found;
  }

  function block(lines, start, prefix) {
    const taken = [BEGIN], bare = prefix.replace(/[ \t]+$/, "");
    for (let at = start; at < lines.length && taken.length <= MOST_LINES && taken.at(-1) !== END; at++) {
      if (beginOf(lines[at])) break;
      if (at === lines.length - 1 && lines[at] === "") break; // the end of the text, not a line of it
      const quoting = lines[at].startsWith(prefix) ? prefix : bare;
      if (!lines[at].startsWith(quoting)) {
        return new Bad(`Line ${taken.length + 1} of the statement is not quoted like its first line.`);
      }
      taken.push(lines[at].slice(quoting.length));
    }
    return taken;
  }

  // -- The whole check ---------------------------------------------------------------------------------

  async function check(text, { sessionId = null, reader = null, now = Date.now() } = {}) {
    const found = [], texts = new Set(), known = { sessionId, reader, now }, plainText = plain(text);
    try {
      for (const block of blocks(plainText)) {
        const one = await examined(block);
        if (!texts.has(one.text)) found.push(one);
        if (one.text) texts.add(one.text); // a mail and its quotation, or a page with both forms, count once
      }
    } catch (error) {
      if (error instanceof Unable) return { unable: error.message, missing: null, verdicts: [] };
      throw error;
    }
    const genuine = found.filter((one) => one.reason === null);
    const verdicts = found.map((one) => verdict(one, genuine, known));
    return { unable: null, missing: found.length ? null : nothingFound(plainText), verdicts };
  }

  async function examined(block) {
    try {
      if (block instanceof Bad) throw block;
      const signed = read(Array.isArray(block) ? block : await unpacked(block));
      return { ...signed, reason: await whyNot(signed) };
    } catch (error) {
      if (error instanceof Bad) return { state: "unreadable", headline: error.message };
      throw error;
    }
  }

  function nothingFound(text) {
    return text.includes(BEGIN)
      ? "There is a move statement in this, but its lines were joined or changed."
      : "There is no move statement in this.";
  }

  return { check };
})();
