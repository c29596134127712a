/** The viewer's own drawings for its buttons, on a field of 24 by 24; a path that begins with # is filled. */

const PATHS = {
  window: ["M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16z", "#M12 4a8 8 0 0 1 0 16z"],
  zoom: ["M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.2 15.2L20.5 20.5"],
  move: ["M12 3v18M3 12h18M9 6l3-3l3 3M9 18l3 3l3-3M6 9l-3 3l3 3M18 9l3 3l-3 3"],
  rotate: ["M12 5a7 7 0 1 1-7 7M2.5 14.5L5 12l2.5 2.5", "#M12 10.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3z"],
  scroll: ["M7 4v16M4 7l3-3l3 3M4 17l3 3l3-3M14 7h7M14 12h7M14 17h7"],
  probe: ["M12 3v6M12 15v6M3 12h6M15 12h6", "#M12 10.8a1.2 1.2 0 1 1 0 2.4a1.2 1.2 0 0 1 0-2.4z"],
  length: ["M4 20L20 4M1.8 17.8l4.4 4.4M17.8 1.8l4.4 4.4"],
  angle: ["M20 19H4L16 5M11 19a7 7 0 0 0-2.4-5.3"],
  rectangle: ["M3.5 6h17v12h-17z"],
  ellipse: ["M12 6c5 0 9 2.7 9 6s-4 6-9 6s-9-2.7-9-6s4-6 9-6z"],
  arrow: ["M20 4L6 18M6 10v8h8"],
  delete: ["M5 7h14M10 4h4M7 7l1 13h8l1-13M10.4 11v5.5M13.6 11v5.5"],
  presets: ["M4 7h9M17 7h3M15 4.8v4.4M4 12h3M11 12h9M9 9.8v4.4M4 17h10M18 17h2M16 14.8v4.4"],
  invert: ["M4 4h16v16H4z", "#M4 20L20 4v16z"],
  turn: ["M12 3v18M9 7L3 17h6zM15 7l6 10h-6z"],
  fit: ["M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"],
  oneToOne: ["M5 8l2-1.5V17M17 8l2-1.5V17", "#M12 9a1 1 0 1 1 0 2a1 1 0 0 1 0-2zM12 13.5a1 1 0 1 1 0 2a1 1 0 0 1 0-2z"],
  reset: ["M5 12a7.5 7.5 0 1 0 2.6-5.7M4.5 4v4.5H9"],
  play: ["#M8 5l11 7l-11 7z"],
  pause: ["#M7 5h4v14H7zM13 5h4v14h-4z"],
  patient: ["M12 4a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 0 0 0-7.6zM4.5 20c.6-4 3.6-6 7.5-6s6.9 2 7.5 6"],
  measurements: ["M4 5h16v14H4zM4 9.7h16M4 14.3h16M10 9.7V19"],
  help: ["M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 1.9v.5", "#M12 16.6a1 1 0 1 1 0 2a1 1 0 0 1 0-2z"],
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** Draw an icon; what it stands for is said by the button that holds it. */
export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.classList.add("icon");
  for (const path of PATHS[name]) {
    const part = document.createElementNS(SVG, "path");
    part.setAttribute("d", path.replace("#", ""));
    if (path.startsWith("#")) part.classList.add("filled");
    drawing.append(part);
  }
  return drawing;
}

export const ICON_STYLE = `
.icon { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; vertical-align: middle; pointer-events: none; }
.icon .filled { fill: currentColor; stroke: none; }
`;
