import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Measurement } from "./measurement";
import { MeasurementStore, type Post } from "./measurement_store";

const LINE: Measurement = {
  uid: "a", sop_instance_uid: "1.2", frame: 0, kind: "length", points: [[0, 0], [3, 4]], text: "",
  values: { length: 5 }, unit: { length: "px", value: "" }, reader: "", created_at: null, reading: null, removed: false,
};

let sent: Measurement[];
let answer: (measurement: Measurement) => Promise<Measurement>;
let store: MeasurementStore;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  answer = (measurement) => Promise.resolve({ ...measurement, created_at: "2026-01-01T10:00:00+00:00" });
  const post: Post = (_, measurement) => {
    sent.push(measurement);
    return answer(measurement);
  };
  store = new MeasurementStore(post);
});

afterEach(() => vi.useRealTimers());

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const states = () => store.of([1]).map((entry) => entry.state);

test("a finished drawing is sent at once, under the reader's name", async () => {
  store.setReader(" A.  Reader ");
  store.change(1, LINE, true);
  await wait(0);
  expect(sent).toEqual([{ ...LINE, reader: "A. Reader" }]);
  expect(store.of([1])[0]).toMatchObject({ state: "saved", measurement: { created_at: "2026-01-01T10:00:00+00:00" } });
  expect(store.of([2])).toEqual([]);
});

test("of many changes in half a second the last one is sent", async () => {
  store.setReader("A");
  for (const length of [6, 7, 8]) {
    store.change(1, { ...LINE, values: { length } });
    await wait(400);
  }
  expect(sent).toEqual([]);
  await wait(100);
  expect(sent.map((one) => one.values.length)).toEqual([8]);
});

test("without a name nothing is sent and nothing is lost; with one it goes out", async () => {
  store.change(1, LINE, true);
  await wait(60_000);
  expect(sent).toEqual([]);
  expect(states()).toEqual(["waiting"]);
  expect(store.unsent).toHaveLength(1);
  store.setReader("A");
  await wait(0);
  expect(sent.map((one) => one.reader)).toEqual(["A"]);
  expect(states()).toEqual(["saved"]);
});

test("what fails is said, and sent again by itself", async () => {
  store.setReader("A");
  answer = () => Promise.reject(new Error("MedCore does not answer."));
  store.change(1, LINE, true);
  await wait(0);
  expect(store.of([1])[0]).toMatchObject({ state: "failed", problem: "MedCore does not answer." });
  answer = (measurement) => Promise.resolve(measurement);
  await wait(2_000);
  expect(sent).toHaveLength(2);
  expect(states()).toEqual(["saved"]);
});

test("what the server refuses for itself is not sent again until it changes or the reader asks", async () => {
  store.setReader("A");
  answer = () => Promise.reject(Object.assign(new Error("An angle has at most 360 degrees."), { isFinal: true }));
  store.change(1, LINE, true);
  await wait(120_000);
  expect(sent).toHaveLength(1);
  expect(states()).toEqual(["failed"]);
  store.sendNow();
  await wait(0);
  expect(sent).toHaveLength(2);
});

test("a change that comes while another version is on its way follows it, never beside it", async () => {
  store.setReader("A");
  let arrive: (measurement: Measurement) => void = () => undefined;
  answer = () => new Promise((resolve) => (arrive = resolve));
  store.change(1, LINE, true);
  await wait(0);
  store.change(1, { ...LINE, text: "later" }, true);
  await wait(10_000);
  expect(sent).toHaveLength(1);
  arrive(LINE);
  await wait(0);
  expect(sent.map((one) => one.text)).toEqual(["", "later"]);
});

test("removing one that was never saved tells nobody; one that was saved is removed on the server", async () => {
  store.change(1, LINE, true);
  store.remove("a");
  store.setReader("A");
  await wait(1_000);
  expect(sent).toEqual([]);
  store.change(1, { ...LINE, uid: "b" }, true);
  await wait(0);
  store.remove("b");
  expect(store.of([1])).toEqual([]);
  await wait(0);
  expect(sent.map((one) => one.removed)).toEqual([false, true]);
  expect(store.unsent).toEqual([]);
});

test("one that is removed while it is being saved is removed on the server too", async () => {
  store.setReader("A");
  store.change(1, LINE, true);
  vi.advanceTimersByTime(0);
  store.remove("a");
  await wait(0);
  expect(sent.map((one) => one.removed)).toEqual([false, true]);
  expect(store.unsent).toEqual([]);
});

test("what the server has is taken over, without a second copy and without losing what it does not have", async () => {
  store.change(1, LINE, true); // waits for a name
  const other = { ...LINE, uid: "b", reader: "B", created_at: "2026-01-01T09:00:00+00:00" };
  store.load(1, [{ ...LINE, text: "older", reader: "B" }, other]);
  store.load(1, [{ ...LINE, text: "older", reader: "B" }, other]);
  expect(store.of([1]).map(({ measurement, state }) => [measurement.uid, measurement.text, state])).toEqual([
    ["a", "", "waiting"],
    ["b", "", "saved"],
  ]);
  store.load(1, []);
  expect(store.of([1]).map(({ measurement }) => measurement.uid)).toEqual(["a"]);
});

test("a reader's own measurements are those under the same name, and those that wait for one", () => {
  const by = (reader: string) => store.isOwn({ measurement: { ...LINE, reader } });
  expect([by(""), by("B")]).toEqual([true, false]);
  store.setReader("B  Reader");
  expect([by(""), by("B Reader"), by("b reader"), by("C")]).toEqual([true, true, false, false]);
});
