// Asks for the page again every two seconds, and shows the new one in the place of the old.
setInterval(async () => {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    if (!answer.ok) throw new Error("no page");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("#now").replaceWith(fresh.querySelector("#now"));
    document.title = fresh.title;
    document.body.classList.remove("away");
  } catch {
    document.body.classList.add("away");
  }
}, 2000);
