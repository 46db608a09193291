// The figure: which view is shown, panning and zooming, and what is told of a box or wire that is pointed at.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const scene = byId("figure");
const tip = byId("tip");
const NARROW = 640, SMALLEST = 0.05, LARGEST = 4, READABLE = 0.85;

const camera = { x: 0, y: 0, scale: 1 };
let svg = scene.querySelector("svg");
let shown = { key: "all", direction: "right" };
let listeners = [];
const onView = (listener) => listeners.push(listener);

const nodes = () => svg.querySelectorAll(".node");
const node = (key) => svg.querySelector(`.node[data-key="${key}"]`);

function look(smooth = false) {
  const inner = svg.querySelector(".camera");
  inner.classList.toggle("smooth", smooth);
  inner.style.transform = `translate(${camera.x}px, ${camera.y}px) scale(${camera.scale})`;
}

function zoom(factor, x = scene.clientWidth / 2, y = scene.clientHeight / 2) {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, camera.scale * factor));
  camera.x = x - (x - camera.x) * (scale / camera.scale);
  camera.y = y - (y - camera.y) * (scale / camera.scale);
  camera.scale = scale;
  look();
}

// Show all of the graph; at first only as much of it as can be read.
function fit(least = 0) {
  const width = Number(svg.dataset.width), height = Number(svg.dataset.height);
  const all = Math.min(scene.clientWidth / width, scene.clientHeight / height, 1.25);
  camera.scale = Math.max(all, least);
  const start = nodes()[0].transform.baseVal.getItem(0).matrix;
  const half = (place, room) => room / 2 - place * camera.scale;
  camera.x = within(half(start.e, scene.clientWidth), width, scene.clientWidth);
  camera.y = within(half(start.f, scene.clientHeight), height, scene.clientHeight);
  look();
}

// Move so that these boxes are seen whole, or the first of them if there is no room for all.
function follow(elements) {
  const places = elements.map((element) => {
    const box = element.getBBox(), at = element.transform.baseVal.getItem(0).matrix;
    return [at.e, at.f, at.e + box.width, at.f + box.height];
  });
  const margin = 20;
  let least = places[0], most = places[0];
  for (const place of places) {
    const low = least.map((x, n) => Math.min(x, place[n])), high = most.map((x, n) => Math.max(x, place[n]));
    const fits = (high[2] - low[0]) * camera.scale <= scene.clientWidth - 2 * margin && (high[3] - low[1]) * camera.scale <= scene.clientHeight - 2 * margin;
    if (fits) [least, most] = [low, high];
  }
  const left = least[0] * camera.scale + camera.x, top = least[1] * camera.scale + camera.y;
  const width = (most[2] - least[0]) * camera.scale, height = (most[3] - least[1]) * camera.scale;
  const inside = left >= margin && top >= margin && left + width <= scene.clientWidth - margin && top + height <= scene.clientHeight - margin;
  if (inside) return;
  camera.x = within(camera.x + scene.clientWidth / 2 - (left + width / 2), svg.dataset.width, scene.clientWidth);
  camera.y = within(camera.y + scene.clientHeight / 2 - (top + height / 2), svg.dataset.height, scene.clientHeight);
  look(true);
}

// A place of the camera that shows no more empty paper than it must.
function within(place, size, room) {
  const length = size * camera.scale;
  return length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, place));
}

function direction() {
  const down = document.querySelector(`template[data-view="${shown.key}"][data-direction="down"]`);
  return down && scene.clientWidth < NARROW ? "down" : "right";
}

function show(key) {
  shown = { key, direction: "right" };
  shown.direction = direction();
  const template = document.querySelector(`template[data-view="${key}"][data-direction="${shown.direction}"]`);
  const fresh = template.content.firstElementChild.cloneNode(true);
  svg.replaceWith(fresh);
  svg = fresh;
  prepare();
  fit(READABLE);
  document.querySelector(".path").hidden = key === "all";
  byId("place").textContent = key === "all" ? "" : data.views[key].title;
  for (const listener of listeners) listener(data.views[key]);
}

function prepare() {
  for (const wire of svg.querySelectorAll(".wire")) {
    const touch = wire.querySelector("path").cloneNode();
    touch.setAttribute("class", "touch");
    wire.prepend(touch);
  }
  nodes().forEach((element, n) => {
    element.setAttribute("role", "button");
    element.setAttribute("tabindex", n === 0 ? "0" : "-1");
  });
  svg.addEventListener("wheel", wheel, { passive: false });
  svg.addEventListener("pointerdown", grab);
  svg.addEventListener("pointerover", (event) => point(event.target.closest(".node, .wire")));
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("focusin", (event) => point(event.target.closest(".node")));
  svg.addEventListener("focusout", hide);
}

// ------------------------------------------------------------------------------------------------- pointers and wheel

const pointers = new Map();
let dragged = 0;

function wheel(event) {
  if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
  event.preventDefault();
  const frame = scene.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
}

function grab(event) {
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  dragged = 0;
}

function drag(event) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = { x: event.clientX, y: event.clientY };
  svg.classList.add("held");
  if (pointers.size === 1) {
    camera.x += now.x - before.x;
    camera.y += now.y - before.y;
    look();
  } else {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const frame = scene.getBoundingClientRect();
    const span = (p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
    zoom(span(now) / span(before), (now.x + other.x) / 2 - frame.left, (now.y + other.y) / 2 - frame.top);
  }
  dragged += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (dragged > 4) hide();
  pointers.set(event.pointerId, now);
}

function release(event) {
  pointers.delete(event.pointerId);
  if (!pointers.size) svg.classList.remove("held");
}

addEventListener("pointermove", drag);
addEventListener("pointerup", release);
addEventListener("pointercancel", release);

// ------------------------------------------------------------------------------------------------------------ details

function point(element) {
  const lines = element && data.details[element.dataset.key];
  if (!lines || document.body.classList.contains("quizzing") || walking()) return hide();
  tip.replaceChildren(...lines.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  tip.hidden = false;
  const frame = scene.getBoundingClientRect();
  const box = (element.querySelector("rect") || element.querySelector(".head")).getBoundingClientRect();
  const below = box.bottom - frame.top + 8;
  const above = box.top - frame.top - tip.offsetHeight - 8;
  const left = Math.min(Math.max(6, box.left - frame.left), scene.clientWidth - tip.offsetWidth - 6);
  tip.style.left = `${Math.max(6, left)}px`;
  tip.style.top = `${below + tip.offsetHeight < scene.clientHeight || above < 0 ? below : above}px`;
}

function hide() {
  tip.hidden = true;
}

function open(element) {
  if (element.dataset.key[0] === "b") {
    show(element.dataset.key);
    byId("back").focus();
  } else {
    goTo(element.dataset.key);
  }
}

scene.addEventListener("click", (event) => {
  const element = event.target.closest(".node");
  if (element && dragged <= 4) open(element);
});
scene.addEventListener("keydown", (event) => {
  const element = event.target.closest(".node");
  if (!element || event.key !== "Enter") return;
  event.preventDefault(); // or it would press the button that gets the focus
  open(element);
});
byId("back").addEventListener("click", () => {
  const from = shown.key;
  show("all");
  const box = node(from);
  if (box) {
    focusOn(box);
    box.focus({ preventScroll: true });
  }
});
byId("closer").addEventListener("click", () => zoom(1.3));
byId("farther").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", () => fit());
addEventListener("resize", () => (direction() === shown.direction ? fit(READABLE) : show(shown.key)));
