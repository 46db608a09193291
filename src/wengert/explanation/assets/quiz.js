// The quiz: one column of a table becomes fields to fill in; every answer is judged, and explained when it is wrong.
const NEAR = 0.02; // of the answer: two digits are enough
const ask = byId("ask"), asked = byId("asked"), solve = byId("solve"), score = byId("score");
let cells = [];

function read(text) {
  return text.replace(/[[\]()]/g, " ").trim().split(text.includes(".") || /,\s/.test(text) ? /[\s,;]+/ : /[\s;]+/).map((part) => {
    const [top, bottom, rest] = part.replace(",", ".").replace("−", "-").split("/");
    if (rest !== undefined || top === "" || bottom === "") return NaN;
    return bottom === undefined ? Number(top) : Number(top) / Number(bottom);
  });
}

function agrees(given, expected) {
  const scale = Math.max(...expected.map(Math.abs));
  return given.length === expected.length
    && given.every((x, n) => Math.abs(x - expected[n]) <= NEAR * Math.abs(expected[n]) + 1e-9 * Math.max(1, scale));
}

function pose(cell, number) {
  cell.dataset.text = cell.textContent;
  const wanted = JSON.parse(cell.dataset.answer).length;
  const name = cell.dataset.of || cell.parentElement.querySelector(".symbol").textContent.split(" = ")[0];
  const field = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false });
  const what = { values: "value of", locals: "local derivative towards", adjoints: "sum so far of" }[asked.value];
  field.setAttribute("aria-label", `Question ${number + 1}: ${what} ${name}` + (wanted > 1 ? `, ${wanted} numbers` : ""));
  field.setAttribute("inputmode", "text");
  const verdict = Object.assign(document.createElement("span"), { className: "verdict" });
  const answer = Object.assign(document.createElement("div"), { className: "answer" });
  answer.append(field, verdict);
  cell.replaceChildren(answer);
  cell.parentElement.classList.add("quizzed");
  field.addEventListener("change", () => judge(cell));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    judge(cell);
    const next = cells.find((other) => other.querySelector("input"));
    if (next) next.querySelector("input").focus();
  });
}

function judge(cell) {
  const field = cell.querySelector("input");
  if (!field || !field.value.trim()) return;
  const right = agrees(read(field.value), JSON.parse(cell.dataset.answer));
  settle(cell, right ? "right" : "wrong", right ? "✓ right" : `✗ you wrote ${field.value}; expected ${cell.dataset.text}. ${cell.dataset.why}`);
}

function settle(cell, state, verdict) {
  cell.classList.add(state);
  cell.parentElement.classList.remove("quizzed");
  const told = Object.assign(document.createElement("div"), { className: "verdict", textContent: verdict });
  cell.replaceChildren(cell.dataset.text, told);
  const of = (kind) => cells.filter((other) => other.classList.contains(kind)).length;
  const done = of("right") + of("wrong") + of("given");
  const end = done === cells.length ? " That was all." : "";
  score.textContent = `${verdict ? verdict.replace(/\.?$/, ". ") : ""}So far ${of("right")} right, ${of("wrong")} wrong, ${cells.length - done} to go.${end}`;
}

function start() {
  select(byId("tab-traces"));
  pause();
  walkTo(0);
  cells = [...document.querySelectorAll(`td[data-quiz="${asked.value}"]`)];
  document.body.classList.add("quizzing", `hide-${asked.value}`);
  cells.forEach(pose);
  caption.hidden = true;
  scene.inert = byId("walk").inert = true; // they would tell the answers
  score.textContent = cells.length ? `${cells.length} to go. Two digits are enough; fractions such as 1/2 are understood.` : "There is nothing to ask here.";
  solve.hidden = !cells.length;
  ask.textContent = "Stop";
  ask.setAttribute("aria-pressed", "true");
  asked.disabled = true;
  if (cells.length) cells[0].querySelector("input").focus();
}

function stop() {
  for (const cell of cells) {
    cell.classList.remove("right", "wrong", "given");
    cell.parentElement.classList.remove("quizzed");
    cell.textContent = cell.dataset.text;
  }
  cells = [];
  document.body.classList.remove("quizzing", `hide-${asked.value}`);
  caption.hidden = false;
  scene.inert = byId("walk").inert = false;
  score.textContent = "";
  solve.hidden = true;
  ask.textContent = "Start";
  ask.setAttribute("aria-pressed", "false");
  asked.disabled = false;
}

ask.addEventListener("click", () => (asked.disabled ? stop() : start()));
solve.addEventListener("click", () => {
  for (const cell of cells.filter((one) => one.querySelector("input"))) settle(cell, "given", "");
});
