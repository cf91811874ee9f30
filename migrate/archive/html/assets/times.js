// Turns the times of a page, which are UTC, into the hours of whoever reads it, and groups messages by their days.
"use strict";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];
const two = (number) => String(number).padStart(2, "0");
const shortDate = (at) => `${at.getDate()} ${MONTHS[at.getMonth()].slice(0, 3)} ${at.getFullYear()}`;
const longDate = (at) =>
  `${WEEKDAYS[at.getDay()]}, ${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;
const sameDay = (a, b) => a.toDateString() === b.toDateString();

function localTimes() {
  for (const time of document.querySelectorAll("time[data-as=date]")) {
    time.textContent = shortDate(new Date(time.dateTime));
  }
  const log = document.querySelector(".log");
  if (!log) return;
  let day = null;
  for (const item of [...log.children]) {
    if (item.className === "d") {
      if (item.querySelector("time")) item.remove();
      continue;
    }
    const time = item.querySelector(".w time, :scope > time");
    if (!time?.dateTime) continue;
    const at = new Date(time.dateTime);
    time.textContent = clock(at);
    time.title = `${longDate(at)}, ${clock(at)}`;
    if (!day || !sameDay(day, at)) item.before(dayHeading(at));
    day = at;
  }
}

function dayHeading(at) {
  const item = document.createElement("li");
  const heading = document.createElement("h2");
  const time = document.createElement("time");
  item.className = "d";
  time.dateTime = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  time.textContent = longDate(at);
  heading.append(time);
  item.append(heading);
  return item;
}

localTimes();
