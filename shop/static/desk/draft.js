// Saves a form as it is typed. What the network does not take stays in this browser until it does.
//
// The page works without this: its button saves.

import { whenSmall } from "./photos.js";

const WAIT_MS = 800;
const AGAIN_MS = 15_000;

const form = document.querySelector("form[data-saves]");
const told = document.querySelector("[data-draft]");

if (form && told) {
  keep(form, told);
}
const mistakes = document.querySelector("[data-focus]");
if (mistakes) {
  mistakes.focus();
}

function keep(form, told) {
  const address = told.dataset.draft;
  const key = `langnghe.draft:${address}`;
  let timer = null;
  let sending = Promise.resolve("saved");
  let isLeaving = false;

  restore();
  form.addEventListener("input", () => {
    remember();
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  });
  // What is sent is kept first: without a network the page stays, and nothing typed is lost.
  form.addEventListener("submit", async (event) => {
    if (isLeaving) {
      return;
    }
    event.preventDefault();
    clearTimeout(timer);
    if ((await save()) !== "offline") {
      isLeaving = true;
      form.requestSubmit(event.submitter);
    }
  });
  addEventListener("online", () => localStorage.getItem(key) !== null && save());
  setInterval(() => localStorage.getItem(key) !== null && !isLeaving && save(), AGAIN_MS);
  for (const input of document.querySelectorAll("input[data-upload]")) {
    input.addEventListener("change", async () => {
      await whenSmall(input);
      if (input.files.length && (await save()) !== "offline") {
        isLeaving = true;
        input.form.submit();
      }
    });
  }

  function fields() {
    return [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string");
  }

  function remember() {
    try {
      localStorage.setItem(key, JSON.stringify(fields()));
    } catch {
      // A full or forbidden store keeps nothing; the server still may.
    }
  }

  function forget(sent) {
    if (localStorage.getItem(key) === sent) {
      localStorage.removeItem(key);
    }
  }

  // Saves one after the other, so that an older answer never overtakes a newer one.
  function save() {
    sending = sending.then(send, send);
    return sending;
  }

  async function send() {
    remember();
    const sent = localStorage.getItem(key);
    const body = new URLSearchParams([...fields(), ["csrf_token", form.elements.csrf_token?.value ?? ""]]);
    say("saving");
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    } catch {
      say("offline");
      return "offline";
    }
    // A session that has ended answers with its sign-in page.
    const isSaved = answer.ok && (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    if (isSaved) {
      forget(sent);
    }
    const outcome = isSaved ? "saved" : "refused";
    say(outcome);
    return outcome;
  }

  function restore() {
    let kept;
    try {
      kept = JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      kept = null;
    }
    if (!Array.isArray(kept)) {
      return;
    }
    for (const input of form.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      const values = kept.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.type === "checkbox") {
        input.checked = values.includes(input.value);
      } else if (values.length && input.type !== "file") {
        input.value = values[0];
      }
    }
    say("restored");
    save();
  }

  function say(what) {
    told.textContent = told.dataset[what];
    told.classList.toggle("is-offline", what === "offline" || what === "refused");
  }
}
