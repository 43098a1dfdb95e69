// Makes results live: controls for what a cell computed (tlbook/plots/live.py). Nothing is stored, nothing is sent.
// The answers are worded as in Python, and tests/plots/test_live.py holds these functions against those.
"use strict";

const live = (() => {
  const round = (value) => Math.floor(value + 0.5);
  const group = (whole) => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
  const count = (value) => (Number.isInteger(value) || value >= 100 ? group(round(value)) : String(value));
  const percent = (value) => `${(round(1000 * value) / 10).toFixed(1)} %`;
  const money = (value, sign) => sign + (value >= 100 ? group(round(value)) : (round(100 * value) / 100).toFixed(2));
  const clip = (value) => Math.min(1, Math.max(0, value));
  function points(value, signed = false) {
    const tenths = round(1000 * value);
    return (signed && tenths > 0 ? "+" : tenths < 0 ? "−" : "") + (Math.abs(tenths) / 10).toFixed(1);
  }

  const error = ([floor, scale, exponent], size) => clip(floor + scale * size ** -exponent);

  function quantile(sorted, share) {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  // Interval of the error at one size, or of its fall from one size to another.
  function interval(data, value, sizes) {
    const drawn = [];
    for (const curve of data.draws) {
      const fall = error(curve, sizes[0]) - (sizes.length > 1 ? error(curve, sizes[1]) : 0);
      for (let n = 0; n < curve[3]; n++) drawn.push(fall);
    }
    drawn.sort((a, b) => a - b);
    return [Math.min(quantile(drawn, data.tail), value), Math.max(quantile(drawn, 1 - data.tail), value)];
  }

  function span(data, value, sizes) {
    if (data.tail === null) return "none, one seed";
    const ends = interval(data, value, sizes).map((end) => points(end));
    return ends.join(" to ") + (sizes.length > 1 ? "" : " %");
  }

  function answerLabels(data, { now, extra, minutes, rate }) {
    const then = now + extra;
    const cost = ((extra * minutes) / 60) * rate;
    const [before, after] = [error(data.law, now), error(data.law, then)];
    const gain = before - after;
    const rows = [
      ["", "error", "95 % interval"],
      [`now, ${count(now)} labels`, percent(before), span(data, before, [now])],
      [`then, ${count(then)} labels`, percent(after), span(data, after, [then])],
      ["points bought", points(gain), span(data, gain, [now, then])],
    ];
    let sentence = `${count(extra)} more labels cost ${money(cost, data.currency)} and are expected to remove `;
    sentence += `${points(gain)} points of error`;
    sentence += gain >= 0.001 ? `, ${money(cost / (100 * gain), data.currency)} a point.` : ".";
    const [low, high] = data.measured;
    if (now < low || then > high) {
      sentence += ` The law was fitted to ${count(low)} to ${count(high)} labels; `;
      sentence += `${count(then > high ? then : now)} lies outside, where nobody has checked it.`;
    }
    return { sentence, rows };
  }

  function expectGains(data, { per_class, classes, score }) {
    const chance = 1 / classes;
    const known = [Math.log2(per_class), Math.log2(classes), (score / 100 - chance) / (1 - chance)];
    const moved = known.map((value, i) => (value - data.centre[i]) / data.scale[i]);
    const added = data.weights[0].map(
      (start, column) => start + moved.reduce((sum, value, i) => sum + value * data.weights[i + 1][column], 0),
    );
    const gains = [0, ...added];
    const order = gains.map((_, place) => place).sort((a, b) => gains[b] - gains[a] || a - b);
    return { gains, order, moved, spread: [0, ...data.spread] };
  }

  function answerStrategies(data, values) {
    const { gains, order, moved, spread } = expectGains(data, values);
    const [score, chance] = [values.score / 100, 1 / values.classes];
    const rows = [["strategy", "points over the head", "95 % range"]];
    for (const place of order) {
      const ends = [-1, 1].map((side) => points(gains[place] + side * data.t * spread[place], true));
      rows.push([data.titles[place], place ? points(gains[place], true) : "0", place ? ends.join(" to ") : ""]);
    }
    const best = gains[order[0]] >= data.margin ? order[0] : 0;
    const second = order.find((place) => place !== best);
    const value = clip(score + gains[best]);
    const half = data.t * Math.hypot(spread[best], data.head_spread);
    const [low, high] = [Math.max(0, value - half), Math.min(1, value + half)];
    let sentence = `Begin with: ${data.titles[best]}. By ${data.sets} measured sets, expect ${percent(value)} `;
    sentence += `(${percent(low)} to ${percent(high)}). `;
    if (best && gains[best] < data.t * spread[best]) {
      sentence += "Its range includes zero: the head may be as good, so compare both. ";
    } else {
      sentence += `Then try: ${data.titles[second]}. `;
    }
    if (Math.max(...moved.map(Math.abs)) > 2) {
      sentence += "Few of the measured sets were like this: do not rely on it. ";
    }
    if (score <= chance) sentence += "The head does no better than guessing: look at the labels first. ";
    return { sentence: sentence.trim(), rows };
  }

  // Pictures repeat what the table says, for the eye: they are hidden from screen readers.
  function make(tag, attributes = {}, ...children) {
    const space = SHAPES.has(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
    const element = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  const SHAPES = new Set(["svg", "path", "line", "circle", "rect", "text"]);

  function drawLabels(data, { now, extra }) {
    const [width, height, left, right, foot] = [360, 190, 40, 36, 36];
    const [first, last] = [Math.min(now, data.measured[0]), Math.max(now + extra, data.measured[1]) * 1.1];
    const top = Math.min(1, 1.1 * (data.tail === null ? error(data.law, first) : interval(data, 0, [first])[1]));
    const across = (n) => left + ((width - left - right) * Math.log(n / first)) / Math.log(last / first);
    const up = (value) => 8 + (height - foot - 8) * (1 - value / top);
    const sizes = Array.from({ length: 41 }, (_, i) => first * (last / first) ** (i / 40));
    const path = (values) => values.map(([n, e]) => `${across(n).toFixed(1)},${up(e).toFixed(1)}`).join("L");
    const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, class: "tl-curve" });
    const known = [across(data.measured[0]), across(data.measured[1])];
    svg.append(make("rect", { class: "tl-known", x: known[0], y: 8, width: known[1] - known[0], height: height - foot - 8 }));
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((size) => top / size <= 4.5) ?? 0.5;
    for (let value = 0; value <= top; value += step) {
      svg.append(make("text", { x: left - 6, y: up(value) + 4, "text-anchor": "end" }, `${round(100 * value)} %`));
      svg.append(make("line", { class: "tl-grid", x1: left, x2: width - right, y1: up(value), y2: up(value) }));
    }
    if (data.tail !== null) {
      const ends = sizes.map((n) => [n, ...interval(data, error(data.law, n), [n])]);
      const back = ends.map(([n, , high]) => [n, Math.min(high, top)]).reverse();
      svg.append(make("path", { class: "tl-band", d: `M${path(ends.map(([n, low]) => [n, low]))}L${path(back)}Z` }));
    }
    svg.append(make("path", { class: "tl-line", d: `M${path(sizes.map((n) => [n, error(data.law, n)]))}` }));
    const near = across(now + extra) - across(now) < 48; // then the numbers stand outside of their dots
    for (const [n, kind, side] of [[now, "tl-now", "end"], [now + extra, "tl-then", "start"]]) {
      svg.append(make("circle", { class: kind, cx: across(n), cy: up(error(data.law, n)), r: 6 }));
      const x = across(n) + (near ? (side === "end" ? 4 : -4) : 0);
      svg.append(make("text", { x, y: height - 20, "text-anchor": near ? side : "middle" }, count(n)));
    }
    const words = "labels (shaded: where it was measured)";
    svg.append(make("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" }, words));
    return svg;
  }

  // Names, each with a mark on its interval; the chosen one is bold.
  function drawBars(bars, low, high, write, zero) {
    const across = (value) => 2 + (96 * (value - low)) / (high - low);
    const list = make("div", { class: "tl-bars" });
    for (const { title, value, ends, chosen } of bars) {
      const svg = make("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" });
      if (zero) svg.append(make("line", { class: "tl-zero", x1: across(0), x2: across(0), y1: 0, y2: 10 }));
      const [x1, x2] = ends.map(across);
      svg.append(make("line", { class: "tl-whisker", x1, x2, y1: 5, y2: 5 }));
      svg.append(make("rect", { class: "tl-mark", x: across(value) - 0.8, y: 1, width: 1.6, height: 8 }));
      list.append(make("span", chosen ? { class: "tl-chosen" } : {}, title), svg);
    }
    const scale = make("span", { class: "tl-scale" });
    scale.append(...[low, (low + high) / 2, high].map((end) => make("span", {}, write(end))));
    list.append(make("span"), scale);
    return list;
  }

  function drawStrategies(data, values) {
    const { gains, order, spread } = expectGains(data, values);
    const bars = order.map((place) => {
      const half = data.t * spread[place];
      const ends = [gains[place] - half, gains[place] + half];
      return { title: data.titles[place], value: gains[place], ends, chosen: place === order[0] };
    });
    const reach = Math.max(0.05, ...bars.flatMap(({ ends }) => ends.map(Math.abs)));
    return drawBars(bars, -reach, reach, (value) => `${points(value, true)} points`, true);
  }

  // What was measured for each choice stands in the data, words and all.
  const find = (data, values) => data.states[data.names.map((name) => values[name]).join("|")];

  function drawLegend(...entries) {
    const legend = make("div", { class: "tl-legend" });
    for (const [kind, words] of entries) legend.append(make("span", {}, make("span", { class: `tl-key ${kind}` }), words));
    return legend;
  }

  function drawPeople(data, values) {
    const { bits } = find(data, values);
    const grid = make("div", { class: "tl-people" });
    let from = 0;
    for (const [person, size] of data.people) {
      const own = bits.slice(from, from + size);
      from += size;
      const both = own.includes("0") && own.includes("1");
      const svg = make("svg", { viewBox: `0 0 ${size} 10`, preserveAspectRatio: "none" });
      svg.append(make("rect", { class: "tl-training", x: 0, y: 0, width: size, height: 10 }));
      for (let i = 0; i < size; i++) {
        if (own[i] === "1") svg.append(make("rect", { class: "tl-test", x: i, y: 0, width: 1, height: 10 }));
      }
      const name = make("span", {}, both ? `${person} ⚠` : person);
      grid.append(make("div", both ? { class: "tl-both" } : {}, svg, name));
    }
    const frame = make("div");
    const legend = drawLegend(["tl-training", "training image"], ["tl-test", "test image"], ["tl-both", "⚠ person in both sets"]);
    frame.append(grid, legend);
    return frame;
  }

  function drawDepths(data, values) {
    const frame = make("div");
    const row = make("div", { class: "tl-blocks" });
    const frozen = data.blocks.length - values.blocks;
    data.blocks.forEach((label, i) => row.append(make("span", { class: i < frozen ? "tl-frozen" : "tl-trained" }, label)));
    row.append(make("span", { class: "tl-new" }, "head"));
    frame.append(row, drawLegend(["tl-frozen", "frozen"], ["tl-trained", "trained"], ["tl-new", "new, trained"]));
    const bars = data.depths.map((depth) => {
      const { score } = find(data, { ...values, blocks: depth });
      return { title: `${depth} of ${data.blocks.length}`, value: score[0], ends: score.slice(1), chosen: depth === values.blocks };
    });
    const low = Math.min(...bars.map(({ ends }) => ends[0]));
    const high = Math.max(...bars.map(({ ends }) => ends[1]));
    frame.append(drawBars(bars, Math.floor(20 * low) / 20, Math.ceil(20 * high) / 20, percent, false));
    return frame;
  }

  const KINDS = {
    labels: { answer: answerLabels, draw: drawLabels },
    strategies: { answer: answerStrategies, draw: drawStrategies },
    people: { answer: find, draw: drawPeople },
    depths: { answer: find, draw: drawDepths },
  };

  function makeControl(control, id) {
    const { label, words, start, slides } = control;
    let input;
    if (slides) {
      input = make("input", { type: "range", min: 0, max: words.length - 1, step: 1, value: start });
    } else {
      input = make("select", {}, ...words.map((word, place) => make("option", { value: place }, word)));
      input.selectedIndex = start;
    }
    input.id = id;
    input.setAttribute("autocomplete", "off");
    const shown = make("span", { class: "tl-value", "aria-hidden": "true" });
    const row = make("div", { class: "tl-control" }, make("label", { for: id }, label), input);
    if (slides) row.append(shown);
    const say = () => {
      if (!slides) return;
      shown.textContent = words[input.value];
      input.setAttribute("aria-valuetext", words[input.value]);
    };
    say();
    return { row, input, say, read: () => control.values[Number(input.value)] };
  }

  function makeTable(rows) {
    const cells = (row, tag) => row.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell));
    const body = rows.slice(1).map(([first, ...rest]) => {
      return make("tr", {}, make("th", { scope: "row" }, first), ...cells(rest, "td"));
    });
    const [first, ...rest] = rows[0];
    const corner = first ? make("th", { scope: "col" }, first) : make("td");
    const head = make("thead", {}, make("tr", {}, corner, ...cells(rest, "th")));
    return make("table", {}, head, make("tbody", {}, ...body));
  }

  function enliven(place, number) {
    const kind = KINDS[place.dataset.kind];
    if (!kind) return;
    const { title, controls, data } = JSON.parse(place.dataset.values);
    const made = controls.map((control) => [control.name, makeControl(control, `tl-try-${number}-${control.name}`)]);
    const picture = make("div", { class: "tl-picture", "aria-hidden": "true" });
    const table = make("div", { class: "tl-table" });
    const output = make("output", { "aria-live": "polite" });
    output.htmlFor = made.map(([, control]) => control.input.id).join(" ");
    const box = make("fieldset", { class: "tl-live" }, make("legend", {}, title));
    box.append(...made.map(([, control]) => control.row), output, picture, table);
    const show = () => {
      const values = Object.fromEntries(made.map(([name, control]) => [name, control.read()]));
      const { sentence, rows } = kind.answer(data, values);
      made.forEach(([, control]) => control.say());
      output.textContent = sentence.replaceAll(" %", "\u00a0%");
      picture.replaceChildren(kind.draw(data, values));
      table.replaceChildren(makeTable(rows));
    };
    show();
    box.addEventListener("input", show);
    const fallback = make("div", { class: "tl-fallback" });
    fallback.append(...place.childNodes);
    place.append(fallback, box);
    place.classList.add("tl-alive");
  }

  return { KINDS, enliven };
})();

if (typeof document !== "undefined") {
  document.querySelectorAll(".tl-try").forEach(live.enliven);
} else {
  module.exports = live;
}
