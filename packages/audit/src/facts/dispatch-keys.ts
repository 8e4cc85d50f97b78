/** More keys than this, or longer ones, are data. */
const keysMax = 64;
const keyCharactersMax = 100;

/** What handles something is called so: `handlePing`, `on_message`, `PingCommand`. */
const handlerName =
  /^[_#]*(handle|on|process|do|cmd|dispatch|run|execute|route)(?=[A-Z_]|$)|(handler|callback|command|action|listener|tool)$/i;

export function isHandlerName(name: string): boolean {
  return handlerName.test(name);
}

/** Adds what a scope dispatches on. */
export function addKey(keys: string[], key: string): void {
  if (key.length <= keyCharactersMax && keys.length < keysMax && !keys.includes(key)) keys.push(key);
}
