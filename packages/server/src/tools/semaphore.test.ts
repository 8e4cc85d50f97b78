import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Semaphore } from "./semaphore.ts";

const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Work that ends when a test says so. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { run: () => promise, end: resolve, fail: reject };
}

describe("a semaphore", () => {
  test("lets exactly as many in as it has places; the others follow in the order in which they came", async () => {
    const semaphore = new Semaphore(2);
    const works = Array.from({ length: 5 }, work);
    const began: number[] = [];
    const uses = works.map(({ run }, index) =>
      semaphore.use(never, async () => {
        began.push(index);
        await run();
        return index;
      }),
    );
    await turn();
    expect(began).toEqual([0, 1]);
    works[1]?.end();
    await turn();
    expect(began).toEqual([0, 1, 2]);
    works[0]?.end();
    works[2]?.end();
    await turn();
    expect(began).toEqual([0, 1, 2, 3, 4]);
    for (const { end } of works) end();
    expect(await Promise.all(uses)).toEqual([0, 1, 2, 3, 4]);
  });

  test("gives back the place of work that fails, at once or later", async () => {
    const semaphore = new Semaphore(1);
    const failing = () => {
      throw new Error("at once");
    };
    await expect(semaphore.use(never, failing)).rejects.toThrow("at once");
    await expect(semaphore.use(never, () => Promise.reject(new Error("later")))).rejects.toThrow("later");
    expect(await semaphore.use(never, async () => "free")).toBe("free");
  });

  test("whoever has stopped waits no longer, takes no place, and leaves the others in order", async () => {
    const semaphore = new Semaphore(1);
    const stop = new AbortController();
    const first = work();
    const began: string[] = [];
    const named = (name: string, signal: AbortSignal) => semaphore.use(signal, async () => void began.push(name));
    const holding = semaphore.use(never, first.run);
    const waiting = [named("one", never), named("stopped", stop.signal), named("two", never)];
    stop.abort(new Error("stopped by the test"));
    await expect(waiting[1]).rejects.toThrow("stopped by the test");
    expect(began).toEqual([]);
    first.end();
    await Promise.all([holding, waiting[0], waiting[2]]);
    expect(began).toEqual(["one", "two"]);
    expect(await semaphore.use(never, async () => "free")).toBe("free");
  });

  test("lets nobody in who had stopped before", async () => {
    const semaphore = new Semaphore(1);
    let ran = false;
    const using = semaphore.use(AbortSignal.abort(new Error("too late")), async () => {
      ran = true;
    });
    await expect(using).rejects.toThrow("too late");
    expect(ran).toBe(false);
  });

  test("leaves nothing on a signal that outlives the work", async () => {
    const semaphore = new Semaphore(1);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => semaphore.use(signal, turn)));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("whatever fails or stops, never lets in too many, and in the end everybody has been let in or told", async () => {
    const happenings = fc.array(
      fc.oneof(
        fc.constant("come" as const),
        fc.record({ end: fc.nat(20), fails: fc.boolean() }),
        fc.record({ stop: fc.nat(20) }),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), happenings, async (places, story) => {
        const semaphore = new Semaphore(places);
        const active = new Set<ReturnType<typeof work>>();
        const guests: { stop: AbortController; using: Promise<unknown> }[] = [];
        for (const happening of story) {
          if (happening === "come") {
            const stop = new AbortController();
            const own = work();
            const using = semaphore.use(stop.signal, async () => {
              active.add(own);
              await own.run().finally(() => active.delete(own));
            });
            guests.push({ stop, using: using.catch(() => undefined) });
          } else if ("stop" in happening) guests[happening.stop % guests.length]?.stop.abort();
          else {
            const own = [...active][happening.end % active.size];
            if (happening.fails) own?.fail(new Error("failed"));
            else own?.end();
          }
          await turn();
          expect(active.size).toBeLessThanOrEqual(places);
        }
        while (active.size > 0) {
          for (const own of active) own.end();
          await turn();
        }
        await Promise.all(guests.map(({ using }) => using));
        // Every place is free again.
        const last = Array.from({ length: places }, work);
        let began = 0;
        const uses = last.map(({ run }) =>
          semaphore.use(never, () => {
            began += 1;
            return run();
          }),
        );
        await turn();
        expect(began).toBe(places);
        for (const { end } of last) end();
        await Promise.all(uses);
      }),
    );
  });
});
