/** What says something about a type without being another one. */
const transparent: ReadonlySet<string> = new Set([
  "Annotated",
  "ClassVar",
  "Final",
  "InitVar",
  "NotRequired",
  "Optional",
  "ReadOnly",
  "Required",
  "Union",
]);

/** What a caller unpacks to get at the object that the function is about. */
const unpacked: ReadonlySet<string> = new Set([
  ...transparent,
  "AbstractAsyncContextManager",
  "AbstractContextManager",
  "AsyncContextManager",
  "AsyncGenerator",
  "AsyncIterable",
  "AsyncIterator",
  "Awaitable",
  "ContextManager",
  "Coroutine",
  "Future",
  "Generator",
  "Iterable",
  "Iterator",
  "Task",
]);

export function isTransparentType(name: string): boolean {
  return transparent.has(name);
}

export function isUnpackedType(name: string): boolean {
  return unpacked.has(name);
}
