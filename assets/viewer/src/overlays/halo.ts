/** A dark rim about light text, so that it can be read on white as well as on black. */

const RIM = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => `${x}px ${y}px 0 #000`)).join(", ");

export const HALO = `${RIM}, 0 0 3px #000`;
