"use strict";
// Sorts and filters the table of benchmarks. All rows stand in the page without it; it only reorders and hides them.
// What is asked for stands in the address (#filter=slower&sort=Change), so that it can be sent to somebody.
(() => {
  const table = document.getElementById("benchmark-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 2) return;
  const heads = [...table.tHead.rows[0].cells];
  const sortable = heads.map((head, at) => ({ head, at, title: head.dataset.title }))
    .filter(({ at }) => at === 0 || rows.some(row => row.cells[at].dataset.value));
  const words = rows.map(row => [...row.cells].filter(cell => !cell.classList.contains("n"))
    .map(cell => `${cell.textContent} ${cell.title}`).join(" ").toLowerCase());
  let state = { filter: "", sort: "", up: false };

  const keyOf = (row, at) => (at === 0 ? row.cells[0].textContent.trim() : row.cells[at].dataset.value || "");
  const isNumber = at => at !== 0 && rows.every(row => !keyOf(row, at) || !Number.isNaN(Number(keyOf(row, at))));

  function compare(at, up) {
    const number = isNumber(at);
    return (one, other) => {
      const [a, b] = [keyOf(one, at), keyOf(other, at)];
      if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1); // what has no figure comes last, whichever way
      const order = number ? Number(a) - Number(b) : a.localeCompare(b, undefined, { numeric: true });
      return up ? order : -order;
    };
  }

  const controls = document.createElement("form");
  controls.className = "controls";
  controls.setAttribute("role", "search");
  const filter = document.createElement("input");
  Object.assign(filter, { type: "search", id: "benchmark-filter", placeholder: "name, group or verdict", autocomplete: "off", spellcheck: false });
  const label = document.createElement("label");
  Object.assign(label, { htmlFor: filter.id, textContent: "Filter" });
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", "Sort by");
  choice.append(new Option("In the run's order", ""));
  for (const { title } of sortable) choice.append(new Option(`Sorted by ${title}`, title));
  const told = document.createElement("output");
  told.setAttribute("aria-live", "polite");
  controls.append(label, filter, choice, told);
  (table.closest(".scroll") || table).before(controls);

  for (const { head, at, title } of sortable) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.querySelector(".title").childNodes);
    head.querySelector(".title").append(button);
    button.addEventListener("click", () => {
      const first = at === 0 || !isNumber(at); // names begin with A, figures with the greatest
      if (state.sort !== title) ask({ sort: title, up: first });
      else if (state.up === first) ask({ up: !first });
      else ask({ sort: "", up: false });
    });
  }

  function show() {
    const wanted = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      row.hidden = !wanted.every(word => words[at].includes(word));
      count += row.hidden ? 0 : 1;
    });
    const by = sortable.find(({ title }) => title === state.sort);
    body.append(...(by ? [...rows].sort(compare(by.at, state.up)) : rows));
    for (const { head, title } of sortable) {
      if (title === state.sort) head.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    if (filter.value !== state.filter) filter.value = state.filter;
    choice.value = by ? by.title : "";
    told.textContent = wanted.length ? `${count} of ${rows.length}` : "";
  }

  function ask(changes) {
    state = { ...state, ...changes };
    const said = new URLSearchParams();
    if (state.filter) said.set("filter", state.filter);
    if (state.sort) said.set("sort", state.sort);
    if (state.sort && state.up) said.set("up", "1");
    const text = said.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    show();
  }

  function read() {
    const text = location.hash.slice(1);
    if (/^(filter|sort)=/.test(text)) {
      const said = new URLSearchParams(text);
      state = { filter: said.get("filter") || "", sort: said.get("sort") || "", up: said.has("up") };
      show();
      table.scrollIntoView({ block: "nearest" });
      return;
    }
    const target = text && document.getElementById(text);
    if (target && target.closest("tr[hidden]")) { // a link to a row that the filter hides
      state = { ...state, filter: "" };
      show();
      target.scrollIntoView();
    }
  }

  filter.addEventListener("input", () => ask({ filter: filter.value.trim() ? filter.value : "" }));
  choice.addEventListener("change", () => {
    const by = sortable.find(({ title }) => title === choice.value);
    ask({ sort: choice.value, up: by ? by.at === 0 || !isNumber(by.at) : false });
  });
  controls.addEventListener("submit", event => event.preventDefault());
  window.addEventListener("hashchange", read);
  show();
  read();
})();
