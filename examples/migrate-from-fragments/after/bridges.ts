import { defineBridges } from "@throughline/bridges";

/** What of the older code is still served, by whom it will be replaced, and until when. A build looks at this file. */
export const bridges = defineBridges({
  "old-clients": { owner: "team-web", until: "2027-12-31", replaces: "before/gateway.ts" },
  "message-router": { owner: "team-chat", until: "2027-12-31", replaces: "before/message-router.ts" },
  "event-router": { owner: "team-chat", until: "2027-12-31", replaces: "before/event-router.ts" },
  "tool-dispatcher": { owner: "team-agents", until: "2027-12-31", replaces: "before/tool-dispatcher.ts" },
});
