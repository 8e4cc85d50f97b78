import { describe, expect, test } from "vitest";
import { appendAtHead, feedOf, renamed } from "../../../../tests/support/log-events.ts";
import type { OpenLog } from "./log-suite.ts";

const alice = feedOf(1);
const bob = feedOf(2);

export function describeEpochs(open: OpenLog): void {
  describe("locate", () => {
    test("a place up to the head is found, in a feed that was never written as well", async () => {
      await using opened = await open();
      const { log } = opened;
      const { epoch } = log;
      await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
      for (const sequence of [0, 1, 2]) {
        expect(await log.locate(alice, { epoch, sequence })).toEqual({ kind: "found", head: 2 });
      }
      expect(await log.locate(alice, { epoch, sequence: 3 })).toEqual({ kind: "ahead", head: 2 });
      expect(await log.locate(bob, { epoch, sequence: 0 })).toEqual({ kind: "found", head: 0 });
    });

    test("a place of an epoch that this history never had is not found", async () => {
      await using opened = await open();
      const { log } = opened;
      await appendAtHead(log, alice, [renamed("one")]);
      expect(await log.locate(alice, { epoch: "foreign", sequence: 1 })).toEqual({ kind: "epoch", head: 1 });
    });

    test("a place before what retention has kept is truncated", async () => {
      await using opened = await open();
      const { log } = opened;
      const { epoch } = log;
      await appendAtHead(log, alice, [renamed("one"), renamed("two"), renamed("three")]);
      await log.truncate(alice, 2);
      expect(await log.locate(alice, { epoch, sequence: 1 })).toEqual({ kind: "truncated", head: 3 });
      expect(await log.locate(alice, { epoch, sequence: 2 })).toEqual({ kind: "found", head: 3 });
    });

    test("a place stays good over openings that lose nothing, up to where its epoch had come", async (context) => {
      await using opened = await open({ epochStartsPerFeedMax: 4 });
      const { reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      let { log } = opened;
      const lives: { readonly epoch: string; readonly head: number }[] = [];
      for (let life = 1; life <= 3; life += 1) {
        lives.push({ epoch: log.epoch, head: 2 * life });
        await appendAtHead(log, alice, [renamed("one"), renamed("two")]);
        log = await reopen();
      }
      // The last opening has not appended: nothing tells that there is less than there was.
      lives.push({ epoch: log.epoch, head: 6 });
      expect(new Set(lives.map(({ epoch }) => epoch)).size).toBe(lives.length);
      for (const { epoch, head } of lives) {
        for (let sequence = 0; sequence <= 6; sequence += 1) {
          const kind = sequence <= head ? "found" : "epoch";
          expect(await log.locate(alice, { epoch, sequence })).toEqual({ kind, head: 6 });
        }
      }
    });

    test("a place is told to be gone when more epochs have appended since than are remembered", async (context) => {
      await using opened = await open({ epochStartsPerFeedMax: 2 });
      const { reopen } = opened;
      if (typeof reopen === "string") return context.skip(reopen);
      let { log } = opened;
      const epochs: string[] = [];
      for (let life = 1; life <= 4; life += 1) {
        epochs.push(log.epoch);
        await appendAtHead(log, alice, [renamed(`${life}`)]);
        if (life < 4) log = await reopen();
      }
      const kinds = await Promise.all(
        epochs.map(async (epoch) => (await log.locate(alice, { epoch, sequence: 1 })).kind),
      );
      expect(kinds).toEqual(["epoch", "epoch", "found", "found"]);
    });
  });
}
