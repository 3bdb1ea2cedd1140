"use strict";
/* Draws the page's flame graphs from the data beside them. Every text is a ready-made one of the
   report, set as text and never as markup; of numbers there are only places and widths here. */
(() => {
  const ROW = 20, FONT = 12, INDENT = 5, NARROWEST = 0.5, TALLEST = 16000;
  const USER = 0, LIBRARY = 1, BRANCH = 2, POOLED = 3;

  async function unpacked(block) {
    const bytes = Uint8Array.from(atob(block.textContent.trim()), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  }

  /* Who called each box, and where the boxes that it calls end: the boxes stand callers first. */
  function related(depth) {
    const parent = new Int32Array(depth.length).fill(-1), end = new Int32Array(depth.length);
    const above = [];
    for (let i = 0; i < depth.length; i++) {
      while (above.length > depth[i]) end[above.pop()] = i;
      if (above.length) parent[i] = above[above.length - 1];
      above.push(i);
    }
    while (above.length) end[above.pop()] = depth.length;
    return { parent, end };
  }

  /* A steady small number for a text, so that a function keeps its shade wherever it is called. */
  function shade(text, count) {
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
    return sum % count;
  }

  function cut(text, count) {
    if (text.length <= count) return text;
    if (count < 3) return "";
    const head = text.slice(0, count - 1);
    return (/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head) + "\u2026";
  }

  class Flame {
    constructor(figure, data) {
      this.figure = figure;
      this.whole = data.whole;
      this.labels = data.labels;
      this.texts = data.texts;
      this.boxes = data.boxes;
      this.lower = data.texts.map((text) => text.toLowerCase());
      Object.assign(this, related(data.boxes.depth));
      this.rows = 1 + data.boxes.depth.reduce((most, one) => Math.max(most, one), 0);
      this.compared = figure.dataset.compared !== undefined;
      this.zoom = this.focus = 0;
      this.found = null;
      this.printing = false;
      this.drawn = [];
      const part = (name) => figure.querySelector("." + name);
      this.view = part("flame-view");
      this.room = part("flame-room");
      this.canvas = figure.querySelector("canvas");
      this.detail = part("flame-detail");
      this.live = part("flame-live");
      this.search = figure.querySelector("input");
      this.matches = part("flame-matches");
      this.reset = part("flame-reset");
      this.listen();
      figure.hidden = false;
      this.show(0);
      this.draw();
    }

    text(column, i) { return this.texts[this.boxes[column][i]]; }

    listen() {
      this.view.addEventListener("scroll", () => this.draw());
      new ResizeObserver(() => this.draw()).observe(this.view);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      // Some browsers tell of printing by the event, some by the medium.
      matchMedia("print").addEventListener("change", (event) => this.print(event.matches));
      addEventListener("beforeprint", () => this.print(true));
      addEventListener("afterprint", () => this.print(false));
      this.canvas.addEventListener("pointermove", (event) => this.hover(event));
      this.canvas.addEventListener("pointerleave", () => { this.canvas.style.cursor = ""; this.show(this.focus); });
      this.canvas.addEventListener("click", (event) => this.click(event));
      this.canvas.addEventListener("keydown", (event) => this.press(event));
      this.canvas.addEventListener("focus", () => { this.say(); this.draw(); });
      this.canvas.addEventListener("blur", () => this.draw());
      this.search.addEventListener("input", () => this.look());
      this.search.addEventListener("keydown", (event) => this.pressInSearch(event));
      this.reset.addEventListener("click", () => { this.go(0, 0); this.canvas.focus(); });
    }

    /* The whole picture on paper: every row, nothing zoomed, and light wherever the screen is dark. */
    print(now) {
      if (now !== this.printing) {
        if (now) this.before = this.zoom;
        this.zoom = now ? 0 : this.before;
        this.printing = now;
        this.figure.classList.toggle("on-paper", now);
      }
      this.draw();
    }

    place(i) {
      const left = this.boxes.left[this.zoom], width = Math.max(1, this.boxes.width[this.zoom]);
      const scale = this.width / width;
      const from = Math.max(0, (this.boxes.left[i] - left) * scale);
      const to = Math.min(this.width, (this.boxes.left[i] + this.boxes.width[i] - left) * scale);
      return [from, to - from];
    }

    size() {
      const full = this.rows * ROW;
      this.room.style.height = full + "px";
      this.width = this.view.clientWidth;
      this.height = this.printing ? Math.min(full, TALLEST) : Math.min(full, this.view.clientHeight || full);
      const dots = this.printing ? 2 : Math.min(devicePixelRatio || 1, 3);
      const [across, down] = [Math.round(this.width * dots), Math.round(this.height * dots)];
      if (this.canvas.width !== across || this.canvas.height !== down) {
        this.canvas.width = across;
        this.canvas.height = down;
        this.canvas.style.height = this.height + "px";
      }
      return dots;
    }

    colours() {
      const style = getComputedStyle(this.figure);
      const of = (name) => style.getPropertyValue("--flame-" + name).trim();
      return {
        user: ["user-1", "user-2", "user-3", "user-4", "user-5"].map(of), library: of("library"), line: of("line"),
        branch: of("branch"), ink: of("ink"), found: of("found"), ring: of("ring"), paper: of("paper"),
        more: ["more-1", "more-2", "more-3", "more-4"].map(of), less: ["less-1", "less-2", "less-3", "less-4"].map(of),
        strong: of("strong"),
      };
    }

    draw() {
      if (!this.view.clientWidth) return;
      const dots = this.size(), pen = this.canvas.getContext("2d");
      const top = this.printing ? 0 : this.view.scrollTop;
      pen.setTransform(dots, 0, 0, dots, 0, 0);
      pen.clearRect(0, 0, this.width, this.height);
      pen.font = FONT + "px " + getComputedStyle(this.figure).getPropertyValue("--mono");
      pen.textBaseline = "middle";
      pen.direction = "ltr";
      this.letter = pen.measureText("m").width;
      this.palette = this.colours();
      this.hatch = this.hatched(pen);
      this.drawn = [];
      for (let i = 0; i < this.boxes.depth.length; i++) {
        const y = this.boxes.depth[i] * ROW - top;
        if (y < -ROW || y > this.height) continue;
        const [x, width] = this.place(i);
        if (width < NARROWEST) { i = this.end[i] - 1; continue; }
        this.box(pen, i, x, y, width);
        this.drawn.push([i, x, y, width]);
      }
      this.ring(pen, top);
      this.reset.disabled = this.zoom === 0;
    }

    /* Library frames are hatched, so that they are told apart without any colour. */
    hatched(pen) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 6;
      const mark = tile.getContext("2d");
      mark.strokeStyle = this.palette.line;
      mark.lineWidth = 1;
      mark.beginPath();
      for (const shift of [-6, 0, 6]) { mark.moveTo(shift - 1, 7); mark.lineTo(shift + 7, -1); }
      mark.stroke();
      return pen.createPattern(tile, "repeat");
    }

    fill(i) {
      const kind = this.boxes.kind[i], change = this.boxes.change[i], all = this.palette;
      if (this.found && this.found[i]) return all.found;
      if (change) return (change > 0 ? all.more : all.less)[Math.abs(change) - 1];
      if (this.compared || kind === BRANCH) return all.branch;
      if (kind === LIBRARY) return all.library;
      return all.user[shade(this.text("name", i) + this.text("place", i), all.user.length)];
    }

    box(pen, i, x, y, width) {
      const kind = this.boxes.kind[i], wide = Math.max(width - (width > 3 ? 1 : 0), NARROWEST);
      const around = this.boxes.depth[i] < this.boxes.depth[this.zoom];
      pen.globalAlpha = this.found && !this.found[i] ? 0.4 : around ? 0.6 : 1;
      if (kind === POOLED) {
        pen.strokeStyle = this.palette.strong;
        pen.setLineDash([2, 2]);
        if (wide > 2) pen.strokeRect(x + 0.5, y + 0.5, wide - 1, ROW - 2);
        pen.setLineDash([]);
      } else {
        pen.fillStyle = this.fill(i);
        pen.fillRect(x, y, wide, ROW - 1);
        if (kind === LIBRARY && wide > 2) { pen.fillStyle = this.hatch; pen.fillRect(x, y, wide, ROW - 1); }
      }
      this.name(pen, i, x, y, wide);
      pen.globalAlpha = 1;
    }

    name(pen, i, x, y, wide) {
      const change = this.boxes.change[i];
      const sign = change ? (change > 0 ? "+ " : "\u2212 ") : "";
      const shown = cut(sign + this.text("name", i), Math.floor((wide - 2 * INDENT) / this.letter));
      if (!shown) return;
      const strong = this.found && this.found[i] || Math.abs(change) > 2;
      pen.fillStyle = this.boxes.kind[i] === POOLED ? this.palette.strong : strong ? this.palette.paper : this.palette.ink;
      pen.fillText(shown, x + INDENT, y + ROW / 2, wide - 2 * INDENT);
    }

    ring(pen, top) {
      if (this.printing) return;
      const [x, width] = this.place(this.focus), y = this.boxes.depth[this.focus] * ROW - top;
      const active = document.activeElement === this.canvas;
      if (width <= 0 || (!active && this.focus === 0)) return;
      pen.strokeStyle = this.palette.ring;
      pen.lineWidth = 2;
      pen.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), ROW - 3);
      pen.lineWidth = 1;
    }

    at(event) {
      const { left, top } = this.canvas.getBoundingClientRect();
      const [px, py] = [event.clientX - left, event.clientY - top];
      const hit = this.drawn.find(([, x, y, width]) => py >= y && py < y + ROW && px >= x && px <= x + width);
      return hit ? hit[0] : -1;
    }

    hover(event) {
      const i = this.at(event);
      this.canvas.style.cursor = i < 0 ? "" : "pointer";
      this.show(i < 0 ? this.focus : i);
    }

    click(event) {
      const i = this.at(event);
      if (i >= 0) this.go(this.boxes.kind[i] === POOLED ? this.zoom : i, i);
    }

    /* Zoom to one box and rest on another; what is rested on comes into sight. */
    go(zoom, focus) {
      this.zoom = zoom;
      this.focus = focus;
      const y = this.boxes.depth[focus] * ROW, view = this.view;
      if (y < view.scrollTop || y + ROW > view.scrollTop + view.clientHeight) {
        view.scrollTop = Math.max(0, y - 2 * ROW);
      }
      this.draw();
      this.show(focus);
      this.say();
    }

    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { depth } = this.boxes, i = this.focus;
      const moves = {
        ArrowUp: () => this.parent[i],
        ArrowDown: () => (i + 1 < this.end[i] ? i + 1 : -1),
        ArrowRight: () => (depth[this.end[i]] === depth[i] ? this.end[i] : -1),
        ArrowLeft: () => this.beside(i),
        Home: () => 0,
      };
      if (event.key in moves) {
        const next = moves[event.key]();
        if (next >= 0) this.go(this.inSight(next) ? this.zoom : this.parent[next], next);
      } else if (event.key === "Enter" || event.key === " ") {
        if (this.boxes.kind[i] !== POOLED) this.go(i, i);
      } else if (event.key === "Escape" && this.zoom !== 0) {
        this.go(this.parent[this.zoom], this.zoom);
      } else if (event.key === "/") {
        this.search.focus();
      } else return;
      event.preventDefault();
    }

    beside(i) {
      for (let k = i - 1; k > this.parent[i]; k--) if (this.boxes.depth[k] === this.boxes.depth[i]) return k;
      return -1;
    }

    inSight(i) { return this.place(i)[1] > 0; }

    look() {
      const wanted = this.search.value.trim().toLowerCase();
      this.found = null;
      this.matches.textContent = "";
      if (wanted) {
        const { name, place, kind } = this.boxes, hit = this.lower.map((text) => text.includes(wanted));
        this.found = name.map((text, i) => kind[i] !== POOLED && (hit[text] || hit[place[i]]));
        this.count();
      }
      this.draw();
    }

    /* What is found inside something found is part of it already. */
    count() {
      let count = 0, width = 0, until = 0;
      this.found.forEach((one, i) => {
        if (!one) return;
        count += 1;
        if (i < until) return;
        width += this.boxes.width[i];
        until = this.end[i];
      });
      const part = count ? ", " + ((100 * width) / this.whole).toFixed(1) + "% of the whole" : "";
      this.matches.textContent = `${count} ${count === 1 ? "match" : "matches"}${part}`;
    }

    pressInSearch(event) {
      if (event.key === "Escape") {
        this.search.value = "";
        this.look();
        this.canvas.focus();
      } else if (event.key === "Enter" && this.found) {
        const after = this.found.indexOf(true, this.focus + 1);
        const next = after < 0 ? this.found.indexOf(true) : after;
        if (next >= 0) this.go(this.inSight(next) ? this.zoom : 0, next);
      } else return;
      event.preventDefault();
    }

    figures(i) {
      return ["total", "own", "share"].filter((one) => this.labels[one] && this.text(one, i))
        .map((one) => [this.labels[one], this.text(one, i)]);
    }

    show(i) {
      const piece = (tag, kind, text) => {
        const made = document.createElement(tag);
        made.className = kind;
        made.textContent = text;
        return made;
      };
      const place = this.text("place", i), anchor = this.text("anchor", i), note = this.text("note", i);
      const parts = [piece("span", "function", this.text("name", i))];
      if (anchor) {
        const link = piece("a", "place", (place || "its lines") + " \u2193");
        link.href = "#" + anchor;
        parts.push(link);
      } else if (place) parts.push(piece("span", "place", place));
      for (const [label, value] of this.figures(i)) {
        const pair = piece("span", "pair", label + " ");
        pair.append(piece("b", "", value));
        parts.push(pair);
      }
      if (note) parts.push(piece("span", "pair", note));
      this.detail.replaceChildren(...parts);
      this.shown = i;
    }

    say() {
      const figures = this.figures(this.focus).map(([label, value]) => label + " " + value);
      const parts = [this.text("name", this.focus), this.text("place", this.focus), ...figures];
      parts.push(this.text("note", this.focus), this.zoom === this.focus && this.zoom ? "zoomed" : "");
      this.live.textContent = parts.filter(Boolean).join(", ");
    }
  }

  for (const figure of document.querySelectorAll("figure.flame")) {
    const block = figure.querySelector('script[type="application/octet-stream+gzip"]');
    unpacked(block).then((data) => new Flame(figure, data));
  }
})();
