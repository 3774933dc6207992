// Labels on a page of scored photos: by key or by button, kept in this browser, saved as JSON lines.
"use strict";
(() => {
  const WORDS = { defect: "Defect", false_alarm: "False alarm", unsure: "Unsure", missed: "Missed" };
  const KEYS = {
    j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", d: "defect", f: "false_alarm", u: "unsure",
    m: "missed", c: "class", Backspace: "clear", s: "save",
  };
  const HAS_CLASS = ["defect", "missed"];
  const main = document.querySelector("main");
  const { report, file } = document.querySelector("[data-report]").dataset;
  const items = [...document.querySelectorAll("[data-item]")];
  const records = items.map((item) => JSON.parse(item.dataset.item));
  const keys = records.map((record) => `${record.sha256} ${record.path}`);
  const storeName = `oddspot labels ${report}`;
  const labels = new Map();
  let current = 0;
  let isKept = true;

  function restore() {
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem(storeName)) ?? {};
    } catch {
      isKept = false;
    }
    keys.forEach((key, index) => {
      if (kept[key]?.label in WORDS) labels.set(index, kept[key]);
    });
  }

  function keep() {
    try {
      localStorage.setItem(storeName, JSON.stringify(Object.fromEntries([...labels].map(([i, l]) => [keys[i], l]))));
    } catch {
      isKept = false;
    }
  }

  function say(words) {
    document.querySelector("#note").textContent = words;
  }

  function count() {
    const sums = {};
    for (const { label } of labels.values()) sums[label] = (sums[label] ?? 0) + 1;
    const parts = Object.keys(WORDS).filter((kind) => sums[kind]);
    const which = parts.map((kind) => `${sums[kind]} ${WORDS[kind].toLowerCase()}`).join(", ");
    document.querySelector("#count").textContent =
      `${labels.size} of ${items.length} labelled${which ? `: ${which}` : ""}`;
  }

  function draw(index) {
    const given = labels.get(index);
    const item = items[index];
    item.dataset.label = given?.label ?? "";
    item.querySelector("[data-said]").textContent =
      given ? WORDS[given.label] + (given.defect_class ? `: ${given.defect_class}` : "") : "";
    for (const button of item.querySelectorAll("[data-act]")) {
      if (button.dataset.act in WORDS) button.setAttribute("aria-pressed", button.dataset.act === given?.label);
    }
    const field = item.querySelector("[data-class]");
    if (field !== document.activeElement) field.value = given?.defect_class ?? "";
  }

  function put(index, given) {
    if (given) labels.set(index, given);
    else labels.delete(index);
    keep();
    draw(index);
    count();
    say(isKept ? "" : "This browser keeps nothing between visits: save before you close the page.");
  }

  function label(index, kind) {
    const isNormal = records[index].verdict === "normal";
    if (isNormal && kind === "false_alarm") {
      say("The detector called this one normal: there is no alarm to be false.");
      return;
    }
    if (!isNormal && kind === "missed") {
      say("The detector found this one: d says that it is a defect.");
      return;
    }
    const meant = isNormal && kind === "defect" ? "missed" : kind;
    const defectClass = HAS_CLASS.includes(meant) ? labels.get(index)?.defect_class ?? null : null;
    put(index, { label: meant, defect_class: defectClass });
    if (meant !== kind) say("The detector called this one normal, so the defect was missed: noted as missed.");
  }

  function name(index, text) {
    const was = labels.get(index)?.label;
    const fallback = records[index].verdict === "normal" ? "missed" : "defect";
    const kind = HAS_CLASS.includes(was) ? was : fallback;
    if (text || HAS_CLASS.includes(was)) put(index, { label: kind, defect_class: text || null });
  }

  function select(index, isScrolled) {
    items[current].classList.remove("current");
    current = index;
    items[current].classList.add("current");
    if (!isScrolled) return;
    items[current].focus({ preventScroll: true });
    items[current].scrollIntoView({ block: "start" });
  }

  function move(step) {
    const index = Math.min(items.length - 1, Math.max(0, current + step));
    if (index === current) say(step > 0 ? "This is the last one." : "This is the first one.");
    else say("");
    select(index, true);
  }

  function save() {
    if (!labels.size) {
      say("Nothing is labelled yet.");
      return;
    }
    const lines = records.flatMap((record, index) =>
      labels.has(index) ? [`${JSON.stringify({ ...record, ...labels.get(index) })}\n`] : []);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(`${lines.length} saved as ${file}. Next, where Oddspot runs: oddspot label import ${file}`);
  }

  function act(what) {
    if (what === "next") move(1);
    else if (what === "previous") move(-1);
    else if (what === "save") save();
    else if (what === "clear") put(current, null);
    else if (what === "class") items[current].querySelector("[data-class]").focus();
    else label(current, what);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("[data-class]")) {
      if (event.key === "Enter" || event.key === "Escape") items[current].focus();
      return;
    }
    const what = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!what) return;
    event.preventDefault();
    act(what);
  });
  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-item]");
    if (item) select(items.indexOf(item), false);
    const button = event.target.closest("[data-act]");
    if (button) act(button.dataset.act);
  });
  main.addEventListener("focusin", (event) => {
    const item = event.target.closest("[data-item]");
    if (item && items[current] !== item) select(items.indexOf(item), false);
  });
  main.addEventListener("input", (event) => {
    if (event.target.matches("[data-class]")) name(current, event.target.value.trim());
  });
  addEventListener("beforeunload", (event) => {
    if (!isKept && labels.size) event.preventDefault();
  });

  if (!items.length) return;
  restore();
  items.forEach((_, index) => draw(index));
  count();
  select(0, false);
})();
