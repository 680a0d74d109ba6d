"use strict";
(() => {
  const tip = document.getElementById("tip");

  const hide = () => { tip.hidden = true; };

  /** Shows lines beside a place of the window, and within it. */
  const show = (x, y, lines) => {
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const right = document.documentElement.clientWidth - box.width - 8;
    tip.style.left = Math.max(8, Math.min(x + 14, right)) + "px";
    tip.style.top = (y - box.height - 12 > 8 ? y - box.height - 12 : y + 18) + "px";
  };

  const number = (text) => {
    const value = Number(text);
    return Math.abs(value) >= 1e4 && Number.isInteger(value) ? value.toLocaleString("en") : text;
  };

  /** The curves of a plot: names, and points with what they are worth and where they are. */
  const curvesOf = (plot) => [...plot.querySelectorAll("g.series")].map((group) => {
    const points = group.querySelector(".points");
    return {
      group,
      name: points.dataset.name,
      points: points.dataset.points.split(" ").filter((point) => point).map((point) => {
        const [x, y, left, top] = point.split(",");
        return { x, y, left: Number(left), top: Number(top) };
      }),
    };
  });

  const nearest = (points, left) => points.reduce(
    (best, point) => Math.abs(point.left - left) < Math.abs(best.left - left) ? point : best);

  /** Lets people read numbers off curves, with a pointer or with arrow keys. */
  const readable = (plot, curves) => {
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("visibility", "hidden");
    plot.append(cursor);
    let current = null;

    const at = (left) => {
      const shown = curves.filter((curve) => curve.points.length && !curve.group.classList.contains("off"));
      if (!shown.length) { return; }
      const point = nearest(shown.map((curve) => nearest(curve.points, left)), left);
      current = point.left;
      const box = plot.getBoundingClientRect();
      const view = plot.viewBox.baseVal;
      const scale = box.width / view.width;
      for (const [name, value] of [["x1", current], ["x2", current], ["y1", 0], ["y2", view.height]]) {
        cursor.setAttribute(name, value);
      }
      cursor.setAttribute("visibility", "visible");
      const lines = shown
        .map((curve) => ({ name: curve.name, point: nearest(curve.points, current) }))
        .filter((one) => Math.abs(one.point.left - current) < 8)
        .map((one) => one.name + ": " + number(one.point.y)
          + (one.point.x === point.x ? "" : " (at " + number(one.point.x) + ")"));
      show(box.left + current * scale, box.top + point.top * scale, [plot.dataset.x + " " + number(point.x), ...lines]);
    };

    const leave = () => {
      cursor.setAttribute("visibility", "hidden");
      hide();
    };

    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      at((event.clientX - box.left) * plot.viewBox.baseVal.width / box.width);
    });
    plot.addEventListener("pointerleave", leave);
    plot.addEventListener("blur", leave);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.target !== plot) { return; }
      event.preventDefault();
      const lefts = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.left)))]
        .sort((a, b) => a - b);
      const from = current === null ? (step > 0 ? -1 : lefts.length) : lefts.indexOf(current);
      at(lefts[Math.max(0, Math.min(lefts.length - 1, from + step))]);
    });
  };

  /** A name in the legend takes its curve away, and brings it back. */
  const toggles = (plot, curves) => [...plot.querySelectorAll("g.legend")].forEach((entry, index) => {
    if (curves.length < 2 || !curves[index]) { return; }
    entry.setAttribute("role", "button");
    entry.setAttribute("tabindex", "0");
    entry.setAttribute("aria-pressed", "true");
    entry.setAttribute("aria-label", "Show " + curves[index].name);
    const toggle = () => {
      const off = curves[index].group.classList.toggle("off");
      entry.setAttribute("aria-pressed", String(!off));
      hide();
    };
    entry.addEventListener("click", toggle);
    entry.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        toggle();
      }
    });
  });

  for (const plot of document.querySelectorAll("svg.plot")) {
    const curves = curvesOf(plot);
    if (curves.length) {
      readable(plot, curves);
      toggles(plot, curves);
    } else {
      plot.addEventListener("pointermove", (event) => {
        const cell = event.target.closest("g.cell");
        if (cell) { show(event.clientX, event.clientY, [cell.dataset.tip]); } else { hide(); }
      });
      plot.addEventListener("pointerleave", hide);
    }
  }
  window.addEventListener("scroll", hide, { passive: true });
  document.documentElement.dataset.ready = "true";
})();
