// The page around the check: takes a text, a file or a picture, and shows what verify.js says about it. What a statement
// says is put on the page as text and never as markup, and nothing is opened unless somebody presses it.
"use strict";

(() => {
  const { check } = window.decampVerify;
  const { writtenTime } = decampVerdict;
  const at = (id) => document.getElementById(id);
  const text = at("text"), known = at("known"), reader = at("reader"), results = at("results"), status = at("status");
  const LARGEST_FILE = 4 * 1024 * 1024;

  // How bad each state is, and its title.
  const STATES = {
    "valid": ["good", "Genuine"],
    "not yet valid": ["fair", "Genuine, not valid yet"],
    "expired": ["fair", "Genuine, expired"],
    "withdrawn": ["fair", "Genuine, a withdrawal"],
    "superseded": ["fair", "Genuine, replaced"],
    "contradicted": ["fair", "Genuine, contradicted"],
    "for somebody else": ["fair", "Genuine, for somebody else"],
    "another account": ["bad", "Another account"],
    "forged": ["bad", "Not genuine"],
    "unreadable": ["bad", "Not readable"],
  };
  const SIGNS = { good: "m13 25 7 7 15-16", fair: "M24 14v12m0 8v.1", bad: "m16 16 16 16m0-16L16 32" };
  const NETWORKS = [
    ["SimpleX", /^(simplex:\/|https:\/\/[^/?#]+\/(a|c|g|r|i|contact|invitation)\/?#)/],
    ["Delta Chat", /^(https:\/\/i\.delta\.chat\/?#|openpgp4fpr:)/i],
    ["Matrix", /^(https:\/\/matrix\.to\/#\/|matrix:|@[^@]+:)/],
    ["XMPP", /^xmpp:/],
    ["E-mail", /^(mailto:|[^:/?#\s]+@[^:/?#\s]+$)/],
    ["Session", /^05[0-9a-f]{64}$/],
    ["Session community", /^https?:\/\/[^?#]+\?public_key=[0-9a-f]{64}$/],
    ["Web page", /^https:\/\//],
  ];
  const OPENED = new Set(["https:", "xmpp:", "matrix:", "mailto:", "simplex:"]);

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children.filter((child) => child !== null));
    return made;
  }

  const strangers = (said) => element("bdi", { textContent: said });

  // -- One verdict ---------------------------------------------------------------------------------

  function shown(verdict, typed) {
    const [tone, title] = STATES[verdict.state];
    const box = element("section", { className: `verdict ${tone}${verdict.ok ? "" : " old"}` });
    box.dataset.state = verdict.state;
    box.append(element("header", {}, sign(tone), element("h2", { textContent: title }), element("p", { textContent: verdict.headline })));
    const body = element("div", { className: "body" });
    if (verdict.genuine) {
      body.append(...[
        list("cautions", verdict.cautions), handles(verdict), ...notes(verdict.statement), facts(verdict.statement, typed), worth(verdict),
      ].filter(Boolean));
    }
    if (verdict.text) {
      body.append(element("details", {}, element("summary", { textContent: "The exact text that was checked" }),
        element("pre", { textContent: verdict.text, tabIndex: 0 })));
    }
    box.append(body);
    return box;
  }

  function sign(tone) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 48 48");
    svg.setAttribute("aria-hidden", "true");
    const circle = document.createElementNS(svg.namespaceURI, "circle");
    for (const [name, value] of [["cx", 24], ["cy", 24], ["r", 20]]) circle.setAttribute(name, value);
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", SIGNS[tone]);
    svg.append(circle, path);
    return svg;
  }

  function list(className, sentences) {
    return sentences.length
      ? element("ul", { className }, ...sentences.map((sentence) => element("li", { textContent: sentence })))
      : null;
  }

  function section(title, ...children) {
    return element("div", {}, element("h3", { textContent: title }), ...children);
  }

  function handles({ statement, ok }) {
    if (statement.withdraws) return null;
    const items = statement.handles.map((address) => handle(address, ok));
    return section(ok ? "New addresses, the preferred one first" : "It says these addresses; do not rely on them",
      element("ul", { className: "handles" }, ...items));
  }

  function handle(address, ok) {
    const network = NETWORKS.find(([, shape]) => shape.test(address))?.[0] ?? "An address this page does not know";
    const careful = /[^!-~]/.test(address) ? "Not only plain letters: compare it carefully." : null;
    const what = element("div", { className: "what" }, element("b", { textContent: network }),
      element("code", {}, strangers(address)), careful && element("span", { className: "careful", textContent: careful }));
    const acts = ok ? element("div", { className: "acts" }, copier(address, network), careful ? null : opener(address, network)) : null;
    return element("li", {}, what, acts);
  }

  function copier(address, network) {
    const button = element("button", { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy the ${network} address`);
    button.addEventListener("click", async () => {
      button.textContent = await copied(address) ? "Copied" : "Press and hold to copy";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
  }

  async function copied(address) {
    try {
      await navigator.clipboard.writeText(address);
      return true;
    } catch {
      const field = element("textarea", { value: address, className: "vh" });
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy"); // old, and all there is where the clipboard is refused
      field.remove();
      return done;
    }
  }

  function opener(address, network) {
    let url;
    try {
      url = new URL(address);
    } catch {
      return null;
    }
    if (!OPENED.has(url.protocol) || url.username || url.password) return null;
    const link = element("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank", textContent: "Open" });
    link.setAttribute("aria-label", `Open the ${network} address`);
    return link;
  }

  function notes({ notes: said, unknown }) {
    const lines = said.map((note) => element("p", { className: "note", textContent: note }));
    const strange = unknown.flatMap(([key, value]) => [
      element("dt", {}, strangers(key)), element("dd", {}, strangers(value)),
    ]);
    return [
      said.length ? section("They wrote", ...lines) : null,
      strange.length ? section("Lines that this page does not know", element("dl", { className: "strange" }, ...strange)) : null,
    ];
  }

  function facts(statement, typed) {
    const same = typed.sessionId === statement.sessionId;
    const match = typed.sessionId === null ? null : element("span", {
      className: same ? "same" : "differs",
      textContent: same ? "✓ the one you knew" : "✗ not the one you knew",
    });
    const rows = [
      ["Session ID", element("code", { textContent: statement.sessionId }), match],
      ["Issued", writtenTime(statement.issued)],
      ["Valid until", statement.validUntil === null ? "further notice" : writtenTime(statement.validUntil)],
      ["Serial number", String(statement.serial)],
    ];
    if (statement.audience !== null) rows.push(["Addressed to", element("code", { textContent: statement.audience })]);
    return section("About it", element("dl", {}, ...rows.flatMap(([name, ...value]) => [
      element("dt", { textContent: name }), element("dd", {}, ...value),
    ])));
  }

  function worth({ proves, doesNotProve }) {
    const yes = section("What this proves", list("yes", proves));
    return element("div", { className: "worth" }, yes, section("What it does not prove", list("no", doesNotProve)));
  }

  // -- What was typed, dropped or opened --------------------------------------------------------------

  function sessionIdIn(input) {
    const typed = input.value.trim().toLowerCase();
    const wrong = typed !== "" && !/^05[0-9a-f]{64}$/.test(typed);
    input.setAttribute("aria-invalid", String(wrong));
    at(`${input.id}-wrong`).hidden = !wrong;
    return wrong || !typed ? null : typed;
  }

  let latest = 0;
  async function judge() {
    const turn = ++latest;
    const typed = { sessionId: sessionIdIn(known), reader: sessionIdIn(reader) };
    if (!text.value.trim()) return show("");
    const { unable, missing, verdicts } = await check(text.value, { ...typed, now: Date.now() });
    if (turn !== latest) return; // more was typed meanwhile
    const problem = unable ?? missing;
    const boxes = verdicts.map((verdict) => shown(verdict, typed));
    show(problem ?? verdicts.map(({ headline }) => headline).join(" "), problem ? [banner(problem)] : boxes);
  }

  async function judgeAndShow() {
    await judge();
    results.scrollIntoView({ block: "nearest" });
  }

  const banner = (sentence) => element("p", { className: "banner", textContent: sentence });

  function show(sentence, boxes = []) {
    status.textContent = sentence;
    results.replaceChildren(...boxes);
  }

  async function opened(file) {
    latest++;
    text.value = "";
    if (file.size > LARGEST_FILE) return show("This file is too large.", [banner("This file is too large to be a statement.")]);
    const found = file.type.startsWith("image/") ? await scanned(file) : await file.text();
    if (found === null) return;
    text.value = found;
    await judgeAndShow();
  }

  /** What the QR codes in a picture hold; null, and a sentence on the page, if there is nothing to be had. */
  async function scanned(picture) {
    let problem = "This browser cannot read QR codes in pictures. Scan it with a phone, and paste what it says.";
    if (globalThis.BarcodeDetector) {
      try {
        const codes = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(picture));
        if (codes.length) return codes.map((code) => code.rawValue).join("\n");
        problem = "There is no QR code in this picture that this browser can read.";
      } catch {
        problem = "This browser cannot read this picture.";
      }
    }
    show(problem, [banner(problem)]);
    return null;
  }

  at("form").addEventListener("submit", (event) => { event.preventDefault(); judgeAndShow(); });
  at("form").addEventListener("reset", () => setTimeout(() => { judge(); text.focus(); }));
  for (const field of [text, known, reader]) field.addEventListener("input", judge);
  text.addEventListener("paste", () => setTimeout(judgeAndShow));
  at("file").addEventListener("change", ({ target }) => {
    if (target.files.length) opened(target.files[0]);
    target.value = "";
  });
  addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const file = event.dataTransfer.files[0], dropped = event.dataTransfer.getData("text/plain");
    if (file) opened(file);
    else if (dropped) { text.value = dropped; judgeAndShow(); }
  });
})();
