// @vitest-environment node

import { expect, test } from "vitest";
import { isForFocus, keyOf, writeKey } from "./keys";

const pressed = (key: string, held: Partial<KeyboardEvent> = {}) =>
  keyOf({ key, code: "", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

test("letters are named large, Shift beside them", () => {
  expect(pressed("l")).toBe("L");
  expect(pressed("L", { shiftKey: true })).toBe("Shift+L");
  expect(pressed("L")).toBe("L"); // Caps Lock
});

test("a sign is itself, wherever Shift is needed for it", () => {
  expect(pressed("?", { shiftKey: true })).toBe("?");
  expect(pressed("+")).toBe("+");
  expect(pressed(" ")).toBe("Space");
});

test("Ctrl and the Apple key are one", () => {
  expect(pressed("ArrowUp", { ctrlKey: true })).toBe("Ctrl+ArrowUp");
  expect(pressed("ArrowUp", { metaKey: true })).toBe("Ctrl+ArrowUp");
});

test("a keyboard with another alphabet has the same keys", () => {
  expect(pressed("д", { code: "KeyL" })).toBe("L");
});

test("keys with Alt are the browser's", () => {
  expect(pressed("l", { altKey: true })).toBe("");
});

test("arrows belong to what has the focus, letters do not", () => {
  expect(isForFocus("ArrowUp")).toBe(true);
  expect(isForFocus("Shift+ArrowUp")).toBe(true);
  expect(isForFocus("L")).toBe(false);
});

test("keys are written as on the keyboard", () => {
  expect(writeKey("Ctrl+ArrowUp")).toBe("Ctrl ↑");
  expect(writeKey("+")).toBe("+");
  expect(writeKey("Shift+F")).toBe("Shift F");
});
