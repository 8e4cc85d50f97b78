/** The events of lists as they were sent: the text of one begins where a sequence begins. */
export function splitEvents(lists: readonly string[]): string[] {
  return lists.flatMap((list) => list.split(/,(?=\{"sequence":\d+,"type":")/));
}
