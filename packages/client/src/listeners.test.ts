import { afterEach, expect, test, vi } from "vitest";
import { Listeners } from "./listeners.ts";

afterEach(() => void vi.restoreAllMocks());

test("a listener that throws is reported as uncaught, and the others are told", () => {
  const uncaught: (() => void)[] = [];
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((callback) => void uncaught.push(callback));
  const listeners = new Listeners<[number]>();
  const told: number[] = [];
  listeners.add(() => {
    throw new Error("of the listener");
  });
  listeners.add((value) => told.push(value));
  listeners.tell(1);
  listeners.tell(2);
  expect(told).toEqual([1, 2]);
  expect(uncaught).toHaveLength(2);
  for (const callback of uncaught) expect(callback).toThrow("of the listener");
});

test("who unsubscribes while others are told is told no more", () => {
  const listeners = new Listeners<[number]>();
  const told: number[] = [];
  const remove = listeners.add((value) => {
    told.push(value);
    remove();
  });
  listeners.tell(1);
  listeners.tell(2);
  expect(told).toEqual([1]);
});
