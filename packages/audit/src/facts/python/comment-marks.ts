/** Searched for in the whole text first: hardly any file has one, and then no comment has to be looked at. */
export const ignoreMark = "audit-ignore:";
