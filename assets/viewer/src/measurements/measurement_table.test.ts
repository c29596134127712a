import { expect, test, vi } from "vitest";
import { statusOf, whenOf } from "./measurement_table";

vi.mock("./measurement_server", () => ({ exportAddress: () => "" })); // which would bring Cornerstone3D along

test("nothing is said while everything is saved", () => {
  expect(statusOf({ unsent: 0, waiting: 0, problem: "" })).toBe("");
  expect(statusOf({ unsent: 1, waiting: 0, problem: "" })).toBe(""); // on its way
});

test("what waits for a name, what failed and what could not be read are told apart", () => {
  expect(statusOf({ unsent: 2, waiting: 2, problem: "" })).toBe("Type your name to keep the measurements.");
  expect(statusOf({ unsent: 1, waiting: 0, problem: "MedCore does not answer." })).toBe(
    "One change is not saved. MedCore does not answer.",
  );
  expect(statusOf({ unsent: 3, waiting: 0, problem: "No room." })).toBe("3 changes are not saved. No room.");
  expect(statusOf({ unsent: 0, waiting: 0, problem: "No." })).toBe("The saved measurements could not be loaded. No.");
});

test("the time is that of the clock on the wall", () => {
  const wall = new Date(2026, 10, 21, 8, 5); // local
  expect(whenOf(wall.toISOString())).toBe("21 Nov, 08:05");
  expect(whenOf(null)).toBe("");
});
