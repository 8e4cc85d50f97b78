export { wireBridge } from "./wire/wire-bridge.ts";
