// Names a chosen file under its button, and keeps the browser's own words, in its own language, out of sight until then.

for (const input of document.querySelectorAll(".file-field input[type=file]")) {
  const mark = () => input.closest(".file-field").classList.toggle("is-empty", input.files.length === 0);
  input.addEventListener("change", mark);
  mark();
}
