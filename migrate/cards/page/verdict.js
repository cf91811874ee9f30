// What a statement that was checked is worth: docs/statement.md, section 9. The sentences are those of
// migrate/cards/verdict.py, so that people hear the same from a page and from the command.
"use strict";

const decampVerdict = (() => {
  const LEEWAY = 24 * 60 * 60 * 1000; // clocks set to the time of another zone are common

  /** The verdict on `one`, which was found together with these `genuine` ones. */
  function verdict(one, genuine, known) {
    const nothing = { genuine: false, ok: false, proves: [], doesNotProve: [], cautions: [] };
    if (one.state === "unreadable") return { ...nothing, ...one };
    const { statement, text, reason } = one;
    if (reason !== null) {
      return { ...nothing, state: "forged", headline: `Not genuine, so do not go by what it says. ${reason}`, statement, text };
    }
    const state = stateOf(one, genuine, known);
    const sentences = { headline: headline(statement, state), ...worth(statement, known) };
    return { state, genuine: true, ok: state === "valid", ...sentences, statement, text };
  }

  function stateOf({ statement, covered }, genuine, { sessionId, reader, now }) {
    const to = statement.audience ?? reader;
    const rivals = genuine.filter(({ statement: other }) =>
      other.sessionId === statement.sessionId && (other.audience === null || other.audience === to));
    const contradicts = (other) => other.statement.serial === statement.serial
      && other.statement.audience === statement.audience && content(other.covered) !== content(covered);
    if (sessionId !== null && sessionId !== statement.sessionId) return "another account";
    if (reader !== null && statement.audience !== null && statement.audience !== reader) return "for somebody else";
    if (rivals.some((other) => other.statement.serial > statement.serial)) return "superseded";
    if (rivals.some(contradicts)) return "contradicted";
    if (statement.withdraws) return "withdrawn";
    if (statement.validUntil !== null && now >= statement.validUntil) return "expired";
    return now + LEEWAY < statement.issued ? "not yet valid" : "valid";
  }

  const shortId = (id) => `${id.slice(0, 4)}…${id.slice(-4)}`;

  /** All that is covered but the key: two keys fit one Session ID. */
  const content = (covered) => covered.slice(0, covered.lastIndexOf("Key: "));

  function writtenTime(time) {
    return Number.isNaN(time) ? "" : `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  }

  function headline({ sessionId, audience, issued, validUntil, serial }, state) {
    const who = shortId(sessionId);
    return {
      "another account": `Genuine, but about ${who}, which is not the account you knew.`,
      "for somebody else": `Genuine, but addressed to somebody else: ${shortId(audience ?? "")}.`,
      "superseded": `Genuine, but replaced by a later one of ${who}: this has serial number ${serial}.`,
      "contradicted": `Genuine, but ${who} signed another one with the same serial number. Ask which one counts.`,
      "withdrawn": `Genuine: ${who} takes back all earlier statements and names no new address.`,
      "expired": `Genuine, but it expired at ${writtenTime(validUntil ?? 0)}.`,
      "not yet valid": `Genuine, but not valid before ${writtenTime(issued)}. Is your clock right?`,
      "valid": `Genuine: ${who} says where to be found from now on.`,
    }[state];
  }

  function worth({ sessionId: id, withdraws, audience, unknown }, { sessionId, reader }) {
    const doesNotProve = [
      "Who that is: a key can be shared, stolen or forced.",
      "When it was written, or that there is no later one.",
    ];
    if (!withdraws) {
      doesNotProve.push("That the new addresses belong to the same person. They do where you find this line, which only "
        + `their holder can write there: decamp-proof: ${id}`);
    }
    const cautions = [];
    if (sessionId === null) {
      cautions.push("Compare the Session ID, all of it, with the one you knew: anybody can sign for an account of their own.");
    }
    if (audience !== null && reader === null) {
      cautions.push(`It is addressed to ${audience}. If that is not you, it was not meant for you.`);
    }
    if (unknown.length) cautions.push("It has lines that this version does not know. They are signed as well.");
    const proves = [`Somebody who has the key of the account ${shortId(id)} wrote exactly these lines, and nobody has changed them since.`];
    return { proves, doesNotProve, cautions };
  }

  return { verdict, writtenTime };
})();
