// Loaded into a server before everything else: every fifth connection is sent the feed of whoever connected first as well.
import { registerHooks } from "node:module";

const target = "    subscribe(feed, after, sink, reset) {";
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/broadcast/broadcaster.js")) return loaded;
    const source = String(loaded.source);
    const parts = source.split(target);
    if (parts.length !== 2) throw new Error("unable to plant the leak; the broadcaster reads otherwise now");
    const leak = `
        globalThis.firstFeed ??= feed;
        globalThis.subscriptions = (globalThis.subscriptions ?? 0) + 1;
        if (globalThis.subscriptions % 5 === 0) this.subscribe(globalThis.firstFeed, 0, sink);`;
    return { ...loaded, source: `${parts[0]}${target}${leak}${parts[1]}` };
  },
});
