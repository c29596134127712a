/** Which image of a stack belongs to one of another stack, by where they lie in the patient. */

import { centerOf, dot, goTogether, nearest, normalOf, type Plane } from "./planes";

/** A stack's image nearest to where another image of the same space lies; null where the two are not about parallel. */
export function placeAt(stack: Plane[], other: Plane): number | null {
  const [first] = stack;
  return first && goTogether(first, other) ? nearest(heights(stack), along(other, first)) : null;
}

/** Where a stack comes to from one of its places when another went from one image to another; null where they are not about parallel. */
export function placeAfter(stack: Plane[], start: number, from: Plane, to: Plane): number | null {
  const [first] = stack;
  if (!first || !goTogether(first, from)) return null;
  const side = Math.sign(dot(normalOf(first), normalOf(from)));
  const gone = along(to, from) - along(from, from);
  const positions = heights(stack);
  return nearest(positions, positions[start]! + side * gone);
}

/** As far through a stack as a place is through another one; null where there is nowhere to go. */
export function placeByShare(length: number, place: number, otherLength: number): number | null {
  return length < 2 || otherLength < 2 ? null : Math.round((place / (otherLength - 1)) * (length - 1));
}

function heights(stack: Plane[]): number[] {
  return stack.map((plane) => along(plane, stack[0]!));
}

/** How far an image's centre lies along the normal of another one, in mm. */
function along(plane: Plane, other: Plane): number {
  return dot(centerOf(plane), normalOf(other));
}
