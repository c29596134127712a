import { expect, test, vi } from "vitest";

vi.mock("@cornerstonejs/core", () => ({ Enums: { BlendModes: {} } }));

const { slabText, thicknessFrom } = await import("./slab");

test("what was typed is kept within what makes sense, and what is no number changes nothing", () => {
  expect(thicknessFrom("12.5", 10)).toBe(12.5);
  expect(thicknessFrom("12,5", 10)).toBe(12.5);
  expect(thicknessFrom("0", 10)).toBe(1);
  expect(thicknessFrom("100000", 10)).toBe(200);
  expect(thicknessFrom("", 10)).toBe(10);
  expect(thicknessFrom("thick", 10)).toBe(10);
});

test("a slab is named with its thickness, one slice is not", () => {
  expect(slabText("mip", 12.5)).toBe("MIP of 12.5 mm");
  expect(slabText("slice", 10)).toBe("");
});
