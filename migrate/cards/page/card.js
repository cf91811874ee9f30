// The page of a card: copies addresses, and checks the statement that the page carries with verify.js. What a page says
// about itself is only as good as whoever sent it; so it says that too, and how to check without it.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);

  // How bad each state is, and its title: as on verify.html.
  const STATES = {
    "valid": ["good", "Genuine"],
    "not yet valid": ["fair", "Genuine, not valid yet"],
    "expired": ["fair", "Genuine, but expired"],
    "withdrawn": ["fair", "Genuine, a withdrawal"],
    "superseded": ["fair", "Genuine, but replaced"],
    "contradicted": ["fair", "Genuine, but contradicted"],
    "for somebody else": ["fair", "Genuine, for somebody else"],
    "another account": ["bad", "Another account"],
    "forged": ["bad", "Not genuine"],
    "unreadable": ["bad", "Not readable"],
  };
  const SIGNS = { good: "m13 25 7 7 15-16", fair: "M24 14v12m0 8v.1", bad: "m16 16 16 16m0-16L16 32" };

  // -- Copying -------------------------------------------------------------------------------------

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.className = "vh";
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy"); // old, and all there is where the clipboard is refused
      field.remove();
      return done;
    }
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.textContent = await copied(at(button.dataset.copy).textContent) ? "Copied" : "Press and hold to copy";
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  // -- Checking ------------------------------------------------------------------------------------

  if (!at("check")) return;
  const shownAddresses = Array.from(document.querySelectorAll(".place code"), (code) => code.textContent);

  function say(tone, title, sentence) {
    at("check").className = `check ${tone}`;
    at("verdict-title").textContent = title;
    at("verdict-said").textContent = sentence;
    at("verdict-sign").setAttribute("d", SIGNS[tone]);
  }

  function fill(id, sentences) {
    at(id).replaceChildren(...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
  }

  function typedId() {
    const typed = at("known").value.trim().toLowerCase();
    const whole = /^05[0-9a-f]{64}$/.test(typed);
    at("known").setAttribute("aria-invalid", String(typed !== "" && !whole));
    at("known-wrong").hidden = typed === "" || whole;
    return whole ? typed : null;
  }

  let latest = 0;
  async function judge() {
    const turn = ++latest;
    const { unable, missing, verdicts } = await window.decampVerify.check(at("statement").textContent, {
      sessionId: typedId(), now: Date.now(),
    });
    if (turn !== latest) return; // more was typed meanwhile
    at("details").hidden = Boolean(unable ?? missing);
    if (unable) return say("fair", "Not checked", unable);
    if (missing) return say("bad", "Not readable", missing);
    const found = verdicts[0];
    const [tone, title] = STATES[found.state];
    const same = found.genuine && JSON.stringify(found.statement.handles) === JSON.stringify(shownAddresses);
    if (found.genuine && !same) {
      say("bad", "Not what was signed", "The addresses on this page are not those in the signed statement. Do not use them.");
    } else {
      say(tone, title, found.headline);
    }
    fill("cautions", found.cautions);
    fill("proves", found.proves);
    fill("proves-not", found.doesNotProve);
    at("worth").hidden = !found.genuine;
  }

  at("known").addEventListener("input", judge);
  judge();
})();
