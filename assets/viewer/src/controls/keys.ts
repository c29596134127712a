/** Names keys: `L`, `Shift+L`, `Ctrl+ArrowUp`, `Space`, `?`. */

type KeyPress = Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

const SIGNS: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageUp: "Page up",
  PageDown: "Page down",
};

/** Name the keys that are pressed together; empty where they are none of the viewer's, as those with Alt. */
export function keyOf(event: KeyPress): string {
  if (event.altKey) return "";
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const letter = letterOf(event);
  if (letter) return `${control}${event.shiftKey ? "Shift+" : ""}${letter}`;
  if (event.key === " ") return `${control}Space`;
  if (event.key.length === 1) return `${control}${event.key}`; // Shift is in the sign already
  return `${control}${event.shiftKey ? "Shift+" : ""}${event.key}`;
}

/** The Latin letter of a key, also on a keyboard with another alphabet. */
function letterOf({ key, code }: KeyPress): string {
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  return key.length === 1 && key > "\u024f" && code.startsWith("Key") ? code.slice(3) : "";
}

/** Write a key as a reader knows it from the keyboard. */
export function writeKey(key: string): string {
  if (key === "+" || key === "-") return key === "-" ? "\u2212" : key;
  return key.split("+").map((part) => SIGNS[part] ?? part).join(" ");
}

/** Keys that move about in whatever has the focus; letters do nothing there. */
export function isForFocus(key: string): boolean {
  return /^(Shift\+)?(Arrow(Up|Down|Left|Right)|Page(Up|Down)|Home|End|Space|Enter|Tab|Delete|Backspace)$/.test(key);
}
