// Shows the picture that a form will send, and makes it small enough first: phones take ten megabytes.
//
// The page works without this: the browser names the file, and the server draws every picture anew.

const SIDE_MAX = 2_000; // pixels; the server keeps fewer
const LARGE = 1_000_000; // bytes
const QUALITY = 0.86;
const SHOWN_MAX = 480; // pixels

const ready = new WeakMap(); // input -> what waits until its picture is small

for (const group of document.querySelectorAll("[data-photos]")) {
  watch(group);
}

// Waits until the picture of a field is small enough to be sent.
export async function whenSmall(input) {
  await ready.get(input);
}

function watch(group) {
  const inputs = [...group.querySelectorAll("input[type=file]")];
  group.classList.add("is-watched");
  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const other of inputs) {
        if (other !== input) {
          other.value = ""; // one picture is sent, and it is the one that is shown
        }
      }
      ready.set(input, take(input, group.querySelector(".chosen-file")));
    });
    input.form?.addEventListener("submit", (event) => hold(event, input));
  }
}

// A form that is sent while its picture is still being made small waits for it.
function hold(event, input) {
  const waiting = ready.get(input);
  if (waiting && !event.defaultPrevented) {
    event.preventDefault();
    event.stopImmediatePropagation(); // what saves drafts sees the second time alone
    const form = event.target;
    waiting.then(() => form.requestSubmit(event.submitter));
  }
}

async function take(input, place) {
  const [file] = input.files;
  try {
    place.hidden = !file;
    place.querySelector("canvas").hidden = true;
    place.querySelector("p").textContent = file?.name ?? "";
    if (file) {
      await draw(input, file, place.querySelector("canvas"));
    }
  } catch {
    // What no browser can draw, such as a PDF, is sent as it is; the server says whether it can be taken.
  } finally {
    ready.delete(input);
  }
}

async function draw(input, file, canvas) {
  const picture = await createImageBitmap(file);
  scaled(picture, SHOWN_MAX, canvas);
  canvas.hidden = false;
  if (file.size > LARGE) {
    const whole = scaled(picture, SIDE_MAX, document.createElement("canvas"));
    const data = await new Promise((done) => whole.toBlob(done, "image/jpeg", QUALITY));
    if (data && data.size < file.size && input.files[0] === file) {
      const files = new DataTransfer();
      files.items.add(new File([data], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
      input.files = files.files;
    }
  }
  picture.close();
}

function scaled(picture, most, canvas) {
  const scale = Math.min(1, most / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
