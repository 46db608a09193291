// The walk: place 0 shows everything, place n what is known after n events.
const PACE = 1400; // milliseconds per event
const slider = byId("slider"), caption = byId("caption"), count = byId("count"), play = byId("play");
let events = [], at = 0, timer = 0;

// Details would tell numbers that the walk has not come to.
const walking = () => at > 0 && at < events.length;

function begin(view) {
  pause();
  events = view.events;
  slider.max = events.length;
  for (const element of nodes()) {
    const adjoint = element.querySelector(".adjoint");
    if (adjoint) adjoint.dataset.full = adjoint.textContent;
  }
  walkTo(0);
}

function walkTo(place) {
  at = Math.min(events.length, Math.max(0, place));
  hide();
  slider.value = at;
  const event = at ? events[at - 1] : null;
  svg.classList.toggle("walking", at > 0);
  mark(event);
  tell(event);
  highlight(event);
  if (event) focusOn(node(event.keys[0]), Object.keys(event.sums || {}).map(node));
}

// Classes say what is known; the numbers are in the figure already, but for sums that are not complete.
function mark(event) {
  const valued = new Set(), sums = {}, passed = new Set();
  for (const e of events.slice(0, at)) {
    if (e.phase === "forward") e.keys.forEach((key) => valued.add(key));
    Object.assign(sums, e.sums);
    (e.wires || []).forEach((key) => passed.add(key));
  }
  const now = new Set(event ? event.keys : []);
  for (const element of nodes()) {
    const key = element.dataset.key, adjoint = element.querySelector(".adjoint");
    element.classList.toggle("valued", valued.has(key));
    element.classList.toggle("summed", key in sums);
    element.classList.toggle("now", now.has(key));
    if (adjoint) adjoint.textContent = at && key in sums && at < events.length ? sums[key] : adjoint.dataset.full;
  }
  const flowing = new Set(event ? event.wires || [] : []);
  for (const wire of svg.querySelectorAll(".wire")) {
    const key = wire.dataset.key;
    wire.classList.toggle("passed", passed.has(key) || !key);
    wire.classList.toggle("flow", flowing.has(key));
    wire.classList.toggle("read", Boolean(event) && event.phase === "forward" && now.has(wire.dataset.to));
  }
}

function tell(event) {
  caption.className = `caption ${event ? event.phase : ""}`;
  const text = event ? event.title : "All values and adjoints. Press Play or → to walk through them, forwards and then backwards.";
  const forward = events.filter((e) => e.phase === "forward").length;
  const where = !event ? "the whole"
    : event.phase === "forward" ? `forward ${at} of ${forward}` : `backward ${at - forward} of ${events.length - forward}`;
  const first = Object.assign(document.createElement("p"), { textContent: text });
  const list = document.createElement("ul");
  for (const line of (event && event.lines) || []) list.append(Object.assign(document.createElement("li"), { textContent: line }));
  caption.replaceChildren(first, ...(list.children.length ? [list] : []));
  count.textContent = where;
  slider.setAttribute("aria-valuetext", event ? `${where}: ${event.title}` : where);
}

// The rows of the tables that belong to the event.
function highlight(event) {
  const backward = event && event.phase === "backward";
  const keys = new Set(event ? event.keys : []), wires = new Set(event ? event.wires || [] : []);
  for (const row of document.querySelectorAll("tr[data-key], tr[data-keys], tr[data-wire], tr[data-seed]")) {
    const { key, keys: several, wire, seed } = row.dataset;
    const here = wire ? wires.has(wire)
      : seed ? backward && !wires.size && keys.has(seed)
      : several !== undefined ? several.split(" ").some((k) => keys.has(k))
      : !backward && keys.has(key);
    row.classList.toggle("now", Boolean(here));
  }
}

function focusOn(element, others = []) {
  if (!element) return;
  for (const other of nodes()) other.setAttribute("tabindex", "-1");
  element.setAttribute("tabindex", "0");
  if (svg.contains(document.activeElement)) element.focus({ preventScroll: true });
  follow([element, ...others.filter(Boolean)]);
}

// To the event at which a box gets its value.
function goTo(key) {
  const place = events.findIndex((e) => e.phase === "forward" && e.keys.includes(key));
  if (place >= 0 && !document.body.classList.contains("quizzing")) {
    pause();
    walkTo(place + 1);
  }
}

function pause() {
  clearInterval(timer);
  timer = 0;
  play.setAttribute("aria-pressed", "false");
  play.setAttribute("aria-label", "Play");
  play.textContent = "▶ Play";
}

function toggle() {
  if (timer) return pause();
  if (at === events.length) walkTo(0);
  timer = setInterval(() => (at < events.length ? walkTo(at + 1) : pause()), PACE);
  play.setAttribute("aria-pressed", "true");
  play.setAttribute("aria-label", "Pause");
  play.textContent = "❚❚ Pause";
  walkTo(at + 1);
}

const step = (by) => { pause(); walkTo(at + by); };
const KEYS = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => step(-Infinity), End: () => step(Infinity),
  " ": toggle, "+": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: () => fit(), Escape: hide,
};

addEventListener("keydown", (event) => {
  const taken = event.target.closest("input:not(#slider), select, button, [role=tab]");
  const action = KEYS[event.key];
  if (!action || taken || event.ctrlKey || event.metaKey || event.altKey || document.body.classList.contains("quizzing")) return;
  event.preventDefault();
  action();
});
slider.addEventListener("input", () => { pause(); walkTo(Number(slider.value)); });
byId("first").addEventListener("click", () => step(-Infinity));
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("last").addEventListener("click", () => step(Infinity));
play.addEventListener("click", toggle);
